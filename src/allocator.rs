//! How the C library gives memory back.
//!
//! A password check takes one block of 19 MiB. When such a block is freed for the first time, the C
//! library raises the size from which it asks the kernel for a mapping of its own (mallopt(3), "dynamic
//! mmap threshold"), and from then on every thread's heap that ever ran a check keeps one: up to eight
//! heaps a core, more than 300 MiB on a mini-PC with two. A size that is set does not move.

/// Blocks from here on are mappings, which go back to the kernel when they are freed. Bytes.
const MAPPED_FROM: libc::c_int = 1024 * 1024;
/// So much free memory may stay at the end of a heap. Unset, it would be 128 KiB once the other size is
/// set, and every desk would give back and ask again all day. Bytes.
const KEPT_AT_END: libc::c_int = 4 * 1024 * 1024;

/// To be said before any other thread starts. Whether the C library took it; without it the program
/// runs as well and grows more.
#[cfg(target_env = "gnu")]
#[allow(unsafe_code)] // no crate of ours wraps this one call
pub fn give_back() -> bool {
    [(libc::M_MMAP_THRESHOLD, MAPPED_FROM), (libc::M_TRIM_THRESHOLD, KEPT_AT_END)]
        .into_iter()
        // SAFETY: two plain numbers; the call touches no memory of ours.
        .all(|(what, value)| unsafe { libc::mallopt(what, value) } == 1)
}

/// Another C library's allocator has other habits: nothing to set.
#[cfg(not(target_env = "gnu"))]
pub fn give_back() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;

    const THREADS: usize = 6;
    /// What one check takes. KiB.
    const BLOCK_KIB: usize = 19 * 1024;

    /// Memory of this process that no file backs. KiB.
    fn anonymous_kib() -> usize {
        let text = std::fs::read_to_string("/proc/self/smaps_rollup").unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("Anonymous:")).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    }

    #[test]
    fn password_checks_on_many_threads_leave_no_block_behind() {
        assert!(give_back());
        let before = anonymous_kib();
        let (all, done) = (Barrier::new(THREADS), Barrier::new(THREADS + 1));
        std::thread::scope(|threads| {
            for _ in 0..THREADS {
                threads.spawn(|| {
                    // Small things first, from all at once: each thread has a heap of its own.
                    let own: Vec<Vec<u8>> = (0..64).map(|n| vec![n; 512]).collect();
                    all.wait();
                    for _ in 0..2 {
                        // Every page is written to, as the check does.
                        let block = vec![std::hint::black_box(1_u8); BLOCK_KIB * 1024];
                        assert_eq!(std::hint::black_box(&block)[block.len() - 1], 1);
                    }
                    // The heaps still belong to running threads when it is counted.
                    done.wait();
                    done.wait();
                    drop(own);
                });
            }
            done.wait();
            let grown = anonymous_kib().saturating_sub(before);
            done.wait();
            assert!(grown < BLOCK_KIB, "{grown} KiB more than before: a block stayed");
        });
    }
}

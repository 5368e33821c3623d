//! How fast the machine is on which the faults run. Deadlines and times are those of a virtual machine of
//! two cores; on a slower one, or beside other work, a whole province could need longer than they allow,
//! although nothing was lost. So writes that are synced and a hash loop are timed before the first fault,
//! and everything that takes time is stretched by what they took.

use house::pace::FACTOR_MAX;
use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// Writes that are timed, each synced before the next, as commits are.
const WRITES: u32 = 60;
/// One of them: a page of a database. Bytes.
const WRITE_BYTES: usize = 4_096;
/// After so long it is known that the disk is slow.
const WRITES_MAX: Duration = Duration::from_secs(5);
/// Threads that hash at once: the processes of a province share the cores.
const THREADS: usize = 2;
/// What each of them hashes. MiB.
const HASHED_MIB: usize = 128;
/// Up to these two nothing is stretched: about twice what the machine takes on which the times were chosen.
const WRITE_USUAL: Duration = Duration::from_millis(8);
const HASHING_USUAL: Duration = Duration::from_millis(400);

/// What was timed.
#[derive(Debug, Clone, Copy)]
pub struct Speed {
    /// One synced write.
    write: Duration,
    /// All the hashing.
    hashing: Duration,
}

impl Speed {
    /// Times this machine, and the disk of a folder.
    pub fn measure(folder: &Path) -> io::Result<Self> {
        let path = folder.join(format!("motcua-faults-speed-{}", std::process::id()));
        let write = File::create(&path).and_then(|mut file| one_write(&mut file));
        let removed = std::fs::remove_file(&path);
        let write = write?;
        removed?;
        Ok(Self { write, hashing: hashing() })
    }

    /// By how much times are stretched: by the slower of the two, never below 1.
    pub fn factor(self) -> f64 {
        let disk = self.write.div_duration_f64(WRITE_USUAL);
        let processor = self.hashing.div_duration_f64(HASHING_USUAL);
        disk.max(processor).clamp(1.0, FACTOR_MAX)
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "times x {:.2} (a synced write {:.1} ms, {THREADS} threads hash {HASHED_MIB} MiB each in \
             {} ms)",
            self.factor(),
            self.write.as_secs_f64() * 1_000.0,
            self.hashing.as_millis()
        )
    }
}

fn one_write(file: &mut File) -> io::Result<Duration> {
    let (page, begun, mut written) = ([0x5a_u8; WRITE_BYTES], Instant::now(), 0_u32);
    while written < WRITES && begun.elapsed() < WRITES_MAX {
        file.write_all(&page)?;
        file.sync_data()?;
        written += 1;
    }
    Ok(begun.elapsed() / written.max(1))
}

fn hashing() -> Duration {
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let block = vec![0x5a_u8; 1 << 20];
                for _ in 0..HASHED_MIB {
                    let _ = std::hint::black_box(journal::entry::sha256(&block));
                }
            });
        }
    });
    begun.elapsed()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn factor(write_ms: u64, hashing_ms: u64) -> f64 {
        let of = Duration::from_millis;
        Speed { write: of(write_ms), hashing: of(hashing_ms) }.factor()
    }

    #[test]
    fn a_machine_as_fast_as_usual_or_faster_gets_the_times_as_they_stand() {
        assert_eq!([factor(0, 1), factor(4, 140), factor(8, 400)], [1.0; 3]);
    }

    #[test]
    fn the_slower_of_disk_and_processor_stretches_the_times_up_to_a_bound() {
        assert_eq!([factor(16, 100), factor(1, 800)], [2.0; 2]);
        assert_eq!([factor(24, 800), factor(16, 1_200)], [3.0; 2]);
        assert_eq!([factor(60_000, 1), factor(1, 60_000)], [FACTOR_MAX; 2]);
    }

    #[test]
    fn what_was_measured_stands_in_the_line_and_leaves_nothing_behind() {
        let folder = std::env::temp_dir().join(format!("motcua-speed-test-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let speed = Speed::measure(&folder).unwrap();
        assert!(speed.write > Duration::ZERO && speed.hashing > Duration::ZERO);
        assert!(speed.to_string().starts_with(&format!("times x {:.2} (", speed.factor())));
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}

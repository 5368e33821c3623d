//! The bytes between the kernel and a file system in a program: requests read from `/dev/fuse`,
//! answers written to it. Version 7.31 of `linux/fuse.h`; numbers in the machine's own order.

use std::time::{SystemTime, UNIX_EPOCH};

/// Length of a request's header. Bytes.
pub(crate) const HEADER: usize = 40;
/// The most bytes of one write.
pub(crate) const WRITE_BYTES_MAX: u32 = 1024 * 1024;
/// A buffer into which every request fits.
pub(crate) const BUFFER_BYTES: usize = WRITE_BYTES_MAX as usize + 8192;
/// The kernel may go on using what it has read of a file.
pub(crate) const KEEP_CACHE: u32 = 1 << 1;

const MAJOR: u32 = 7;
const MINOR: u32 = 31;
const ASYNC_READ: u32 = 1 << 0;
const BIG_WRITES: u32 = 1 << 5;
const MAX_PAGES: u32 = 1 << 22;
const READ_AHEAD: u32 = 128 * 1024;
const PAGE: u32 = 4096;

/// A number of the system's errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Errno(i32);

#[allow(missing_docs)] // the system's own names
impl Errno {
    pub(crate) const EPERM: Self = Self(1);
    pub(crate) const ENOENT: Self = Self(2);
    pub(crate) const EIO: Self = Self(5);
    pub(crate) const EEXIST: Self = Self(17);
    pub(crate) const ENOTDIR: Self = Self(20);
    pub(crate) const EISDIR: Self = Self(21);
    pub(crate) const EINVAL: Self = Self(22);
    pub(crate) const EFBIG: Self = Self(27);
    pub(crate) const ENAMETOOLONG: Self = Self(36);
    pub(crate) const ENOSYS: Self = Self(38);
    pub(crate) const ENOTEMPTY: Self = Self(39);
    pub(crate) const ESTALE: Self = Self(116);
}

/// What a node is, as its mode says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Folder,
    Link,
    Socket,
    Pipe,
}

impl Kind {
    /// The type's bits in a mode.
    pub(crate) fn bits(self) -> u32 {
        match self {
            Self::Pipe => 0o010_000,
            Self::Folder => 0o040_000,
            Self::File => 0o100_000,
            Self::Link => 0o120_000,
            Self::Socket => 0o140_000,
        }
    }
}

/// What the kernel is told about a node.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attributes {
    pub(crate) number: u64,
    pub(crate) kind: Kind,
    pub(crate) size: u64,
    pub(crate) mode: u32,
    pub(crate) links: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) modified: SystemTime,
}

/// A request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    pub(crate) operation: u32,
    pub(crate) unique: u64,
    pub(crate) node: u64,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    body: &'a [u8],
}

impl<'a> Request<'a> {
    /// Reads one; nothing when the bytes are not a request.
    pub(crate) fn read(bytes: &'a [u8]) -> Option<Self> {
        let (header, body) = bytes.split_at_checked(HEADER)?;
        let header = Request { operation: 0, unique: 0, node: 0, uid: 0, gid: 0, body: header };
        Some(Self {
            operation: header.u32(4)?,
            unique: header.u64(8)?,
            node: header.u64(16)?,
            uid: header.u32(24)?,
            gid: header.u32(28)?,
            body,
        })
    }

    pub(crate) fn u32(&self, at: usize) -> Option<u32> {
        Some(u32::from_ne_bytes(*self.body.get(at..)?.first_chunk()?))
    }

    pub(crate) fn u64(&self, at: usize) -> Option<u64> {
        Some(u64::from_ne_bytes(*self.body.get(at..)?.first_chunk()?))
    }

    pub(crate) fn bytes(&self, at: usize, length: usize) -> Option<&'a [u8]> {
        self.body.get(at..)?.get(..length)
    }

    /// A name that ends with a zero, and where the next field begins.
    pub(crate) fn name(&self, at: usize) -> Option<(&'a [u8], usize)> {
        let rest = self.body.get(at..)?;
        let end = rest.iter().position(|byte| *byte == 0)?;
        Some((&rest[..end], at + end + 1))
    }
}

/// An answer on its way.
#[derive(Debug)]
pub(crate) struct Reply(Vec<u8>);

impl Reply {
    /// An empty one, which says that something was done.
    pub(crate) fn new(unique: u64) -> Self {
        let mut bytes = vec![0; 8];
        bytes.extend(unique.to_ne_bytes());
        Self(bytes)
    }

    /// One that says what is wrong.
    pub(crate) fn error(unique: u64, error: Errno) -> Self {
        let mut reply = Self::new(unique);
        reply.0[4..8].copy_from_slice(&(-error.0).to_ne_bytes());
        reply
    }

    pub(crate) fn u16(mut self, value: u16) -> Self {
        self.0.extend(value.to_ne_bytes());
        self
    }

    pub(crate) fn u32(mut self, value: u32) -> Self {
        self.0.extend(value.to_ne_bytes());
        self
    }

    pub(crate) fn u64(mut self, value: u64) -> Self {
        self.0.extend(value.to_ne_bytes());
        self
    }

    pub(crate) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }

    /// Whole, to be written in one piece.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        let length = self.0.len() as u32;
        self.0[..4].copy_from_slice(&length.to_ne_bytes());
        self.0
    }

    /// What both sides can do.
    pub(crate) fn welcome(self, offered: u32) -> Self {
        self.u32(MAJOR)
            .u32(MINOR)
            .u32(READ_AHEAD)
            .u32(offered & (ASYNC_READ | BIG_WRITES | MAX_PAGES))
            .u16(16) // requests in the background, and at how many it is crowded
            .u16(12)
            .u32(WRITE_BYTES_MAX)
            .u32(1) // times are true to a nanosecond
            .u16((WRITE_BYTES_MAX / PAGE) as u16)
            .u16(0)
            .bytes(&[0; 32])
    }

    /// A node that was found or made; believed for no longer than the request.
    pub(crate) fn entry(self, found: &Attributes) -> Self {
        self.u64(found.number).u64(0).u64(0).u64(0).u32(0).u32(0).attributes(found)
    }

    /// A node's attributes alone.
    pub(crate) fn attributes_only(self, found: &Attributes) -> Self {
        self.u64(0).u32(0).u32(0).attributes(found)
    }

    fn attributes(self, of: &Attributes) -> Self {
        let since = of.modified.duration_since(UNIX_EPOCH).unwrap_or_default();
        let (seconds, nanoseconds) = (since.as_secs(), since.subsec_nanos());
        self.u64(of.number)
            .u64(of.size)
            .u64(of.size.div_ceil(512))
            .u64(seconds)
            .u64(seconds)
            .u64(seconds)
            .u32(nanoseconds)
            .u32(nanoseconds)
            .u32(nanoseconds)
            .u32(of.kind.bits() | of.mode)
            .u32(of.links)
            .u32(of.uid)
            .u32(of.gid)
            .u32(0)
            .u32(PAGE)
            .u32(0)
    }

    /// Something that was opened.
    pub(crate) fn opened(self, handle: u64, flags: u32) -> Self {
        self.u64(handle).u32(flags).u32(0)
    }

    /// One name of a folder; `next` is where the list goes on after it.
    pub(crate) fn listed(self, number: u64, kind: Kind, name: &[u8], next: u64) -> Self {
        let padding = name.len().next_multiple_of(8) - name.len();
        self.u64(number)
            .u64(next)
            .u32(name.len() as u32)
            .u32(kind.bits() >> 12)
            .bytes(name)
            .bytes(&[0; 8][..padding])
    }

    /// Bytes that one name of a folder takes in a list.
    pub(crate) fn listed_bytes(name: &[u8]) -> usize {
        24 + name.len().next_multiple_of(8)
    }

    /// Room on the disk, in pages.
    pub(crate) fn room(self, pages: u64, name_bytes_max: u32) -> Self {
        self.u64(pages)
            .u64(pages)
            .u64(pages)
            .u64(pages)
            .u64(pages)
            .u32(PAGE)
            .u32(name_bytes_max)
            .u32(PAGE)
            .bytes(&[0; 28])
    }
}

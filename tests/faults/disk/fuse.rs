//! The disk as the kernel asks it: every request becomes a few words of [`Tree`](crate::tree::Tree).
//!
//! The kernel writes through: a `write` is here before it returns, and what a program wrote into a
//! shared mapping is here before its `fsync` is. Nothing that the kernel has read is kept beyond a cut:
//! a file's first opening after one drops it.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::content::Content;
use crate::names::Names;
use crate::power::Power;
use crate::tree::{Answer, Body, Maker, NAME_BYTES_MAX, Node};
use crate::wire::{Attributes, BUFFER_BYTES, Errno, KEEP_CACHE, Kind, Reply, Request};

/// Size of the disk as programs are told, in pages: 4 GiB, always free.
const PAGES: u64 = 1024 * 1024;
const NO_REPLACE: u32 = 1;
/// The device has ended: nobody can see the disk any more.
const ENODEV: i32 = 19;

/// Mounts a disk at a folder and serves it on a thread of its own until it is taken away.
pub(crate) fn mount(at: &Path, power: Arc<Power>) -> io::Result<()> {
    let device = File::options().read(true).write(true).open("/dev/fuse")?;
    // `mount` hands the descriptor that it is told over to the kernel; it inherits this one as its
    // standard input.
    let mounted = Command::new("mount")
        .args(["-i", "-t", "fuse", "-o"])
        .arg("fd=0,rootmode=40000,user_id=0,group_id=0,allow_other,default_permissions,noatime")
        .arg("forgetful")
        .arg(at)
        .stdin(Stdio::from(device.try_clone()?))
        .output()?;
    if !mounted.status.success() {
        let why = String::from_utf8_lossy(&mounted.stderr).trim().to_owned();
        return Err(io::Error::other(format!("{}: {why}", at.display())));
    }
    let kernel = Kernel { device, power };
    std::thread::Builder::new().name("forgetful disk".to_owned()).spawn(move || kernel.serve())?;
    Ok(())
}

/// The kernel's end of the disk.
struct Kernel {
    device: File,
    power: Arc<Power>,
}

/// Reads a field, or refuses the request.
macro_rules! field {
    ($field:expr) => {
        $field.ok_or(Errno::EINVAL)?
    };
}

impl Kernel {
    fn serve(mut self) {
        let mut buffer = vec![0; BUFFER_BYTES];
        loop {
            let length = match self.device.read(&mut buffer) {
                Ok(length) => length,
                Err(error) if error.raw_os_error() == Some(ENODEV) => return,
                // A request was taken back before it was read.
                Err(_) => continue,
            };
            let Some(request) = Request::read(&buffer[..length]) else { continue };
            if let Some(reply) = self.answer(request) {
                // Whoever asked has been killed meanwhile: then nobody waits for it.
                let _gone = self.device.write_all(&reply.finish());
            }
        }
    }

    fn answer(&self, request: Request<'_>) -> Option<Reply> {
        let reply = Reply::new(request.unique);
        let done = match request.operation {
            1 => self.lookup(request, reply),
            // What the kernel forgets, what it gives up waiting for: neither is answered.
            2 | 36 | 42 => return None,
            3 => self.attributes(request, reply),
            4 => self.set_attributes(request, reply),
            5 => self.read_link(request, reply),
            6 => self.make_link(request, reply),
            8 => self.make_node(request, reply),
            9 => self.make_folder(request, reply),
            10 => self.unlink(request, reply),
            11 => self.remove_folder(request, reply),
            12 => self.rename(request, reply, 8, 0),
            45 => request
                .u32(8)
                .map_or(Err(Errno::EINVAL), |flags| self.rename(request, reply, 16, flags)),
            13 => self.link(request, reply),
            14 => self.open_file(request.node).map(|(boot, flags)| reply.opened(boot, flags)),
            15 => self.read(request, reply),
            16 => self.write(request, reply),
            17 => Ok(reply.room(PAGES, NAME_BYTES_MAX as u32)),
            18 => self.release(request, reply),
            20 => self.sync(request, reply, false),
            26 => request.u32(12).map(|offered| reply.welcome(offered)).ok_or(Errno::EINVAL),
            27 => self
                .power
                .look(|tree, boot| tree.names(request.node).map(|_| boot))
                .map(|boot| reply.opened(boot, 0)),
            28 => self.list(request, reply),
            29 | 38 => Ok(reply),
            30 => self.sync(request, reply, true),
            35 => self.create(request, reply),
            _ => Err(Errno::ENOSYS),
        };
        Some(done.unwrap_or_else(|error| Reply::error(request.unique, error)))
    }

    fn lookup(&self, request: Request<'_>, reply: Reply) -> Answer<Reply> {
        let (name, _) = name(request, 0)?;
        let found = self.power.look(|tree, _| {
            let number = tree.lookup(request.node, name)?;
            Ok(attributes(number, tree.node(number)?))
        })?;
        Ok(reply.entry(&found))
    }

    fn attributes(&self, request: Request<'_>, reply: Reply) -> Answer<Reply> {
        let node = request.node;
        let found = self.power.look(|tree, _| Ok(attributes(node, tree.node(node)?)))?;
        Ok(reply.attributes_only(&found))
    }

    fn set_attributes(&self, request: Request<'_>, reply: Reply) -> Answer<Reply> {
        let valid = field!(request.u32(0));
        let has = |bit: u32| valid & (1 << bit) != 0;
        let size = field!(request.u64(16));
        let (seconds, nanoseconds) = (field!(request.u64(40)), field!(request.u32(60)));
        let (mode, uid, gid) =
            (field!(request.u32(68)), field!(request.u32(76)), field!(request.u32(80)));
        let found = self.power.change(|tree| {
            if has(3) {
                tree.resize(request.node, size)?;
            }
            let node = tree.node_mut(request.node)?;
            if has(0) {
                node.mode = mode & 0o7777;
            }
            if has(1) {
                node.uid = uid;
            }
            if has(2) {
                node.gid = gid;
            }
            if has(8) {
                node.modified = SystemTime::now();
            } else if has(5) {
                node.modified = UNIX_EPOCH + Duration::new(seconds, nanoseconds);
            }
            Ok(attributes(request.node, node))
        })?;
        Ok(reply.attributes_only(&found))
    }

    fn read_link(&self, request: Request<'_>, reply: Reply) -> Answer<Reply> {
        let target = self.power.look(|tree, _| match &tree.node(request.node)?.body {
            Body::Link(target) => Ok(target.clone()),
            _ => Err(Errno::EINVAL),
        })?;
        Ok(reply.bytes(target.as_bytes()))
    }

    fn make(
        &self,
        request: Request<'_>,
        name: &OsStr,
        mode: u32,
        body: Body,
    ) -> Answer<Attributes> {
        let maker = Maker { uid: request.uid, gid: request.gid, mode };
        self.power.change(|tree| {
            let number = tree.make(request.node, name, body, maker)?;
            Ok(attributes(number, tree.node(number)?))
        })
    }

    fn make_link(&self, request: Request<'_>, reply: Reply) -> Answer<Reply> {
        let (name, next) = name(request, 0)?;
        let (target, _) = field!(request.name(next));
        let body = Body::Link(OsString::from_vec(target.to_vec()));
        Ok(reply.entry(&self.make(request, name, 0o777, body)?))
    }

    fn make_node(&self, request: Request<'_>, reply: Reply) -> Answer<Reply> {
        let mode = field!(request.u32(0));
        let (name, _) = name(request, 16)?;
        let body = match mode & 0o170_000 {
            0o140_000 => Body::Special(Kind::Socket),
            0o010_000 => Body::Special(Kind::Pipe),
            0 | 0o100_000 => Body::File(Content::default()),
            _ => return Err(Errno::EPERM),
        };
        Ok(reply.entry(&self.make(request, name, mode, body)?))
    }

    fn make_folder(&self, request: Request<'_>, reply: Reply) -> Answer<Reply> {
        let mode = field!(request.u32(0));
        let (name, _) = name(request, 8)?;
        let body = Body::Folder(Names::default());
        Ok(reply.entry(&self.make(request, name, mode, body)?))
    }

    fn create(&self, request: Request<'_>, reply: Reply) -> Answer<Reply> {
        let mode = field!(request.u32(4));
        let (name, _) = name(request, 16)?;
        let made = self.make(request, name, mode, Body::File(Content::default()))?;
        let (boot, flags) = self.open_file(made.number)?;
        Ok(reply.entry(&made).opened(boot, flags))
    }

    fn unlink(&self, request: Request<'_>, reply: Reply) -> Answer<Reply> {
        let (name, _) = name(request, 0)?;
        self.power.change(|tree| tree.unlink(request.node, name))?;
        Ok(reply)
    }

    fn remove_folder(&self, request: Request<'_>, reply: Reply) -> Answer<Reply> {
        let (name, _) = name(request, 0)?;
        self.power.change(|tree| tree.remove_folder(request.node, name))?;
        Ok(reply)
    }

    fn rename(
        &self,
        request: Request<'_>,
        reply: Reply,
        names_at: usize,
        flags: u32,
    ) -> Answer<Reply> {
        let replace = match flags {
            0 => true,
            NO_REPLACE => false,
            _ => return Err(Errno::EINVAL),
        };
        let folder = field!(request.u64(0));
        let (old, next) = name(request, names_at)?;
        let (new, _) = name(request, next)?;
        self.power.change(|tree| tree.rename((request.node, old), (folder, new), replace))?;
        Ok(reply)
    }

    fn link(&self, request: Request<'_>, reply: Reply) -> Answer<Reply> {
        let file = field!(request.u64(0));
        let (name, _) = name(request, 8)?;
        let linked = self.power.change(|tree| {
            tree.link(file, request.node, name)?;
            Ok(attributes(file, tree.node(file)?))
        })?;
        Ok(reply.entry(&linked))
    }

    /// What the kernel read of a file that nobody has open may be older than a cut.
    fn open_file(&self, number: u64) -> Answer<(u64, u32)> {
        self.power.look(|tree, boot| {
            let node = tree.node_mut(number)?;
            let flags = if node.opened == 0 { 0 } else { KEEP_CACHE };
            node.opened += 1;
            Ok((boot, flags))
        })
    }

    fn read(&self, request: Request<'_>, reply: Reply) -> Answer<Reply> {
        let (handle, offset) = (field!(request.u64(0)), field!(request.u64(8)));
        let size = field!(request.u32(16)) as usize;
        self.power.held(handle, |tree| {
            let all = tree.content(request.node)?.now();
            let from = usize::try_from(offset).unwrap_or(usize::MAX).min(all.len());
            let to = from.saturating_add(size).min(all.len());
            Ok(reply.bytes(&all[from..to]))
        })
    }

    fn write(&self, request: Request<'_>, reply: Reply) -> Answer<Reply> {
        let (handle, offset) = (field!(request.u64(0)), field!(request.u64(8)));
        let size = field!(request.u32(16));
        let bytes = field!(request.bytes(40, size as usize));
        self.power.change_held(handle, |tree| tree.write(request.node, offset, bytes))?;
        Ok(reply.u32(size).u32(0))
    }

    fn release(&self, request: Request<'_>, reply: Reply) -> Answer<Reply> {
        let handle = field!(request.u64(0));
        // Of an earlier boot, or of a file that a cut took: nothing is left to be closed.
        let _closed = self.power.held(handle, |tree| {
            let node = tree.node_mut(request.node)?;
            node.opened = node.opened.saturating_sub(1);
            Ok(())
        });
        Ok(reply)
    }

    fn sync(&self, request: Request<'_>, reply: Reply, folder: bool) -> Answer<Reply> {
        let handle = field!(request.u64(0));
        if folder {
            self.power.sync_folder(handle, request.node)?;
        } else {
            self.power.sync_file(handle, request.node)?;
        }
        Ok(reply)
    }

    fn list(&self, request: Request<'_>, mut reply: Reply) -> Answer<Reply> {
        let (handle, offset) = (field!(request.u64(0)), field!(request.u64(8)));
        let mut room = field!(request.u32(16)) as usize;
        let all = self.power.held(handle, |tree| {
            let mut all: Vec<(u64, Kind, OsString)> = vec![
                (request.node, Kind::Folder, ".".into()),
                (request.node, Kind::Folder, "..".into()),
            ];
            for (name, number) in tree.names(request.node)?.now() {
                all.push((*number, tree.node(*number)?.kind(), name.clone()));
            }
            Ok(all)
        })?;
        let skip = usize::try_from(offset).unwrap_or(usize::MAX);
        for (place, (number, kind, name)) in all.into_iter().enumerate().skip(skip) {
            let needed = Reply::listed_bytes(name.as_bytes());
            if needed > room {
                break;
            }
            room -= needed;
            reply = reply.listed(number, kind, name.as_bytes(), place as u64 + 1);
        }
        Ok(reply)
    }
}

fn name<'a>(request: Request<'a>, at: usize) -> Answer<(&'a OsStr, usize)> {
    let (name, next) = field!(request.name(at));
    Ok((OsStr::from_bytes(name), next))
}

fn attributes(number: u64, node: &Node) -> Attributes {
    Attributes {
        number,
        kind: node.kind(),
        size: node.size(),
        mode: node.mode,
        links: node.links,
        uid: node.uid,
        gid: node.gid,
        modified: node.modified,
    }
}

//! The whole disk: files and folders by number, as programs see them and as a power cut would leave
//! them. No file system calls in here.
//!
//! What is promised is what POSIX promises and no more: `fsync` of a file makes its bytes safe but not
//! its name; `fsync` of a folder makes its names safe but not what they name; a rename is whole or not
//! at all. Owners, modes and times are always safe: nothing here rests on them.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::ffi::{OsStr, OsString};
use std::time::SystemTime;

use crate::content::Content;
use crate::loss::{Cut, Loss, Lost};
use crate::names::{Change, Names};
use crate::wire::{Errno, Kind};
use dice::Dice;

/// The number of the topmost folder.
pub(crate) const ROOT: u64 = 1;
/// Longest name in a folder. Bytes.
pub(crate) const NAME_BYTES_MAX: usize = 255;
/// Largest file. A test writes megabytes; more is a mistake, and would fill the machine's memory.
const FILE_BYTES_MAX: u64 = 1024 * 1024 * 1024;

pub(crate) type Answer<T> = Result<T, Errno>;

/// A file, folder or link.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) body: Body,
    pub(crate) mode: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) modified: SystemTime,
    /// Names that it has.
    pub(crate) links: u32,
    /// How often it is open.
    pub(crate) opened: u32,
}

/// What a node is.
#[derive(Debug)]
pub(crate) enum Body {
    File(Content),
    Folder(Names),
    Link(OsString),
    /// A socket or a pipe: only the name is kept here.
    Special(Kind),
}

/// Who makes a node, and with which permissions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Maker {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) mode: u32,
}

impl Node {
    fn new(body: Body, maker: Maker) -> Self {
        Self {
            body,
            mode: maker.mode & 0o7777,
            uid: maker.uid,
            gid: maker.gid,
            modified: SystemTime::now(),
            links: 1,
            opened: 0,
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        match &self.body {
            Body::File(_) => Kind::File,
            Body::Folder(_) => Kind::Folder,
            Body::Link(_) => Kind::Link,
            Body::Special(kind) => *kind,
        }
    }

    pub(crate) fn size(&self) -> u64 {
        match &self.body {
            Body::File(content) => content.now().len() as u64,
            Body::Link(target) => target.len() as u64,
            _ => 0,
        }
    }
}

/// All nodes.
#[derive(Debug)]
pub(crate) struct Tree {
    nodes: HashMap<u64, Node>,
    next: u64,
    /// Counts every change and every sync.
    pub(crate) moment: u64,
}

impl Tree {
    pub(crate) fn new() -> Self {
        let maker = Maker { uid: 0, gid: 0, mode: 0o755 };
        let root = Node::new(Body::Folder(Names::default()), maker);
        Self { nodes: HashMap::from([(ROOT, root)]), next: ROOT + 1, moment: 0 }
    }

    pub(crate) fn node(&self, number: u64) -> Answer<&Node> {
        self.nodes.get(&number).ok_or(Errno::ESTALE)
    }

    pub(crate) fn node_mut(&mut self, number: u64) -> Answer<&mut Node> {
        self.nodes.get_mut(&number).ok_or(Errno::ESTALE)
    }

    pub(crate) fn names(&self, folder: u64) -> Answer<&Names> {
        match &self.node(folder)?.body {
            Body::Folder(names) => Ok(names),
            _ => Err(Errno::ENOTDIR),
        }
    }

    fn names_mut(&mut self, folder: u64) -> Answer<&mut Names> {
        let node = self.node_mut(folder)?;
        node.modified = SystemTime::now();
        match &mut node.body {
            Body::Folder(names) => Ok(names),
            _ => Err(Errno::ENOTDIR),
        }
    }

    pub(crate) fn content(&self, file: u64) -> Answer<&Content> {
        match &self.node(file)?.body {
            Body::File(content) => Ok(content),
            _ => Err(Errno::EISDIR),
        }
    }

    fn content_mut(&mut self, file: u64) -> Answer<&mut Content> {
        match &mut self.node_mut(file)?.body {
            Body::File(content) => Ok(content),
            _ => Err(Errno::EISDIR),
        }
    }

    pub(crate) fn lookup(&self, folder: u64, name: &OsStr) -> Answer<u64> {
        self.names(folder)?.get(name).ok_or(Errno::ENOENT)
    }

    pub(crate) fn make(
        &mut self,
        folder: u64,
        name: &OsStr,
        body: Body,
        maker: Maker,
    ) -> Answer<u64> {
        if name.len() > NAME_BYTES_MAX {
            return Err(Errno::ENAMETOOLONG);
        }
        if self.names(folder)?.get(name).is_some() {
            return Err(Errno::EEXIST);
        }
        let number = self.next;
        self.next += 1;
        self.nodes.insert(number, Node::new(body, maker));
        self.set(folder, vec![(name.to_owned(), Some(number))], None)?;
        Ok(number)
    }

    pub(crate) fn link(&mut self, file: u64, folder: u64, name: &OsStr) -> Answer<()> {
        if self.names(folder)?.get(name).is_some() {
            return Err(Errno::EEXIST);
        }
        if let Body::Folder(_) = self.node(file)?.body {
            return Err(Errno::EPERM);
        }
        self.node_mut(file)?.links += 1;
        self.set(folder, vec![(name.to_owned(), Some(file))], None)
    }

    pub(crate) fn unlink(&mut self, folder: u64, name: &OsStr) -> Answer<()> {
        let file = self.lookup(folder, name)?;
        if let Body::Folder(_) = self.node(file)?.body {
            return Err(Errno::EISDIR);
        }
        self.let_go(file)?;
        self.set(folder, vec![(name.to_owned(), None)], None)
    }

    pub(crate) fn remove_folder(&mut self, folder: u64, name: &OsStr) -> Answer<()> {
        let inner = self.lookup(folder, name)?;
        if !self.names(inner)?.now().is_empty() {
            return Err(Errno::ENOTEMPTY);
        }
        self.let_go(inner)?;
        self.set(folder, vec![(name.to_owned(), None)], None)
    }

    /// Within a folder this is one change; between two it is one in each, see [`Change::after`].
    pub(crate) fn rename(
        &mut self,
        from: (u64, &OsStr),
        to: (u64, &OsStr),
        replace: bool,
    ) -> Answer<()> {
        let moved = self.lookup(from.0, from.1)?;
        if let Ok(there) = self.lookup(to.0, to.1) {
            if !replace {
                return Err(Errno::EEXIST);
            }
            if there == moved {
                return Ok(());
            }
            let folder = matches!(self.node(moved)?.body, Body::Folder(_));
            match &self.node(there)?.body {
                Body::Folder(_) if !folder => return Err(Errno::EISDIR),
                Body::Folder(names) if !names.now().is_empty() => return Err(Errno::ENOTEMPTY),
                Body::Folder(_) => {}
                _ if folder => return Err(Errno::ENOTDIR),
                _ => {}
            }
            self.let_go(there)?;
        }
        let old = (from.1.to_owned(), None);
        let new = (to.1.to_owned(), Some(moved));
        if from.0 == to.0 {
            return self.set(from.0, vec![old, new], None);
        }
        self.set(to.0, vec![new], None)?;
        self.set(from.0, vec![old], Some((to.0, self.moment)))
    }

    fn let_go(&mut self, number: u64) -> Answer<()> {
        let node = self.node_mut(number)?;
        node.links = node.links.saturating_sub(1);
        Ok(())
    }

    fn set(
        &mut self,
        folder: u64,
        sets: Vec<(OsString, Option<u64>)>,
        after: Option<(u64, u64)>,
    ) -> Answer<()> {
        let moment = self.moment;
        self.names_mut(folder)?.change(Change { moment, sets, after });
        Ok(())
    }

    pub(crate) fn write(&mut self, file: u64, at: u64, bytes: &[u8]) -> Answer<()> {
        let at = within(at, bytes.len() as u64)?;
        let moment = self.moment;
        self.content_mut(file)?.write(moment, at, bytes);
        self.node_mut(file)?.modified = SystemTime::now();
        Ok(())
    }

    pub(crate) fn resize(&mut self, file: u64, size: u64) -> Answer<()> {
        let size = within(size, 0)?;
        let moment = self.moment;
        self.content_mut(file)?.resize(moment, size);
        self.node_mut(file)?.modified = SystemTime::now();
        Ok(())
    }

    pub(crate) fn sync_file(&mut self, file: u64) -> Answer<()> {
        match &mut self.node_mut(file)?.body {
            Body::File(content) => content.sync(),
            Body::Folder(_) => return self.sync_folder(file),
            _ => {}
        }
        Ok(())
    }

    pub(crate) fn sync_folder(&mut self, folder: u64) -> Answer<()> {
        let count = self.names(folder)?.pending().len();
        self.sync_names(folder, count)
    }

    /// The first changes of a folder, and in other folders those without which a moved thing would
    /// be lost under both of its names.
    fn sync_names(&mut self, folder: u64, count: usize) -> Answer<()> {
        let elsewhere: Vec<(u64, u64)> =
            self.names(folder)?.pending()[..count].iter().filter_map(|one| one.after).collect();
        self.names_mut(folder)?.sync(count);
        for (other, moment) in elsewhere {
            let Ok(names) = self.names(other) else { continue };
            let count = names.pending().partition_point(|one| one.moment <= moment);
            if count > 0 {
                self.sync_names(other, count)?;
            }
        }
        Ok(())
    }

    /// Everything as it is now is on the disk.
    pub(crate) fn sync_all(&mut self) {
        for node in self.nodes.values_mut() {
            match &mut node.body {
                Body::File(content) => content.sync(),
                Body::Folder(names) => names.sync(names.pending().len()),
                _ => {}
            }
        }
    }

    /// Nothing is open any more.
    pub(crate) fn close_all(&mut self) {
        self.nodes.values_mut().for_each(|node| node.opened = 0);
    }

    /// Becomes what a power cut leaves.
    pub(crate) fn cut(&mut self, loss: Loss, dice: &mut Dice) -> Lost {
        let oldest = self.nodes.values().filter_map(oldest).min().unwrap_or(self.moment);
        let before = oldest.saturating_sub(1);
        let moment = before + dice.below(self.moment - before + 1);
        let cut = Cut { loss, moment };
        let mut lost = Lost::default();
        let kept = self.kept_names(cut, dice);
        for (folder, kept) in kept {
            let Ok(names) = self.names_mut(folder) else { continue };
            lost.survived += kept as u64;
            lost.names += (names.pending().len() - kept) as u64;
            names.cut(kept);
        }
        self.forget_the_unnamed();
        let mut numbers: Vec<u64> = self.nodes.keys().copied().collect();
        numbers.sort_unstable(); // a map's order is not the seed's
        for number in numbers {
            let Ok(node) = self.node_mut(number) else { continue };
            node.opened = 0;
            if let Body::File(content) = &mut node.body {
                lost = lost.and(content.cut(cut, dice));
            }
        }
        lost
    }

    /// How many changes of each folder survive.
    fn kept_names(&self, cut: Cut, dice: &mut Dice) -> BTreeMap<u64, usize> {
        let mut folders: BTreeMap<u64, (&[Change], usize)> = BTreeMap::new();
        for (number, node) in &self.nodes {
            if let Body::Folder(names) = &node.body {
                folders.insert(*number, (names.pending(), 0));
            }
        }
        for (pending, kept) in folders.values_mut() {
            *kept = match cut.loss {
                Loss::All | Loss::Names => 0,
                Loss::Data => pending.len(),
                Loss::Later => pending.partition_point(|one| one.moment <= cut.moment),
                Loss::Some => dice.below(pending.len() as u64 + 1) as usize,
            };
        }
        // Whoever lost its old name must have its new one.
        let last = |folders: &BTreeMap<u64, (&[Change], usize)>, folder: u64| {
            let (pending, kept) = folders.get(&folder)?;
            pending[..*kept].last().map(|one| one.moment)
        };
        loop {
            let mut border = None;
            for (number, (pending, kept)) in &folders {
                let first_bad = pending[..*kept].iter().position(|one| {
                    one.after.is_some_and(|(other, moment)| {
                        let waits = folders.get(&other).is_some_and(|(pending, _)| {
                            pending.iter().any(|one| one.moment == moment)
                        });
                        waits && last(&folders, other).is_none_or(|last| last < moment)
                    })
                });
                if let Some(first_bad) = first_bad {
                    border = Some((*number, first_bad));
                    break;
                }
            }
            let Some((number, first_bad)) = border else { break };
            if let Some((_, kept)) = folders.get_mut(&number) {
                *kept = first_bad;
            }
        }
        folders.into_iter().map(|(number, (_, kept))| (number, kept)).collect()
    }

    /// Only what a name leads to is there after a cut.
    fn forget_the_unnamed(&mut self) {
        let mut links: HashMap<u64, u32> = HashMap::from([(ROOT, 1)]);
        let mut folders = VecDeque::from([ROOT]);
        let mut visited = HashSet::from([ROOT]);
        while let Some(folder) = folders.pop_front() {
            let Ok(names) = self.names(folder) else { continue };
            for number in names.now().values() {
                *links.entry(*number).or_default() += 1;
                if self.names(*number).is_ok() && visited.insert(*number) {
                    folders.push_back(*number);
                }
            }
        }
        self.nodes.retain(|number, _| links.contains_key(number));
        for (number, node) in &mut self.nodes {
            node.links = links[number];
            if let Body::Folder(names) = &mut node.body {
                names.retain(|number| links.contains_key(&number));
            }
        }
    }
}

fn oldest(node: &Node) -> Option<u64> {
    match &node.body {
        Body::File(content) => content.oldest(),
        Body::Folder(names) => names.pending().first().map(|change| change.moment),
        _ => None,
    }
}

fn within(at: u64, length: u64) -> Answer<usize> {
    if at.saturating_add(length) > FILE_BYTES_MAX {
        return Err(Errno::EFBIG);
    }
    usize::try_from(at).map_err(|_| Errno::EFBIG)
}

//! A disk that forgets, served by a process of its own: a process that unmaps pages which it wrote on a
//! disk waits for that disk, and would wait for itself. This program starts itself once more with
//! [`SERVE`], and gives orders over a pipe; when the pipe closes the disk goes.

use anyhow::{Context, bail, ensure};
use forgetful_disk::{Dice, Disk, LOSSES, Lie, Loss, Lost};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// The first argument of the process that serves a disk; the second is where it is mounted.
pub const SERVE: &str = "--serve-disk";

/// A machine's disk. Dropping it takes it away, with everything on it.
pub struct Machine {
    ends: Mutex<Ends>,
    process: Child,
    places: Vec<PathBuf>,
}

struct Ends {
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Machine {
    /// Mounts an empty disk at a folder.
    pub fn new(at: &Path) -> anyhow::Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg(SERVE)
            .arg(at)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("the disk's process cannot be started")?;
        let orders = process.stdin.take();
        let answers = BufReader::new(process.stdout.take().context("the disk has no answers")?);
        let ends = Mutex::new(Ends { orders, answers });
        let machine = Self { ends, process, places: vec![at.to_owned()] };
        machine.hear()?;
        Ok(machine)
    }

    /// Shows a folder of the disk at a second place.
    pub fn show(&mut self, folder: &str, at: &Path) -> anyhow::Result<()> {
        self.ask(&format!("show {folder} {}", at.display()))?;
        self.places.push(at.to_owned());
        Ok(())
    }

    /// Everything as it is now counts as synced.
    pub fn settle(&self) -> anyhow::Result<()> {
        self.ask("settle").map(drop)
    }

    /// From now on it does not do what it promises.
    pub fn lie(&self, lie: Lie) -> anyhow::Result<()> {
        self.ask(&format!("lie {} {}", lie.folders, lie.files)).map(drop)
    }

    /// The power goes when so many more changes have been done.
    pub fn cut_after(&self, changes: u64) -> anyhow::Result<()> {
        self.ask(&format!("cut_after {changes}")).map(drop)
    }

    /// The power goes: the machine stands still.
    pub fn cut(&self) -> anyhow::Result<()> {
        self.ask("cut").map(drop)
    }

    /// Who waits for the disk since the cut gets an error now; it must have been killed before.
    pub fn let_go(&self) -> anyhow::Result<()> {
        self.ask("let_go").map(drop)
    }

    /// Whether it is gone.
    pub fn is_cut(&self) -> anyhow::Result<bool> {
        Ok(self.ask("is_cut")? == "true")
    }

    /// Gives power again: on the disk is what the cut left.
    pub fn restore(&self, loss: Loss, seed: u64) -> anyhow::Result<Lost> {
        let way = LOSSES.iter().position(|one| *one == loss).context("an unknown loss")?;
        let told = self.ask(&format!("restore {way} {seed}"))?;
        let numbers: Vec<u64> = told.split(' ').map(str::parse).collect::<Result<_, _>>()?;
        let [writes, bytes, names, survived] = numbers[..] else { bail!("{told}") };
        Ok(Lost { writes, bytes, names, survived })
    }

    fn ask(&self, order: &str) -> anyhow::Result<String> {
        {
            let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
            let orders = ends.orders.as_mut().context("the disk has gone")?;
            writeln!(orders, "{order}")?;
        }
        self.hear().with_context(|| order.to_owned())
    }

    fn hear(&self) -> anyhow::Result<String> {
        let mut line = String::new();
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        ends.answers.read_line(&mut line)?;
        let answer = line.trim_end();
        ensure!(!answer.is_empty(), "the disk's process has ended");
        match answer.split_once(' ') {
            Some(("done", rest)) => Ok(rest.to_owned()),
            _ if answer == "done" => Ok(String::new()),
            _ => bail!("{answer}"),
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.ends.lock().unwrap_or_else(PoisonError::into_inner).orders = None;
        let _ = self.process.wait();
        // Should its process have been killed: an unserved disk must not hold up whoever looks at it.
        for place in self.places.iter().rev() {
            let mut umount = Command::new("umount");
            let _ = umount.arg("-l").arg(place).stderr(Stdio::null()).status();
        }
    }
}

/// Serves a disk at a folder until the orders end.
pub fn serve(at: &Path) -> anyhow::Result<()> {
    let mut disk = Disk::mount(at)?;
    disk.hold_at_cut();
    answer("")?;
    for order in std::io::stdin().lines() {
        let order = order?;
        match carry_out(&mut disk, &order) {
            Ok(told) => answer(&told)?,
            Err(error) => println!("failed: {error:#}"),
        }
    }
    Ok(())
}

fn answer(told: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", format!("done {told}").trim_end())?;
    Ok(out.flush()?)
}

fn carry_out(disk: &mut Disk, order: &str) -> anyhow::Result<String> {
    let mut told = String::new();
    match order.split(' ').collect::<Vec<_>>()[..] {
        ["show", folder, at] => disk.show(folder, Path::new(at))?,
        ["settle"] => disk.settle(),
        ["lie", folders, files] => {
            disk.lie(Lie { folders: folders.parse()?, files: files.parse()? });
        }
        ["cut_after", changes] => disk.cut_after(changes.parse()?),
        ["cut"] => disk.cut(),
        ["let_go"] => disk.let_go(),
        ["is_cut"] => write!(told, "{}", disk.is_cut())?,
        ["restore", way, seed] => {
            let way: usize = way.parse()?;
            let loss = LOSSES.get(way).context("an unknown loss")?;
            let lost = disk.restore_power(*loss, &mut Dice::new(seed.parse()?));
            write!(told, "{} {} {} {}", lost.writes, lost.bytes, lost.names, lost.survived)?;
        }
        _ => bail!("an unknown order: {order}"),
    }
    Ok(told)
}

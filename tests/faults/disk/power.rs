//! Whether the disk has power, and when it will lose it: the gate that every request passes.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::loss::{Loss, Lost};
use crate::tree::{Answer, Tree};
use crate::wire::Errno;
use dice::Dice;

/// What the disk promises and does not do, so that a test can show that it would notice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lie {
    /// A sync of a folder is answered and not done.
    pub folders: bool,
    /// A sync of a file is answered and not done.
    pub files: bool,
}

/// The tree behind the gate.
#[derive(Debug)]
pub(crate) struct Power {
    state: Mutex<State>,
    cut: Condvar,
    freed: Condvar,
}

#[derive(Debug)]
struct State {
    tree: Tree,
    on: bool,
    /// The moment at which the power goes.
    cut_at: Option<u64>,
    lie: Lie,
    /// From the cut on calls wait, as on a machine that stands still, until they are let go.
    holds: bool,
    let_go: bool,
    /// Grows with every cut: what was opened before one is closed by it.
    boot: u64,
}

impl Power {
    pub(crate) fn new() -> Self {
        let state = State {
            tree: Tree::new(),
            on: true,
            cut_at: None,
            lie: Lie::default(),
            holds: false,
            let_go: false,
            boot: 1,
        };
        Self { state: Mutex::new(state), cut: Condvar::new(), freed: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn powered(&self) -> Answer<MutexGuard<'_, State>> {
        let state = self.state();
        if state.on { Ok(state) } else { Err(self.fail(state)) }
    }

    /// What a call without power comes to; it comes to it when it is let go, also if there is power again.
    fn fail(&self, state: MutexGuard<'_, State>) -> Errno {
        let boot = state.boot;
        let waits = |state: &mut State| state.holds && !state.let_go && state.boot == boot;
        drop(self.freed.wait_while(state, waits).unwrap_or_else(PoisonError::into_inner));
        Errno::EIO
    }

    /// The next moment; at the appointed one the power goes, and what was asked for is not done.
    fn next(&self) -> Answer<MutexGuard<'_, State>> {
        let mut state = self.powered()?;
        if state.cut_at.is_some_and(|cut_at| state.tree.moment >= cut_at) {
            state.on = false;
            state.cut_at = None;
            self.cut.notify_all();
            return Err(self.fail(state));
        }
        state.tree.moment += 1;
        Ok(state)
    }

    /// Something that changes nothing that a cut could take; gives the boot's number too.
    pub(crate) fn look<T>(&self, work: impl FnOnce(&mut Tree, u64) -> Answer<T>) -> Answer<T> {
        let mut state = self.powered()?;
        let boot = state.boot;
        work(&mut state.tree, boot)
    }

    /// The same through something that was opened.
    pub(crate) fn held<T>(
        &self,
        handle: u64,
        work: impl FnOnce(&mut Tree) -> Answer<T>,
    ) -> Answer<T> {
        let mut state = self.powered()?;
        if state.boot != handle {
            return Err(Errno::EIO);
        }
        work(&mut state.tree)
    }

    /// A change.
    pub(crate) fn change<T>(&self, work: impl FnOnce(&mut Tree) -> Answer<T>) -> Answer<T> {
        work(&mut self.next()?.tree)
    }

    /// A change through something that was opened.
    pub(crate) fn change_held<T>(
        &self,
        handle: u64,
        work: impl FnOnce(&mut Tree) -> Answer<T>,
    ) -> Answer<T> {
        let mut state = self.next()?;
        if state.boot != handle {
            return Err(Errno::EIO);
        }
        work(&mut state.tree)
    }

    pub(crate) fn sync_file(&self, handle: u64, file: u64) -> Answer<()> {
        let mut state = self.next()?;
        match (state.boot == handle, state.lie.files) {
            (false, _) => Err(Errno::EIO),
            (true, true) => Ok(()),
            (true, false) => state.tree.sync_file(file),
        }
    }

    pub(crate) fn sync_folder(&self, handle: u64, folder: u64) -> Answer<()> {
        let mut state = self.next()?;
        match (state.boot == handle, state.lie.folders) {
            (false, _) => Err(Errno::EIO),
            (true, true) => Ok(()),
            (true, false) => state.tree.sync_folder(folder),
        }
    }

    pub(crate) fn sync_all(&self) {
        self.state().tree.sync_all();
    }

    pub(crate) fn set_lie(&self, lie: Lie) {
        self.state().lie = lie;
    }

    pub(crate) fn set_hold(&self) {
        self.state().holds = true;
    }

    pub(crate) fn let_go(&self) {
        self.state().let_go = true;
        self.freed.notify_all();
    }

    pub(crate) fn moment(&self) -> u64 {
        self.state().tree.moment
    }

    pub(crate) fn cut_after(&self, changes: u64) {
        let mut state = self.state();
        state.cut_at = Some(state.tree.moment + changes);
    }

    pub(crate) fn cut_now(&self) {
        let mut state = self.state();
        state.on = false;
        state.cut_at = None;
        self.cut.notify_all();
    }

    pub(crate) fn is_on(&self) -> bool {
        self.state().on
    }

    pub(crate) fn wait_for_cut(&self, most: Duration) -> bool {
        let waited = self.cut.wait_timeout_while(self.state(), most, |state| state.on);
        !waited.unwrap_or_else(PoisonError::into_inner).0.on
    }

    /// Gives power again as if it had never gone.
    pub(crate) fn revive(&self) {
        let mut state = self.state();
        state.tree.close_all();
        state.boot += 1;
        state.cut_at = None;
        state.let_go = false;
        state.on = true;
        self.freed.notify_all();
    }

    /// Puts the disk into the state that the cut leaves, and gives it power again.
    pub(crate) fn restore(&self, loss: Loss, dice: &mut Dice) -> Lost {
        let mut state = self.state();
        let lost = state.tree.cut(loss, dice);
        state.boot += 1;
        state.cut_at = None;
        state.let_go = false;
        state.on = true;
        self.freed.notify_all();
        lost
    }
}

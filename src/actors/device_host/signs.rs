//! Which sign stands at which counter, and what each is to show; and the hall's boards.
//!
//! Showing goes straight to the sign's own task, past the host's mailbox: it never waits, never
//! fails and never overtakes itself, and a sign that comes back later shows the latest wish.

use devices::class::sign::{SignHandle, SignMode};
use domain::ids::CounterNumber;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Shared by the host, which fills it, and the desks, which show numbers.
#[derive(Clone, Default)]
pub(super) struct Signs {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    /// By counter and device, so that a sign whose driver was started again takes its old place.
    handles: HashMap<CounterNumber, BTreeMap<String, SignHandle>>,
    wishes: HashMap<CounterNumber, Option<String>>,
    /// Signs of the whole hall, by device.
    boards: BTreeMap<String, SignHandle>,
    board_wish: Option<String>,
}

impl Signs {
    /// A sign stands at this counter; it shows at once what the counter wants shown.
    pub(super) fn add(&self, counter: CounterNumber, device: &str, sign: SignHandle) {
        let mut inner = self.lock();
        if let Some(label) = inner.wishes.get(&counter) {
            sign.show(label.clone(), SignMode::Hold);
        }
        inner.handles.entry(counter).or_default().insert(device.to_owned(), sign);
    }

    /// A board hangs in the hall; it shows at once what is called.
    pub(super) fn add_board(&self, device: &str, board: SignHandle) {
        let mut inner = self.lock();
        board.show(inner.board_wish.clone(), SignMode::Hold);
        inner.boards.insert(device.to_owned(), board);
    }

    /// Shows the call of this moment on the hall's boards, flashing, or nothing.
    pub(super) fn show_board(&self, text: Option<&str>) {
        let mode = if text.is_some() { SignMode::Flash } else { SignMode::Hold };
        let mut inner = self.lock();
        for board in inner.boards.values() {
            board.show(text.map(str::to_owned), mode);
        }
        inner.board_wish = text.map(str::to_owned);
    }

    /// Shows a number at a counter, or nothing.
    pub(super) fn show(&self, counter: CounterNumber, label: Option<&str>, flash: bool) {
        let mode = if flash { SignMode::Flash } else { SignMode::Hold };
        let mut inner = self.lock();
        for sign in inner.handles.get(&counter).into_iter().flat_map(BTreeMap::values) {
            sign.show(label.map(str::to_owned), mode);
        }
        inner.wishes.insert(counter, label.map(str::to_owned));
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! A counter's sign: shows the number being called.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::watch;
use unicode_normalization::UnicodeNormalization;

/// How a label is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignMode {
    /// Steady.
    Hold,
    /// Flashing for the driver's `flash_s`, then steady: a call or a recall.
    Flash,
}

/// What a sign is to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignShow {
    /// The number, or nothing: the counter calls nobody.
    pub label: Option<String>,
    /// How.
    pub mode: SignMode,
    /// Since when; a call that is older than its flashing comes back steady on a replugged sign.
    pub(crate) at: Instant,
}

/// Commands of a sign. The latest wish wins: what was not yet shown when a newer wish came is
/// never shown. The driver sends the state again on its own, because signs do not acknowledge.
#[derive(Clone)]
pub struct SignHandle {
    pub(crate) wish: Arc<watch::Sender<SignShow>>,
    pub(crate) tries: Arc<watch::Sender<u64>>,
}

impl SignHandle {
    pub(crate) fn new() -> (Self, watch::Receiver<SignShow>, watch::Receiver<u64>) {
        let (wish, wishes) =
            watch::channel(SignShow { label: None, mode: SignMode::Hold, at: Instant::now() });
        let (tries, tried) = watch::channel(0);
        (Self { wish: wish.into(), tries: tries.into() }, wishes, tried)
    }

    /// Shows a label, or clears the sign. Never waits and never fails: an unplugged sign shows the
    /// latest wish once it is back.
    pub fn show(&self, label: Option<String>, mode: SignMode) {
        self.wish.send_replace(SignShow { label, mode, at: Instant::now() });
    }

    /// Shows a test text for a moment; what the sign showed before comes back.
    pub fn try_it(&self) {
        self.tries.send_modify(|count| *count += 1);
    }
}

/// Folds Vietnamese to the ASCII that text signs can show: marks dropped, đ to d, the rest `?`.
pub fn fold_ascii(text: &str) -> String {
    text.nfd()
        .filter(|letter| !unicode_normalization::char::is_combining_mark(*letter))
        .map(|letter| match letter {
            'đ' | 'ð' => 'd',
            'Đ' | 'Ð' | 'Ɖ' => 'D',
            '\u{00A0}' | '\u{202F}' => ' ',
            '–' | '—' | '‑' => '-',
            printable if (' '..='~').contains(&printable) => printable,
            _ => '?',
        })
        .collect()
}

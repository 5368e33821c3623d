//! The voice of the hall: recorded clips, played one after the other.
//!
//! What it owns: the clips ([`library`], [`clip`]) and the appliance's loudspeaker ([`loudspeaker`]).
//! What is said stands in `domain::announce`, whose turn it is decides the announcer, which asks
//! [`ClipVoice`]. The hall's screens get the same clips from `api::voice` and play them by themselves.
//!
//! Clips lie in two folders: recordings of the site in the data folder (`voice/`), where no update
//! touches them and which backups keep ([`recordings`]), and behind them placeholders (`folders.voice`). A file that is not a clip is refused
//! with a code, the one behind it is used, and calling goes on.

pub mod clip;
pub mod library;
pub mod loudspeaker;
pub mod recordings;
#[cfg(test)]
mod tests;

use crate::actors::EventLog;
use crate::actors::announcer::{Call, Voice};
use crate::actors::live::HallCallKind;
use crate::settings::Settings;
use actix::Arbiter;
use domain::announce::{Wording, speech, speech_for};
use domain::time::Clock;
use jiff::SignedDuration;
use library::{ClipKeeper, Library, Utterance};
use loudspeaker::{Loudspeaker, PLAYER, Player};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;
use store::WriterHandle;

/// The folder of the site's own recordings, in the data folder.
pub const RECORDINGS: &str = "voice";

/// Where troubles are told: a stable code and its details.
pub type Tell = Box<dyn FnMut(&'static str, Value) + Send>;

/// The folders of the clips, the first asked first.
#[must_use]
pub fn folders(settings: &Settings) -> Vec<PathBuf> {
    vec![settings.node.data_folder.join(RECORDINGS), settings.folder(&settings.folders.voice)]
}

/// The source of its events.
const SOURCE: &str = "voice";

/// Reads the clips, and starts on an arbiter what looks after them and, where the settings name a
/// sound output, what plays there. Needs a running actix system.
#[must_use]
pub fn start(
    settings: &Settings,
    writer: &WriterHandle,
    clock: &Arc<dyn Clock>,
    beside: &Arbiter,
) -> (ClipVoice, Library) {
    let tell = || -> Tell {
        let (mut events, clock) = (EventLog::new(writer.clone()), Arc::clone(clock));
        Box::new(move |code: &'static str, details: Value| {
            events.add(clock.now(), SOURCE, code, details);
        })
    };
    let (library, keeper) = ClipKeeper::open(folders(settings), tell());
    beside.spawn(keeper.run());
    let device = &settings.voice.device;
    let loudspeaker = (!device.is_empty()).then(|| {
        let (loudspeaker, player) = Player::new(PLAYER.into(), device.clone(), tell());
        beside.spawn(player.run());
        loudspeaker
    });
    let screens = settings.voice.screens;
    (ClipVoice { library: library.clone(), screens, loudspeaker }, library)
}

/// The announcer's voice: clips for the screens, and for the loudspeaker where there is one.
pub struct ClipVoice {
    /// The clips.
    pub library: Library,
    /// Whether the hall's screens speak.
    pub screens: bool,
    /// The appliance's own.
    pub loudspeaker: Option<Loudspeaker>,
}

impl ClipVoice {
    fn utterance(&self, call: &Call, hurried: bool) -> Utterance {
        if !self.screens && self.loudspeaker.is_none() {
            return Utterance::default();
        }
        let wording = match (hurried, call.kind) {
            (true, _) => Wording::Short,
            (false, HallCallKind::Recall) => Wording::Reminder,
            (false, HallCallKind::Call) => Wording::Invitation,
        };
        // A box whose recordings are older than a sentence says the plain one.
        let special = speech_for(&call.label, call.counter, wording, call.occasion)
            .filter(|speech| self.library.has(speech));
        match special.or_else(|| speech(&call.label, call.counter, wording)) {
            Some(speech) => self.library.utterance(&speech),
            None => Utterance::default(),
        }
    }
}

impl Voice for ClipVoice {
    fn length(&self, call: &Call, hurried: bool) -> SignedDuration {
        self.utterance(call, hurried).length
    }

    fn say(&mut self, call: &Call, hurried: bool) -> Vec<String> {
        let utterance = self.utterance(call, hurried);
        let clips = utterance.clips.iter().map(|clip| format!("{}/{}", clip.name, clip.tag));
        let addresses = if self.screens { clips.collect() } else { Vec::new() };
        if let Some(loudspeaker) = &self.loudspeaker
            && !utterance.clips.is_empty()
        {
            loudspeaker.say(utterance);
        }
        addresses
    }
}

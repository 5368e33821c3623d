//! All clips: read at the start, looked at again while the daemon runs.

use super::Tell;
use super::clip::{Clip, ClipFault, GAP_MS};
use domain::announce::{Speech, reading};
use jiff::SignedDuration;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

/// How often the files are looked at. A recording is read when two looks in a row found the same: it is
/// heard after twice this time, and not judged while it is still being copied.
pub const LOOK_EVERY: Duration = Duration::from_secs(5);
/// The code of clips that no folder has.
pub const MISSING: &str = "voice.missing";
/// Between two calls nothing is heard for so long.
const PAUSE: SignedDuration = SignedDuration::from_millis(300);

/// Good clips by name.
pub type Clips = BTreeMap<&'static str, Clip>;

/// A file that is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Which.
    pub file: PathBuf,
    /// Why.
    pub fault: ClipFault,
}

/// What lies in the folders.
#[derive(Debug, Default)]
pub struct Found {
    /// The good ones, by name.
    pub clips: Clips,
    /// The others; where a folder behind has a good one, that one is used.
    pub refused: Vec<Refused>,
    /// Names without a good clip.
    pub missing: Vec<&'static str>,
}

/// Reads every clip from the first folder that has a good one.
#[must_use]
pub fn read(folders: &[PathBuf]) -> Found {
    let mut found = Found::default();
    for name in reading::words().map(|word| word.clip) {
        let mut good = None;
        for file in folders.iter().map(|folder| path_of(folder, name)) {
            match Clip::read(name, &file) {
                Ok(clip) => good = clip,
                Err(fault) => found.refused.push(Refused { file, fault }),
            }
            if good.is_some() {
                break;
            }
        }
        match good {
            Some(clip) => {
                found.clips.insert(name, clip);
            }
            None => found.missing.push(name),
        }
    }
    found
}

fn path_of(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.wav"))
}

/// What is heard of a call: nothing where there are no clips.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Utterance {
    /// One after the other.
    pub clips: Vec<Clip>,
    /// All of them, with the pause behind.
    pub length: SignedDuration,
}

/// The clips in use. Cloning shares them.
#[derive(Clone, Default)]
pub struct Library {
    clips: Arc<Mutex<Arc<Clips>>>,
}

impl Library {
    /// Those that were found.
    #[must_use]
    pub fn of(clips: Clips) -> Self {
        Self { clips: Arc::new(Mutex::new(Arc::new(clips))) }
    }

    /// A clip by its name.
    #[must_use]
    pub fn clip(&self, name: &str) -> Option<Clip> {
        self.now().get(name).cloned()
    }

    /// Whether every clip of a sentence is there.
    #[must_use]
    pub fn has(&self, speech: &Speech) -> bool {
        let clips = self.now();
        speech.clips.iter().all(|name| clips.contains_key(name))
    }

    /// The clips of a sentence. When one is missing only the chime is left: a number without one of
    /// its words is another number.
    #[must_use]
    pub fn utterance(&self, speech: &Speech) -> Utterance {
        let clips = self.now();
        let whole: Option<Vec<Clip>> =
            speech.clips.iter().map(|name| clips.get(name).cloned()).collect();
        let chime =
            || -> Vec<Clip> { clips.get(reading::CHIME.clip).cloned().into_iter().collect() };
        let clips = whole.unwrap_or_else(chime);
        if clips.is_empty() {
            return Utterance::default();
        }
        let gap = SignedDuration::from_millis(i64::from(GAP_MS));
        let length = clips.iter().fold(PAUSE, |sum, clip| sum + clip.length + gap);
        Utterance { clips, length }
    }

    fn now(&self) -> Arc<Clips> {
        self.lock().clone()
    }

    fn replace(&self, clips: Clips) {
        *self.lock() = Arc::new(clips);
    }

    // A panic while holding the lock can only leave a whole map behind.
    fn lock(&self) -> MutexGuard<'_, Arc<Clips>> {
        self.clips.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Size and time of every file that may be a clip.
type Marks = Vec<Option<(u64, Option<SystemTime>)>>;

fn marks(folders: &[PathBuf]) -> Marks {
    let names = reading::words().map(|word| word.clip);
    names
        .flat_map(|name| folders.iter().map(move |folder| path_of(folder, name)))
        .map(|file| {
            let about = std::fs::metadata(file).ok()?;
            Some((about.len(), about.modified().ok()))
        })
        .collect()
}

/// Looks after a library: reads the folders again when a file in them has changed and changes no more,
/// and tells each refused file once.
pub struct ClipKeeper {
    folders: Vec<PathBuf>,
    library: Library,
    /// As the last look found them.
    seen: Marks,
    /// As they were when they were read.
    read: Marks,
    refused: Vec<Refused>,
    /// Names without a good clip.
    missing: Vec<&'static str>,
    /// Those of them that were told.
    missing_told: Vec<&'static str>,
    tell: Tell,
}

impl ClipKeeper {
    /// Reads the folders; the first one is asked first.
    #[must_use]
    pub fn open(folders: Vec<PathBuf>, tell: Tell) -> (Library, Self) {
        let library = Library::default();
        let kept = library.clone();
        let seen = marks(&folders);
        let mut keeper = Self {
            read: seen.clone(),
            seen,
            folders,
            library: kept,
            refused: Vec::new(),
            missing: Vec::new(),
            missing_told: Vec::new(),
            tell,
        };
        let refused = keeper.take(read(&keeper.folders));
        keeper.tell_of(&refused);
        (library, keeper)
    }

    /// Looks again and again, as long as the daemon runs.
    pub async fn run(mut self) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let looked = tokio::task::spawn_blocking(move || {
                let refused = self.look();
                (self, refused)
            });
            let refused = match looked.await {
                Ok((keeper, refused)) => {
                    self = keeper;
                    refused
                }
                Err(error) => {
                    tracing::error!(%error, "the voice's clips are not looked at any more");
                    return;
                }
            };
            self.tell_of(&refused);
        }
    }

    /// Reads again what has changed since it was read, once it is as the look before found it; gives what
    /// is refused now and was not before.
    pub fn look(&mut self) -> Vec<Refused> {
        let now = marks(&self.folders);
        let still_changes = now != self.seen;
        self.seen = now;
        if still_changes || self.seen == self.read {
            return Vec::new();
        }
        // The marks from before the reading: a copy that only rested changes once more, and is read again.
        self.read = self.seen.clone();
        self.take(read(&self.folders))
    }

    fn take(&mut self, found: Found) -> Vec<Refused> {
        let Found { clips, refused, missing } = found;
        if !missing.is_empty() {
            tracing::warn!(
                ?missing,
                "clips of the voice are missing; ./provision/setup makes them"
            );
        }
        self.missing = missing;
        tracing::info!(clips = clips.len(), "clips of the voice");
        self.library.replace(clips);
        let fresh = refused.iter().filter(|one| !self.refused.contains(one)).cloned().collect();
        self.refused = refused;
        fresh
    }

    fn tell_of(&mut self, refused: &[Refused]) {
        for Refused { file, fault } in refused {
            let details = json!({ "file": file.display().to_string(), "why": fault.to_string() });
            (self.tell)(fault.code(), details);
        }
        // Once for each set of names: sentences that need them are only a chime until they come.
        if self.missing != self.missing_told {
            self.missing_told.clone_from(&self.missing);
            if !self.missing.is_empty() {
                (self.tell)(MISSING, json!({ "clips": self.missing }));
            }
        }
    }
}

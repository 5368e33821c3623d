//! The appliance's own sound output: `aplay`, one process a call, watched and ended in time.

use super::Tell;
use super::clip::joined;
use super::library::Utterance;
use serde_json::json;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{ChildStderr, Command};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

/// The player of Debian's alsa-utils.
pub const PLAYER: &str = "aplay";
/// Calls that wait for the player. The announcer keeps the pace: more than one waits only when the
/// player hangs, and then the next is not said.
const WAITING_MAX: usize = 1;
/// The player may take so much longer than the sound.
const GRACE: Duration = Duration::from_secs(3);
/// Of what the player complains, so much is kept. Bytes.
const COMPLAINT_BYTES_MAX: u64 = 4_096;
/// And so much is told. Letters.
const COMPLAINT_LENGTH_MAX: usize = 300;

/// The code of a call that was not heard.
pub const FAILED: &str = "voice.loudspeaker_failed";
/// The code of the first call that is heard again.
pub const WORKS: &str = "voice.loudspeaker_works";

/// Says calls. Cheap to clone.
#[derive(Clone)]
pub struct Loudspeaker {
    calls: mpsc::Sender<Utterance>,
}

impl Loudspeaker {
    /// Says a call after those before. It never waits and never fails.
    pub fn say(&self, utterance: Utterance) {
        match self.calls.try_send(utterance) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                tracing::warn!("the loudspeaker is behind: a call is not heard there");
            }
            // Its player runs as long as the daemon: it has panicked.
            Err(TrySendError::Closed(_)) => {
                tracing::error!(
                    "the loudspeaker has stopped: no call is heard there until a restart"
                );
            }
        }
    }
}

/// What plays the calls.
pub struct Player {
    program: PathBuf,
    device: String,
    calls: mpsc::Receiver<Utterance>,
    tell: Tell,
}

impl Player {
    /// `device`: as ALSA names it. Nothing is heard until it runs.
    #[must_use]
    pub fn new(program: PathBuf, device: String, tell: Tell) -> (Loudspeaker, Self) {
        let (sender, calls) = mpsc::channel(WAITING_MAX);
        (Loudspeaker { calls: sender }, Self { program, device, calls, tell })
    }

    /// Plays until every [`Loudspeaker`] is gone. That it does not work is told once, and that it works
    /// again, too.
    pub async fn run(mut self) {
        let mut failing = false;
        while let Some(utterance) = self.calls.recv().await {
            let ended = self.play(utterance).await;
            match &ended {
                Ok(()) if failing => (self.tell)(WORKS, json!({})),
                Err(why) if !failing => {
                    (self.tell)(FAILED, json!({ "device": self.device, "why": why }));
                }
                Ok(()) => {}
                Err(why) => tracing::debug!(why, "the loudspeaker still does not work"),
            }
            failing = ended.is_err();
        }
    }

    async fn play(&mut self, utterance: Utterance) -> Result<(), String> {
        let time = Duration::try_from(utterance.length).unwrap_or_default() + GRACE;
        // Some hundred kilobytes are decoded: not between the devices that live on this thread.
        let sound = tokio::task::spawn_blocking(move || joined(&utterance.clips))
            .await
            .map_err(|error| error.to_string())?
            .map_err(|fault| format!("a clip {fault}"))?;
        let mut player = Command::new(&self.program)
            .args(["--quiet", "--file-type=wav", "--device", self.device.as_str(), "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("{} cannot be started: {error}", self.program.display()))?;
        let (input, errors) = (player.stdin.take(), player.stderr.take());
        let ended = tokio::time::timeout(time, async move {
            let say = async {
                if let Some(mut input) = input {
                    // A player that refuses does not read: its own words tell more than this.
                    let _ = input.write_all(&sound).await;
                }
            };
            let ((), complaint) = tokio::join!(say, complaint(errors));
            (player.wait().await, complaint)
        });
        // When the time is over the player goes with its handle.
        let Ok((status, complaint)) = ended.await else {
            return Err("the player did not end in time".to_owned());
        };
        if status.map_err(|error| error.to_string())?.success() {
            return Ok(());
        }
        let complaint = String::from_utf8_lossy(&complaint);
        Err(complaint.trim().chars().take(COMPLAINT_LENGTH_MAX).collect())
    }
}

/// The beginning of what a player complains. The rest is read, too, and forgotten: a full pipe would
/// stop it in the middle of a call.
async fn complaint(errors: Option<ChildStderr>) -> Vec<u8> {
    let mut kept = Vec::new();
    if let Some(errors) = errors {
        let mut beginning = errors.take(COMPLAINT_BYTES_MAX);
        // What cannot be read is no complaint; how the player ended is told all the same.
        let _ = beginning.read_to_end(&mut kept).await;
        let _ = tokio::io::copy(&mut beginning.into_inner(), &mut tokio::io::sink()).await;
    }
    kept
}

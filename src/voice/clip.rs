//! One clip: what is taken as one, and how several become one sound.

use actix_web::web::Bytes;
use hound::{SampleFormat, WavReader, WavSpec, WavWriter};
use jiff::SignedDuration;
use ring::digest::{SHA256, digest};
use std::fs::File;
use std::io::{Cursor, ErrorKind, Read};
use std::panic::catch_unwind;
use std::path::Path;
use std::sync::Arc;

/// Samples a second of every clip: what espeak-ng gives, and enough for speech.
pub const RATE_HZ: u32 = 22_050;
/// The longest clip. Seconds.
pub const SECONDS_MAX: u32 = 5;
/// A larger file is not read. Bytes.
pub const FILE_BYTES_MAX: u64 = 1024 * 1024;
/// Silence between two clips of one sentence. Milliseconds.
pub const GAP_MS: u32 = 40;
/// Bytes of the hash that tells one content of a clip from another.
const TAG_BYTES: usize = 8;

/// No such file, or no such folder.
const NOT_THERE: [ErrorKind; 2] = [ErrorKind::NotFound, ErrorKind::NotADirectory];

const FORMAT: WavSpec = WavSpec {
    channels: 1,
    sample_rate: RATE_HZ,
    bits_per_sample: 16,
    sample_format: SampleFormat::Int,
};

/// Why a file is not taken as a clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClipFault {
    /// Not WAV, or cut off.
    #[error("is not a WAV file, or is cut off")]
    NotAudio,
    /// WAV of another kind.
    #[error("is not PCM, 16 bit, mono, {} Hz", RATE_HZ)]
    WrongFormat,
    /// Nothing to hear.
    #[error("holds no sound")]
    Empty,
    /// More than one word or phrase takes.
    #[error("is longer than {} seconds, or larger than {} bytes", SECONDS_MAX, FILE_BYTES_MAX)]
    TooLong,
    /// The system did not give it.
    #[error("cannot be read")]
    Unreadable,
}

impl ClipFault {
    /// Stable, for support; listed in `config/voice/README.md`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotAudio => "voice.not_audio",
            Self::WrongFormat => "voice.wrong_format",
            Self::Empty => "voice.empty",
            Self::TooLong => "voice.too_long",
            Self::Unreadable => "voice.unreadable",
        }
    }
}

/// A clip that was looked at and is good. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clip {
    /// Its name in `config/voice/clips.toml`.
    pub name: &'static str,
    /// Another one for every content, so that a browser may keep what it has.
    pub tag: Arc<str>,
    /// The file.
    pub wav: Bytes,
    /// How long it is heard.
    pub length: SignedDuration,
}

impl Clip {
    /// Takes the content of a file.
    ///
    /// # Errors
    /// It is not as a clip must be.
    pub fn new(name: &'static str, wav: Vec<u8>) -> Result<Self, ClipFault> {
        let count = samples(&wav)?.len();
        // At most five seconds of samples.
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let length = SignedDuration::from_millis(count.saturating_mul(1_000) / i64::from(RATE_HZ));
        let hash = digest(&SHA256, &wav);
        let tag = journal::hex::encode(&hash.as_ref()[..TAG_BYTES]).into();
        Ok(Self { name, tag, wav: wav.into(), length })
    }

    /// Reads a file; nothing when there is none.
    ///
    /// # Errors
    /// It cannot be read, or is not as a clip must be.
    pub fn read(name: &'static str, path: &Path) -> Result<Option<Self>, ClipFault> {
        let about = match std::fs::metadata(path) {
            Ok(about) => about,
            Err(error) if NOT_THERE.contains(&error.kind()) => return Ok(None),
            Err(_) => return Err(ClipFault::Unreadable),
        };
        // A pipe or a device under this name would be waited for without end.
        if !about.is_file() {
            return Err(ClipFault::Unreadable);
        }
        let mut wav = Vec::new();
        let file = File::open(path).map_err(|_| ClipFault::Unreadable)?;
        let read = file.take(FILE_BYTES_MAX + 1).read_to_end(&mut wav);
        let bytes = read.map_err(|_| ClipFault::Unreadable)?;
        if u64::try_from(bytes).is_ok_and(|bytes| bytes > FILE_BYTES_MAX) {
            return Err(ClipFault::TooLong);
        }
        Self::new(name, wav).map(Some)
    }
}

/// Several clips as one WAV file, a short silence behind each.
///
/// # Errors
/// A clip is not as it was when it was taken; then nothing is to be played.
pub fn joined(clips: &[Clip]) -> Result<Vec<u8>, ClipFault> {
    let mut wav = Vec::new();
    let mut writer =
        WavWriter::new(Cursor::new(&mut wav), FORMAT).map_err(|_| ClipFault::NotAudio)?;
    let gap = std::iter::repeat_n(0_i16, (RATE_HZ * GAP_MS / 1_000) as usize);
    for clip in clips {
        for sample in samples(&clip.wav)?.into_iter().chain(gap.clone()) {
            writer.write_sample(sample).map_err(|_| ClipFault::NotAudio)?;
        }
    }
    writer.finalize().map_err(|_| ClipFault::NotAudio)?;
    Ok(wav)
}

/// What is heard in a file.
///
/// # Errors
/// It is not as a clip must be, whatever anybody put into it: a panic of the reader is an answer, too.
pub fn samples(wav: &[u8]) -> Result<Vec<i16>, ClipFault> {
    catch_unwind(|| decoded(wav)).unwrap_or(Err(ClipFault::NotAudio))
}

fn decoded(wav: &[u8]) -> Result<Vec<i16>, ClipFault> {
    let reader = WavReader::new(Cursor::new(wav)).map_err(|error| match error {
        hound::Error::Unsupported => ClipFault::WrongFormat,
        _ => ClipFault::NotAudio,
    })?;
    let WavSpec { channels, sample_rate, bits_per_sample, sample_format } = reader.spec();
    let whole_numbers = matches!(sample_format, SampleFormat::Int);
    if (channels, sample_rate, bits_per_sample, whole_numbers) != (1, RATE_HZ, 16, true) {
        return Err(ClipFault::WrongFormat);
    }
    // The length of the header, before as much is reserved.
    if reader.duration() > RATE_HZ * SECONDS_MAX {
        return Err(ClipFault::TooLong);
    }
    let all: Result<Vec<i16>, hound::Error> = reader.into_samples::<i16>().collect();
    let all = all.map_err(|_| ClipFault::NotAudio)?;
    if all.iter().all(|sample| *sample == 0) {
        return Err(ClipFault::Empty);
    }
    Ok(all)
}

//! What a page with a device's token (kiosk, hall, tablet) says of itself now and then, and what the
//! console makes of it. A report holds numbers and codes only: of a vote it says neither what nor when.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::refusal::Refusal;

/// How often a page reports, in seconds.
pub const REPORT_EVERY_S: i64 = 60;
/// A page that was not heard for so many seconds is silent: one report may be lost, two are not.
pub const SILENT_AFTER_S: i64 = 2 * REPORT_EVERY_S + REPORT_EVERY_S / 2;
/// A page that was silent for so many seconds is forgotten when another page of its device is heard: a
/// screen that was replaced, a browser that lost its storage. Two screens on one token have a day in
/// which somebody sees that one of them is dark.
pub const FORGOTTEN_AFTER_S: i64 = 24 * 3600;
/// A page's clock may be off by so many milliseconds: as much as is believed of the moment of a vote
/// that it kept.
pub const OFFSET_MAX_MS: i64 = 60_000;
/// Longest version of a page and longest code of an error.
pub const CODE_LENGTH_MAX: usize = 64;
/// Larger numbers of votes are told as this one.
pub const VOTES_TOLD_MAX: u32 = 9_999;
/// Larger offsets of a clock, in milliseconds, are told as this one: ten years.
pub const OFFSET_TOLD_MAX_MS: i64 = 10 * 366 * 86_400_000;

/// What a page says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The release that its files are of.
    pub version: String,
    /// Votes that wait on it because the center answered, but did not take them. Those that wait for the line
    /// alone are not told: with the figures that grow when it is back they would be somebody's.
    pub kept: u32,
    /// Votes of the last days that were refused for good, or had no room.
    pub aside: u32,
    /// Whether what it keeps outlasts a restart.
    pub lasting: bool,
    /// Code of the last refusal or failure that it met since it was opened.
    pub error: Option<String>,
    /// Whether the browser lets it make no sound.
    pub sound_blocked: bool,
    /// The center's clock less its own, in milliseconds.
    pub offset_ms: i64,
}

/// How a page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It was heard, and has nothing to complain of.
    Well,
    /// It was heard, and a person should look.
    Troubled,
    /// It was heard, but not for [`SILENT_AFTER_S`].
    Silent,
    /// It was not heard since the center started.
    Unheard,
}

/// What a person should look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// Its browser keeps nothing over a restart: votes would be lost with it.
    NotLasting,
    /// Votes wait on it although the center answers.
    VotesKept,
    /// Votes were not taken.
    VotesAside,
    /// Calls are not heard.
    SoundBlocked,
    /// Its clock is off by more than [`OFFSET_MAX_MS`].
    ClockOff,
    /// Its files are of another release than the center: it must be loaded anew.
    OtherVersion,
}

impl Report {
    /// The report within its bounds: a version and a code are short and plain, numbers are cut.
    ///
    /// # Errors
    /// The version or the code is too long, empty, or has other than ASCII letters, digits, `.`, `_`,
    /// `-`, `+`.
    pub fn bounded(self) -> Result<Self, Refusal> {
        plain("version", &self.version)?;
        if let Some(code) = &self.error {
            plain("error", code)?;
        }
        Ok(Self {
            kept: self.kept.min(VOTES_TOLD_MAX),
            aside: self.aside.min(VOTES_TOLD_MAX),
            offset_ms: self.offset_ms.clamp(-OFFSET_TOLD_MAX_MS, OFFSET_TOLD_MAX_MS),
            ..self
        })
    }

    /// What a person should look at, the worst first. `version` is the center's own.
    #[must_use]
    pub fn troubles(&self, version: &str) -> Vec<Trouble> {
        let off = self.offset_ms.saturating_abs() > OFFSET_MAX_MS;
        let all = [
            (!self.lasting, Trouble::NotLasting),
            (self.sound_blocked, Trouble::SoundBlocked),
            (self.aside > 0, Trouble::VotesAside),
            (self.kept > 0, Trouble::VotesKept),
            (off, Trouble::ClockOff),
            (self.version != version, Trouble::OtherVersion),
        ];
        all.into_iter().filter_map(|(is, trouble)| is.then_some(trouble)).collect()
    }
}

/// How a page is that was heard at an instant and had these troubles then.
#[must_use]
pub fn state_of(heard_at: Timestamp, troubles: &[Trouble], now: Timestamp) -> State {
    if now.as_second().saturating_sub(heard_at.as_second()) > SILENT_AFTER_S {
        State::Silent
    } else if troubles.is_empty() {
        State::Well
    } else {
        State::Troubled
    }
}

fn plain(field: &'static str, text: &str) -> Result<(), Refusal> {
    let known = |c: char| c.is_ascii_alphanumeric() || "._-+".contains(c);
    if text.is_empty() || text.len() > CODE_LENGTH_MAX || !text.chars().all(known) {
        return Err(Refusal::BadText { field, length_max: CODE_LENGTH_MAX });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        Report {
            version: "0.1.0".to_owned(),
            kept: 0,
            aside: 0,
            lasting: true,
            error: None,
            sound_blocked: false,
            offset_ms: 250,
        }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_page_that_is_well_says_nothing_and_each_trouble_has_its_name() {
        assert_eq!(report().troubles("0.1.0"), []);
        let all = Report {
            version: "0.0.9".to_owned(),
            kept: 1,
            aside: 1,
            lasting: false,
            error: Some("rating.token_used".to_owned()),
            sound_blocked: true,
            offset_ms: -OFFSET_MAX_MS - 1,
        };
        let named = all.troubles("0.1.0");
        assert_eq!(named.len(), 6);
        assert_eq!(named[0], Trouble::NotLasting);
        assert_eq!(Report { offset_ms: OFFSET_MAX_MS, ..report() }.troubles("0.1.0"), []);
    }

    #[test]
    fn a_page_that_goes_silent_is_silent_whatever_it_said_last() {
        let heard = at("2026-11-23T02:00:00Z");
        let state = |troubles: &[Trouble], now| state_of(heard, troubles, at(now));
        assert_eq!(state(&[], "2026-11-23T02:02:30Z"), State::Well);
        assert_eq!(state(&[], "2026-11-23T02:02:31Z"), State::Silent);
        assert_eq!(state(&[Trouble::SoundBlocked], "2026-11-23T02:00:01Z"), State::Troubled);
        assert_eq!(state(&[Trouble::SoundBlocked], "2026-11-23T03:00:00Z"), State::Silent);
        assert_eq!(state(&[], "2026-11-23T01:00:00Z"), State::Well, "a clock that was set back");
    }

    #[test]
    fn a_report_is_short_and_plain() {
        let refused = |report: Report| report.bounded().unwrap_err().code();
        for version in ["", "1.0 beta", "<b>1</b>", &"1".repeat(CODE_LENGTH_MAX + 1)] {
            let bad = Report { version: version.to_owned(), ..report() };
            assert_eq!(refused(bad), "input.bad_text", "{version}");
        }
        let bad = Report { error: Some("\u{202e}rating".to_owned()), ..report() };
        assert_eq!(refused(bad), "input.bad_text");
        let large = Report { kept: u32::MAX, aside: u32::MAX, offset_ms: i64::MIN, ..report() };
        let bounded = large.bounded().unwrap();
        assert_eq!((bounded.kept, bounded.aside), (VOTES_TOLD_MAX, VOTES_TOLD_MAX));
        assert_eq!(bounded.offset_ms, -OFFSET_TOLD_MAX_MS);
        assert_eq!(report().bounded().unwrap(), report());
    }
}

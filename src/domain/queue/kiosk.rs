//! What one kiosk may ask for: a button that is stuck, a child that plays, or a device gone mad must
//! neither use up the day's numbers nor fill the hall with people who are not there.
//!
//! Three bounds, each for one kiosk alone. A press right after another one is not a second citizen's.
//! Only so many numbers a minute. And at most half of a series on one day, which is counted from the
//! tickets themselves, so that a restart forgets nothing of it.

use jiff::{SignedDuration, Timestamp};

use super::Service;

/// A press this soon after the one before is not another citizen's. Presses that keep coming push the
/// moment on, so a stuck button gets one number in all; the same request sent again does not.
pub const PRESS_GAP: SignedDuration = SignedDuration::from_millis(1500);
/// Numbers that a kiosk may ask for at once after a calm time.
pub const BURST_MAX: u32 = 20;
/// After them, one more each so often. A citizen needs longer for the three touches.
pub const ONE_EACH: SignedDuration = SignedDuration::from_secs(6);

/// One kiosk's presses. In memory only: after a restart of the center it begins calm.
#[derive(Debug, Clone, Default)]
pub struct Presses {
    last: Option<Press>,
    /// When all of [`BURST_MAX`] will be there again.
    whole_at: Option<Timestamp>,
}

#[derive(Debug, Clone)]
struct Press {
    at: Timestamp,
    request: String,
    let_through: bool,
}

impl Presses {
    /// Whether a press may be decided about now; else how long the kiosk has to be left alone.
    /// `request` names the press: the same one sent again is not a new one.
    pub fn press(&mut self, request: &str, now: Timestamp) -> Result<(), SignedDuration> {
        let mut at = now;
        if let Some(last) = &self.last {
            let known = last.request == request;
            if known && last.let_through {
                return Ok(());
            }
            let since = now.duration_since(last.at);
            // A clock that was set back must not lock the kiosk.
            if since >= SignedDuration::ZERO && since < PRESS_GAP {
                if known {
                    at = last.at;
                }
                self.last = Some(Press { at, request: request.to_owned(), let_through: false });
                return Err(PRESS_GAP - now.duration_since(at));
            }
        }
        let (whole_at, wait) = self.spend(now);
        if wait > SignedDuration::ZERO {
            self.last = Some(Press { at, request: request.to_owned(), let_through: false });
            return Err(wait);
        }
        self.whole_at = Some(whole_at);
        self.last = Some(Press { at, request: request.to_owned(), let_through: true });
        Ok(())
    }

    /// When the presses were last heard.
    pub fn last_at(&self) -> Option<Timestamp> {
        self.last.as_ref().map(|press| press.at)
    }

    /// When the burst is whole again if one number is taken now, and how long to wait for that one.
    fn spend(&self, now: Timestamp) -> (Timestamp, SignedDuration) {
        let burst = ONE_EACH * i32::try_from(BURST_MAX).unwrap_or(i32::MAX);
        let latest = now.saturating_add(burst).unwrap_or(now);
        // Later than that only where the clock was set back: then the kiosk begins calm.
        let known = self.whole_at.filter(|at| *at <= latest);
        let from = known.map_or(now, |at| at.max(now));
        let then = from.saturating_add(ONE_EACH).unwrap_or(from);
        (then, then.duration_since(latest).max(SignedDuration::ZERO))
    }
}

/// How many numbers of a service's series one kiosk may give out on a day.
pub fn share_of(service: &Service) -> u32 {
    service.numbers_count().div_ceil(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(1_764_000_000_000 + ms).unwrap()
    }

    fn let_through(presses: impl IntoIterator<Item = i64>) -> usize {
        let mut kiosk = Presses::default();
        presses
            .into_iter()
            .enumerate()
            .filter(|(number, ms)| kiosk.press(&number.to_string(), at(*ms)).is_ok())
            .count()
    }

    #[test]
    fn a_stuck_button_gets_one_number_however_long_it_is_stuck() {
        // Ten thousand a minute, for an hour.
        assert_eq!(let_through((0..600_000).map(|number| number * 6)), 1);
    }

    #[test]
    fn a_button_that_is_pressed_as_often_as_the_gap_allows_is_held_to_ten_a_minute() {
        let minutes = 30;
        let presses = (0..minutes * 40).map(|number| number * 1500);
        let count = let_through(presses);
        assert!((300..=321).contains(&count), "{count}");
    }

    #[test]
    fn citizens_one_after_the_other_are_never_held_up() {
        // A morning's rush: one each seven seconds for an hour, and twenty within a minute before.
        let rush = (0..20).map(|number| number * 3_000);
        let hour = (0..500).map(|number| 120_000 + number * 7_000);
        assert_eq!(let_through(rush.chain(hour)), 520);
    }

    #[test]
    fn a_double_tap_is_one_number_and_the_wait_is_told() {
        let mut kiosk = Presses::default();
        assert_eq!(kiosk.press("one", at(0)), Ok(()));
        let wait = kiosk.press("two", at(300)).unwrap_err();
        assert_eq!(wait, PRESS_GAP);
        assert_eq!(kiosk.press("three", at(1_800)), Ok(()));
    }

    #[test]
    fn the_same_press_sent_again_passes_and_one_that_was_refused_does_not_push_the_moment_on() {
        let mut kiosk = Presses::default();
        assert_eq!(kiosk.press("one", at(0)), Ok(()));
        assert_eq!(kiosk.press("one", at(10)), Ok(()), "its answer was lost");
        assert!(kiosk.press("two", at(200)).is_err());
        for ms in [400, 800, 1_200, 1_600] {
            let wait = kiosk.press("two", at(ms)).unwrap_err();
            assert_eq!(wait, SignedDuration::from_millis(1_700 - ms));
        }
        assert_eq!(kiosk.press("two", at(1_700)), Ok(()));
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_lock_the_kiosk() {
        let mut kiosk = Presses::default();
        for number in 0..25 {
            let _ = kiosk.press(&number.to_string(), at(number * 2_000));
        }
        let hours_back = -3 * 3_600_000;
        assert_eq!(kiosk.press("after", at(hours_back + 6_000)), Ok(()));
        assert_eq!(kiosk.press("and on", at(hours_back + 12_000)), Ok(()));
    }
}

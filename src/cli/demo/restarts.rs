//! When a process of a demo that ended by itself is started again, as systemd does on a real box, and
//! when it is given up.

use std::collections::HashMap;
use std::time::Duration;
use tokio::time::Instant;

/// So long after its end was seen a process is started again.
const AGAIN_AFTER: Duration = Duration::from_secs(1);
/// One that ended more often than this within [`WITHIN`] does not get better by itself.
const ENDS_MAX: usize = 5;
const WITHIN: Duration = Duration::from_secs(60);

/// What becomes of a process that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Its second is not over yet.
    Wait,
    /// Start it now.
    StartAgain,
    /// It has ended too often.
    GiveUp,
}

/// The ends of all processes of a demo, by name; of each at most those of a minute.
#[derive(Debug, Default)]
pub struct Restarts {
    of: HashMap<String, Ends>,
}

#[derive(Debug, Default)]
struct Ends {
    at: Vec<Instant>,
    start_at: Option<Instant>,
}

impl Restarts {
    /// A process is found ended. Asked at each look until it runs again.
    pub fn found_ended(&mut self, name: &str, now: Instant) -> Turn {
        if let Some(start_at) = self.of.get(name).and_then(|ends| ends.start_at) {
            if now < start_at {
                return Turn::Wait;
            }
            self.ends_of(name).start_at = None;
            return Turn::StartAgain;
        }
        if self.ended_too_often(name, now) {
            return Turn::GiveUp;
        }
        self.ends_of(name).start_at = Some(now + AGAIN_AFTER);
        Turn::Wait
    }

    /// Counts an end; says whether there were too many.
    pub fn ended_too_often(&mut self, name: &str, now: Instant) -> bool {
        let ends = self.ends_of(name);
        ends.at.retain(|at| now.duration_since(*at) < WITHIN);
        ends.at.push(now);
        ends.at.len() > ENDS_MAX
    }

    fn ends_of(&mut self, name: &str) -> &mut Ends {
        self.of.entry(name.to_owned()).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A process ends and is looked at each second until something else than waiting follows.
    fn ends(restarts: &mut Restarts, name: &str, now: &mut Instant) -> Turn {
        loop {
            let turn = restarts.found_ended(name, *now);
            if turn != Turn::Wait {
                return turn;
            }
            *now += AGAIN_AFTER;
        }
    }

    #[test]
    fn a_process_is_started_again_a_second_after_its_end() {
        let (mut restarts, now) = (Restarts::default(), Instant::now());
        assert_eq!(restarts.found_ended("hub", now), Turn::Wait);
        assert_eq!(restarts.found_ended("hub", now + AGAIN_AFTER / 2), Turn::Wait);
        assert_eq!(restarts.found_ended("hub", now + AGAIN_AFTER), Turn::StartAgain);
    }

    #[test]
    fn the_sixth_end_within_a_minute_is_one_too_many() {
        let (mut restarts, mut now) = (Restarts::default(), Instant::now());
        for _ in 0..ENDS_MAX {
            assert_eq!(ends(&mut restarts, "hub", &mut now), Turn::StartAgain);
        }
        assert_eq!(ends(&mut restarts, "center", &mut now), Turn::StartAgain, "each for itself");
        assert_eq!(ends(&mut restarts, "hub", &mut now), Turn::GiveUp);
    }

    #[test]
    fn ends_of_an_earlier_minute_are_forgotten() {
        let (mut restarts, mut now) = (Restarts::default(), Instant::now());
        for _ in 0..4 * ENDS_MAX {
            assert_eq!(ends(&mut restarts, "hub", &mut now), Turn::StartAgain);
            now += WITHIN / 4;
        }
    }
}

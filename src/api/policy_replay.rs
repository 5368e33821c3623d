//! The last days under every policy, for the head's page: one replay at a time, day by day beside the
//! desks, and given up when somebody says so. Nothing of it is stored; `motcua queue replay` does the same
//! on the command line.

use super::failure::refused;
use super::policy_views::{
    PAGE_REPLAY_DAYS, PolicyReplayView, ReplayResultView, ReplayedView, ReplayingPolicies,
};
use crate::actors::Failure;
use domain::queue::replay::Comparison;
use domain::queue::{CallPolicy, PolicyNumbers, QueueRules, QueueSettings, within};
use domain::refusal::Refusal;
use jiff::civil;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::{Readers, StoreError, query};
use tokio::sync::Semaphore;
use web::Problem;

/// So many replays are made at once in this box: a play of a day keeps a processor busy.
const REPLAYS_AT_ONCE_MAX: usize = 1;

/// The replay that was asked for last; cheap to clone, usable from any thread.
#[derive(Debug, Clone)]
pub struct Replays {
    shown: Arc<Mutex<Shown>>,
    /// One that was given up plays its day to the end; the next one waits for it.
    place: Arc<Semaphore>,
}

#[derive(Debug)]
struct Shown {
    /// Counts the replays: one that is not the latest is given up.
    turn: u64,
    view: PolicyReplayView,
}

/// What is to be played.
#[derive(Debug, Clone)]
pub struct Wanted {
    days: usize,
    /// The one in force first.
    rules: Vec<QueueRules>,
}

impl Default for Replays {
    fn default() -> Self {
        let shown = Shown { turn: 0, view: of_state("none") };
        Self {
            shown: Arc::new(Mutex::new(shown)),
            place: Arc::new(Semaphore::new(REPLAYS_AT_ONCE_MAX)),
        }
    }
}

impl Wanted {
    /// The policy in force, and every policy with the numbers that are asked for.
    ///
    /// # Errors
    /// A number lies outside its bounds.
    pub fn new(asked: &ReplayingPolicies, in_force: &QueueRules) -> Result<Self, Refusal> {
        let days = within("days", asked.days, PAGE_REPLAY_DAYS)?;
        let mut rules = vec![in_force.clone()];
        for (_, policy) in CallPolicy::WORDS {
            let tried = in_force.changed(&asked.change(policy))?;
            if !is_the_same(&tried, in_force) {
                rules.push(tried);
            }
        }
        Ok(Self { days: usize::try_from(days).unwrap_or(usize::MAX), rules })
    }
}

/// Whether two rules call alike: the numbers of other policies make no difference.
fn is_the_same(one: &QueueRules, other: &QueueRules) -> bool {
    let number = |rules: &QueueRules| match rules.policy {
        CallPolicy::Guard => rules.threshold_s,
        CallPolicy::Strict => 0,
        CallPolicy::Ratio => i64::from(rules.regular_per_priority),
        CallPolicy::Ageing => i64::from(rules.priority_weight),
    };
    let of = |rules: &QueueRules| (rules.policy, number(rules), rules.overtakes_max);
    of(one) == of(other)
}

impl Replays {
    /// Where the last one stands.
    #[must_use]
    pub fn view(&self) -> PolicyReplayView {
        self.locked().view.clone()
    }

    /// Gives up the one that runs; one that is done stays to be read.
    pub fn stop(&self) {
        let mut shown = self.locked();
        if shown.view.state == "running" {
            shown.turn += 1;
            shown.view = of_state("stopped");
        }
    }

    /// Begins one on the days before `today`, and gives what it has to do.
    ///
    /// # Errors
    /// One runs already.
    pub fn begin(
        &self,
        wanted: Wanted,
        settings: QueueSettings,
        readers: Readers,
        today: civil::Date,
    ) -> Result<impl Future<Output = ()> + use<>, Problem> {
        let turn = {
            let mut shown = self.locked();
            if shown.view.state == "running" {
                return Err(refused(&Refusal::ReplayRuns));
            }
            shown.turn += 1;
            shown.view = of_state("running");
            shown.turn
        };
        let replays = self.clone();
        Ok(async move {
            let place = Arc::clone(&replays.place);
            let Ok(_place) = place.acquire().await else { return };
            match replays.play(turn, wanted, Arc::new(settings), readers, today).await {
                Ok(Some(view)) => {
                    replays.show(turn, view);
                }
                Ok(None) => tracing::info!("a replay of the policies was given up"),
                Err(failure) => {
                    tracing::warn!(%failure, "the policies could not be played");
                    replays.show(turn, of_state("failed"));
                }
            }
        })
    }

    /// Plays day by day; nothing when it was given up.
    async fn play(
        &self,
        turn: u64,
        wanted: Wanted,
        settings: Arc<QueueSettings>,
        readers: Readers,
        today: civil::Date,
    ) -> Result<Option<PolicyReplayView>, Failure> {
        let unreadable = |error: StoreError| crate::actors::pipeline::failure_of(&error);
        let Wanted { days: most, rules } = wanted;
        let days = readers.read(move |c| query::tickets::latest_days(c, today, most)).await;
        let days = days.map_err(unreadable)?;
        let (Some(from), Some(until)) = (days.first().copied(), days.last().copied()) else {
            return Ok(Some(of_state("no_days")));
        };
        let mut comparison = Comparison::of(rules);
        for (done, day) in days.iter().copied().enumerate() {
            let running = PolicyReplayView { done, days: days.len(), ..of_state("running") };
            if !self.show(turn, running) {
                return Ok(None);
            }
            let tickets = readers.read(move |c| query::tickets::of_day(c, day)).await;
            let tickets = tickets.map_err(unreadable)?;
            let settings = Arc::clone(&settings);
            let played = tokio::task::spawn_blocking(move || {
                comparison.add(day, &tickets, &settings);
                comparison
            });
            comparison = played.await.map_err(|_| Failure::Stopped)?;
        }
        let result = result(&comparison, from, until);
        let (done, days) = (result.days, result.days);
        Ok(Some(PolicyReplayView { done, days, result: Some(result), ..of_state("done") }))
    }

    /// Shows where a replay stands; false when it was given up.
    fn show(&self, turn: u64, view: PolicyReplayView) -> bool {
        let mut shown = self.locked();
        if shown.turn != turn {
            return false;
        }
        shown.view = view;
        true
    }

    fn locked(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn of_state(state: &str) -> PolicyReplayView {
    PolicyReplayView { state: state.to_owned(), ..PolicyReplayView::default() }
}

fn result(comparison: &Comparison, from: civil::Date, until: civil::Date) -> ReplayResultView {
    let played = comparison.played().enumerate().map(|(place, (rules, figures))| ReplayedView {
        numbers: PolicyNumbers::of(rules).into(),
        in_force: place == 0,
        figures: figures.into(),
    });
    ReplayResultView {
        from: from.to_string(),
        until: until.to_string(),
        days: comparison.days,
        visits: comparison.visits,
        left_out: comparison.left_out,
        as_it_was: comparison.as_it_was().into(),
        played: played.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actors::Origin;
    use crate::actors::testing::{Center, ONE, at_counter, issuing, officer, queue_settings};
    use domain::time::{Clock as _, business_day};

    fn asked(days: i64) -> ReplayingPolicies {
        ReplayingPolicies { days, ..ReplayingPolicies::default() }
    }

    fn wanted() -> Wanted {
        Wanted::new(&asked(5), &queue_settings().rules).unwrap()
    }

    #[test]
    fn every_policy_is_played_once_and_the_one_in_force_first() {
        let guard = queue_settings().rules;
        let words = |wanted: &Wanted| -> Vec<&'static str> {
            wanted.rules.iter().map(|rules| rules.policy.as_str()).collect()
        };
        assert_eq!(words(&wanted()), ["guard", "strict", "ratio", "ageing"]);
        // The one in force with another number is another one; a number of another policy is not.
        let other = ReplayingPolicies { threshold_min: Some(10), ..asked(5) };
        let other = Wanted::new(&other, &guard).unwrap();
        assert_eq!(words(&other), ["guard", "guard", "strict", "ratio", "ageing"]);
        let weight = ReplayingPolicies { priority_weight: Some(3), ..asked(5) };
        assert_eq!(words(&Wanted::new(&weight, &guard).unwrap()).len(), 4);
    }

    #[test]
    fn a_number_out_of_its_bounds_is_refused_before_anything_is_played() {
        let rules = queue_settings().rules;
        for wrong in [
            asked(0),
            asked(93),
            ReplayingPolicies { overtakes_max: Some(-1), ..asked(5) },
            ReplayingPolicies { threshold_min: Some(481), ..asked(5) },
        ] {
            let refusal = Wanted::new(&wrong, &rules).unwrap_err();
            assert_eq!(refusal.code(), "queue.policy_parameter");
        }
    }

    #[actix_rt::test]
    async fn the_days_are_shown_under_every_policy_one_replay_at_a_time() {
        let center = Center::start().await;
        center.queue.open_counter(at_counter(), ONE, officer()).await.unwrap();
        for _ in 0..2 {
            center.queue.issue(Origin::device("kiosk-1"), issuing()).await.unwrap();
            center.queue.call_next(at_counter(), ONE).await.unwrap();
            center.queue.begin(at_counter(), ONE).await.unwrap();
            center.clock.move_by(300);
            center.queue.complete(at_counter(), ONE).await.unwrap();
        }
        let (replays, today) = (Replays::default(), business_day(center.clock.now()));
        let begin =
            |today| replays.begin(wanted(), queue_settings(), center.ports.readers.clone(), today);
        begin(today).unwrap().await;
        assert_eq!(replays.view().state, "no_days", "a day that runs is not over");
        let work = begin(today.tomorrow().unwrap()).unwrap();
        let second = begin(today).err().unwrap();
        assert_eq!(second.code, "queue.replay_runs");
        work.await;
        let view = replays.view();
        assert_eq!((view.state.as_str(), view.done, view.days), ("done", 1, 1));
        let result = view.result.unwrap();
        assert_eq!((result.visits, result.played.len()), (2, 4));
        assert!(result.played[0].in_force && !result.played[1].in_force);
        assert_eq!(result.played[0].figures.regular.called, 2);
    }

    #[actix_rt::test]
    async fn one_that_is_given_up_shows_nothing_and_makes_room_for_the_next() {
        let center = Center::start().await;
        center.queue.issue(Origin::device("kiosk-1"), issuing()).await.unwrap();
        let tomorrow = business_day(center.clock.now()).tomorrow().unwrap();
        let replays = Replays::default();
        let begin =
            || replays.begin(wanted(), queue_settings(), center.ports.readers.clone(), tomorrow);
        let work = begin().unwrap();
        replays.stop();
        work.await;
        assert_eq!(replays.view().state, "stopped");
        begin().unwrap().await;
        assert_eq!(replays.view().state, "done");
        replays.stop();
        assert_eq!(replays.view().state, "done", "what is done stays to be read");
    }
}

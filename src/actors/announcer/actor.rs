//! The thin shell: mailbox, timer, screens.

use super::handle::AnnouncerHandle;
use super::messages::{Call, Withdraw};
use crate::actors::device_host::DeviceHostHandle;
use crate::actors::guard::AbortGuard;
use crate::actors::live::{HallNow, Live};
use actix::{Actor, AsyncContext, Context, Handler, SpawnHandle};
use domain::announce::{Announcements, Due};
use domain::time::Clock;
use jiff::SignedDuration;
use std::sync::Arc;
use std::time::Duration;

/// Messages that may wait.
const MAILBOX_LENGTH_MAX: usize = 64;
/// How often the queue is looked at while something is shown or waits; never while it is empty.
const TICK: Duration = Duration::from_millis(100);

/// Where a call is spoken, in short when it is `hurried`: others wait. It must return at once: the
/// announcer keeps the pace.
pub trait Voice: Send {
    /// How long this call will be heard.
    fn length(&self, call: &Call, hurried: bool) -> SignedDuration;

    /// Says one call. Gives the clips that the hall's screens play, as addresses under
    /// `/api/v1/voice/`; none where the screens are silent.
    fn say(&mut self, call: &Call, hurried: bool) -> Vec<String>;
}

/// No voice.
pub struct Silence;

impl Voice for Silence {
    fn length(&self, _call: &Call, _hurried: bool) -> SignedDuration {
        SignedDuration::ZERO
    }

    fn say(&mut self, _call: &Call, _hurried: bool) -> Vec<String> {
        Vec::new()
    }
}

/// The actor.
pub struct Announcer {
    calls: Announcements<Call>,
    /// What the screens play of the current call.
    clips: Vec<String>,
    live: Live,
    /// Who shows the current call on the hall's boards.
    boards: Option<DeviceHostHandle>,
    clock: Arc<dyn Clock>,
    voice: Box<dyn Voice>,
    tick: Option<SpawnHandle>,
    _guard: AbortGuard,
}

impl Announcer {
    /// `shortest`: how long one call keeps the large line at least; the voice may take longer.
    #[must_use]
    pub fn new(
        shortest: SignedDuration,
        live: Live,
        clock: Arc<dyn Clock>,
        voice: Box<dyn Voice>,
    ) -> Self {
        let _guard = AbortGuard::of("announcer");
        let calls = Announcements::new(shortest);
        let clips = Vec::new();
        Self { calls, clips, live, boards: None, clock, voice, tick: None, _guard }
    }

    /// Shows the current call on the hall's LED boards, too.
    #[must_use]
    pub fn with_boards(self, devices: DeviceHostHandle) -> Self {
        Self { boards: Some(devices), ..self }
    }

    /// Starts it on an arbiter.
    #[must_use]
    pub fn spawn(self, arbiter: &actix::ArbiterHandle) -> AnnouncerHandle {
        let addr = Self::start_in_arbiter(arbiter, |_| self);
        AnnouncerHandle { calls: addr.clone().recipient(), withdrawals: addr.recipient() }
    }

    fn advance(&mut self, ctx: &mut Context<Self>) {
        let now = self.clock.now();
        let was_shown = self.calls.current().is_some();
        let Due { begins, repeats, stale } = self.calls.advance(
            now,
            |call, hurried| self.voice.length(call, hurried),
            |call| self.voice.length(&call.again(), false),
        );
        for call in stale {
            tracing::info!(ticket = %call.ticket, "call too old to announce");
        }
        if let Some(call) = begins {
            let hurried = self.calls.current().is_some_and(|current| current.hurried);
            self.clips = self.voice.say(&call, hurried);
            self.show_on_boards(Some(&call));
        } else if let Some(call) = repeats {
            self.clips = self.voice.say(&call.again(), false);
        } else if was_shown && self.calls.current().is_none() {
            self.show_on_boards(None);
        }
        self.live.publish_hall_now(self.line(), now);
        if self.calls.idle() {
            if let Some(tick) = self.tick.take() {
                ctx.cancel_future(tick);
            }
        } else if self.tick.is_none() {
            self.tick = Some(ctx.run_interval(TICK, Self::advance));
        }
    }

    fn show_on_boards(&self, call: Option<&Call>) {
        let Some(boards) = &self.boards else { return };
        let text = call.map(|call| format!("{} QUẦY {}", call.label, call.counter));
        boards.show_board(text.as_deref());
    }

    fn line(&self) -> Option<HallNow> {
        self.calls.current().map(|current| HallNow {
            label: current.call.label.clone(),
            counter: current.call.counter,
            since: current.since,
            voice: self.clips.clone(),
            way: current.call.occasion.way,
            result: current.call.occasion.result,
        })
    }
}

impl Actor for Announcer {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX_LENGTH_MAX);
    }
}

impl Handler<Call> for Announcer {
    type Result = ();

    fn handle(&mut self, call: Call, ctx: &mut Self::Context) {
        if let Some(oldest) = self.calls.add(call) {
            tracing::warn!(ticket = %oldest.ticket, "too many calls wait: the oldest is not announced");
        }
        self.advance(ctx);
    }
}

impl Handler<Withdraw> for Announcer {
    type Result = ();

    fn handle(&mut self, message: Withdraw, _ctx: &mut Self::Context) {
        self.calls.withdraw(message.ticket);
    }
}

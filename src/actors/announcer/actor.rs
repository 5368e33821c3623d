//! The thin shell: mailbox, timer, screens.

use super::desk::Desk;
use super::handle::AnnouncerHandle;
use super::messages::{Call, Withdraw};
use crate::actors::guard::AbortGuard;
use crate::actors::live::Live;
use actix::{Actor, AsyncContext, Context, Handler, SpawnHandle};
use domain::time::Clock;
use jiff::SignedDuration;
use std::sync::Arc;
use std::time::Duration;

/// Messages that may wait.
const MAILBOX_LENGTH_MAX: usize = 64;
/// How often the queue is looked at while something is shown or waits; never while it is empty.
const TICK: Duration = Duration::from_millis(100);

/// Where a call is spoken. It must return at once: the announcer keeps the pace.
pub trait Voice: Send {
    /// Says one call.
    fn say(&mut self, call: &Call);
}

/// No voice.
pub struct Silence;

impl Voice for Silence {
    fn say(&mut self, _call: &Call) {}
}

/// The actor.
pub struct Announcer {
    desk: Desk,
    live: Live,
    clock: Arc<dyn Clock>,
    voice: Box<dyn Voice>,
    tick: Option<SpawnHandle>,
    _guard: AbortGuard,
}

impl Announcer {
    /// `hold`: how long one call keeps the voice and the large line.
    #[must_use]
    pub fn new(
        hold: SignedDuration,
        live: Live,
        clock: Arc<dyn Clock>,
        voice: Box<dyn Voice>,
    ) -> Self {
        let _guard = AbortGuard::of("announcer");
        Self { desk: Desk::new(hold), live, clock, voice, tick: None, _guard }
    }

    /// Starts it on an arbiter.
    #[must_use]
    pub fn spawn(self, arbiter: &actix::ArbiterHandle) -> AnnouncerHandle {
        let addr = Self::start_in_arbiter(arbiter, |_| self);
        AnnouncerHandle { calls: addr.clone().recipient(), withdrawals: addr.recipient() }
    }

    fn advance(&mut self, ctx: &mut Context<Self>) {
        let now = self.clock.now();
        if let Some(call) = self.desk.advance(now) {
            self.voice.say(&call);
        }
        self.live.publish_hall_now(self.desk.line(), now);
        if self.desk.idle() {
            if let Some(tick) = self.tick.take() {
                ctx.cancel_future(tick);
            }
        } else if self.tick.is_none() {
            self.tick = Some(ctx.run_interval(TICK, Self::advance));
        }
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
        self.desk.add(call);
        self.advance(ctx);
    }
}

impl Handler<Withdraw> for Announcer {
    type Result = ();

    fn handle(&mut self, message: Withdraw, _ctx: &mut Self::Context) {
        self.desk.withdraw(message.ticket);
    }
}

//! What the head decides about the queue goes the way of every command: decided, stored, then in force.

use super::{After, QueueDesk, batch};
use crate::actors::failure::Failure;
use crate::actors::pipeline::{Admission, Answer, answered};
use crate::actors::queue_desk::governed::{Govern, InForce};
use crate::actors::queue_desk::messages::QueueReply;
use actix::{Context, Handler, MessageResult, ResponseFuture};
use store::LocalWrite;

impl QueueDesk {
    fn govern(&mut self, asked: &Govern) -> Result<Answer<QueueReply>, Failure> {
        let Govern { origin, wish } = asked;
        let now = self.ports.clock.now();
        let admitted = match self.pipeline.admit(origin, wish, now)? {
            Admission::Again(first) => return Ok(first),
            Admission::Fresh(admitted) => admitted,
        };
        self.follow_the_day(now)?;
        let (governed, decision) = self.desk.govern(wish, &origin.actor, now)?;
        let mut batch = batch(origin, now, &decision);
        batch.local.push(LocalWrite::Governed(governed.clone()));
        let after = After { governed: Some(governed.clone()), ..After::of(decision.clone(), now) };
        let answer = self.pipeline.submit(admitted, batch, QueueReply::default(), after)?;
        self.desk.apply_governed(&governed);
        self.desk.apply(&decision);
        Ok(answer)
    }
}

impl Handler<Govern> for QueueDesk {
    type Result = ResponseFuture<Result<QueueReply, Failure>>;

    fn handle(&mut self, asked: Govern, _ctx: &mut Self::Context) -> Self::Result {
        answered(self.govern(&asked))
    }
}

impl Handler<InForce> for QueueDesk {
    type Result = MessageResult<InForce>;

    fn handle(&mut self, _asked: InForce, _ctx: &mut Context<Self>) -> Self::Result {
        MessageResult(self.desk.in_force().clone())
    }
}

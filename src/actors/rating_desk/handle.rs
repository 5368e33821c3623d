//! The rating desk's named verbs.

use super::actor::RatingDesk;
use super::messages::{Offer, TabletToken, TokenOf, VoteTaken, Voting, Withdraw};
use crate::actors::failure::Failure;
use actix::Addr;
use domain::ids::CounterNumber;
use domain::rating::Vote;
use jiff::Timestamp;

/// What others know of the rating desk.
#[derive(Clone)]
pub struct RatingHandle {
    pub(super) addr: Addr<RatingDesk>,
}

impl RatingHandle {
    /// The token that a counter's tablet may use now, if there is one.
    ///
    /// # Errors
    /// The desk has stopped.
    pub async fn token_of(&self, counter: CounterNumber) -> Result<Option<TabletToken>, Failure> {
        Ok(self.addr.send(TokenOf(counter)).await?)
    }

    /// Takes a vote. `client_id` is made by the tablet: the same vote sent again counts once.
    /// `cast_at` is when the citizen pressed, if the tablet had to keep the vote.
    ///
    /// # Errors
    /// The token is unknown, used or too old; a reason is not one of those offered.
    pub async fn vote(
        &self,
        client_id: &str,
        token: &str,
        vote: Vote,
        cast_at: Option<Timestamp>,
    ) -> Result<VoteTaken, Failure> {
        let (client_id, token) = (client_id.to_owned(), token.to_owned());
        self.addr.send(Voting { client_id, token, vote, cast_at }).await?
    }

    /// A token was stored and may be shown. Losing it costs one vote, so nobody waits for it.
    pub(crate) fn offer(&self, offer: Offer) {
        let counter = offer.token.counter;
        if self.addr.try_send(offer).is_err() {
            tracing::warn!(%counter, "a rating token was not offered");
        }
    }

    /// The next person is called to a counter: its tablet asks nothing about the one before, but for
    /// who is filling in a ballot. Losing it leaves the question to its own end, so nobody waits for it.
    pub(crate) fn withdraw(&self, counter: CounterNumber) {
        if self.addr.try_send(Withdraw(counter)).is_err() {
            tracing::warn!(%counter, "a rating question was not withdrawn");
        }
    }
}

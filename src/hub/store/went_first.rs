//! Which numbers were called before one that waits, from the tickets that the hub has. The rule, and what is
//! kept back of whom, is the domain's; here the few tickets are found that may tell of it.

use domain::queue::{Ticket, WentFirst, went_first};
use serde_json::json;

use super::Store;
use crate::error::Result;

/// Tickets that are read for one answer, of each of the two kinds: the latest calls, and any of the rest.
const ROWS_MAX: i64 = 50;

/// The partial indexes are found by these very words. The first half finds tickets by the call they are in
/// or were served by, the second those that went on after the call; none of them twice.
const CALLED_OVER: &str = "
    (SELECT public FROM subject
     WHERE node = $1 AND kind = 'ticket' AND (public -> 'call_reason' ->> 'over') = $2
       AND COALESCE(public ->> 'carried_to', public ->> 'business_day') = $3
     ORDER BY public ->> 'called_at' DESC NULLS LAST LIMIT $5)
    UNION ALL
    (SELECT public FROM subject
     WHERE node = $1 AND kind = 'ticket' AND public ? 'past_calls'
       AND COALESCE(public ->> 'carried_to', public ->> 'business_day') = $3
       AND (public -> 'call_reason' ->> 'over') IS DISTINCT FROM $2
       AND (public -> 'past_calls') @> $4
     LIMIT $5)";

impl Store {
    /// The calls that passed over a waiting ticket of a node.
    ///
    /// # Errors
    /// The store refuses.
    pub(super) async fn went_first(
        &self,
        client: &deadpool_postgres::Object,
        node: &str,
        ticket: &Ticket,
    ) -> Result<Vec<WentFirst>> {
        let day = ticket.queue_day().to_string();
        let past_call = json!([{ "reason": { "over": ticket.label } }]);
        let rows =
            client.query(CALLED_OVER, &[&node, &ticket.label, &day, &past_call, &ROWS_MAX]).await?;
        // One that does not read is of a later release; it is left out rather than the whole answer.
        let others: Vec<Ticket> =
            rows.iter().filter_map(|row| serde_json::from_value(row.get(0)).ok()).collect();
        Ok(went_first(ticket, &others))
    }
}

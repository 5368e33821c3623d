//! What nodes tell of their halls, and what the hub can say of one ticket: for people at home. Nothing of
//! a person stands in either.

use domain::ids::ServiceCode;
use domain::queue::{Counter, Ticket, WentFirst};
use domain::report::outside::{HallNow, ahead_of};
use domain::split::Journaled;
use domain::time::business_day;
use jiff::Timestamp;
use journal::WrappingKey;
use journal::ticket_code::{read_ticket_code, ticket_spoken_of};
use serde_json::Value;
use uuid::Uuid;

use super::{Store, instant, micros, unsigned};
use crate::error::{HubError, Result};

/// Nodes of a province with their reception points; more are not listed.
const HALLS_MAX: i64 = 500;
/// Tickets of a service that wait at once; of more the rest is not counted.
const WAITING_MAX: i64 = 5_000;
/// Nodes under which one ticket's id may stand. More than one is a copied disk.
const NODES_OF_A_TICKET_MAX: i64 = 4;
/// How late somebody with an appointment may come and still stand by it, as delivered
/// (`appointment_grace_min`): a center's own settings are not known here. Seconds.
const APPOINTMENT_GRACE_S: i64 = 15 * 60;
/// No node has this name, and its key opens nothing: who asks with a wrong code waits as long.
const NOBODY: &str = "";
const NO_KEY: [u8; 32] = [0; 32];

/// One node's hall as it was last told.
#[derive(Debug, Clone)]
pub struct Hall {
    /// The node.
    pub node: String,
    /// Its unit's name.
    pub unit_name: String,
    /// The figures with the time as of which they hold; nothing while none came.
    pub told: Option<(HallNow, Timestamp)>,
}

/// What the hub can say of one ticket.
#[derive(Debug, Clone)]
pub struct TicketAnswer {
    /// The node that gave it.
    pub node: String,
    /// The unit that gave it.
    pub unit_name: String,
    /// The ticket, without what is sealed.
    pub ticket: Ticket,
    /// How many wait before it, while it waits.
    pub ahead: Option<usize>,
    /// Which numbers were called before it while it waits, and why; the latest first.
    pub went_first: Vec<WentFirst>,
    /// The name on the sign of the counter that called it.
    pub counter_name: Option<String>,
    /// As of when the tickets are known here.
    pub as_of: Timestamp,
    /// The node's hall, for names and waits.
    pub hall: Option<(HallNow, Timestamp)>,
}

impl Store {
    /// Keeps what a node tells of its hall in place of what it told before.
    ///
    /// # Errors
    /// It does not read; the store refuses.
    pub async fn keep_hall(&self, node: &str, hall: Value, now: Timestamp) -> Result<()> {
        let hall: HallNow = serde_json::from_value(hall)
            .map_err(|error| HubError::refused("hall.unreadable", error.to_string()))?;
        let figures = serde_json::to_value(hall.bounded())
            .map_err(|error| HubError::refused("hall.unreadable", error.to_string()))?;
        let client = self.client().await?;
        client
            .execute(
                "INSERT INTO hall (node, figures, heard_us) VALUES ($1, $2, $3)
                 ON CONFLICT (node) DO UPDATE
                 SET figures = excluded.figures, heard_us = excluded.heard_us",
                &[&node, &figures, &micros(now)],
            )
            .await?;
        Ok(())
    }

    /// Every node that was let in, with its hall as it was last told; by unit's name.
    ///
    /// # Errors
    /// The store refuses.
    pub async fn halls(&self) -> Result<Vec<Hall>> {
        let client = self.client().await?;
        let rows = client
            .query(
                "SELECT n.node, n.unit_name, h.figures, h.heard_us
                 FROM node n LEFT JOIN hall h USING (node)
                 WHERE n.state <> 'invited' ORDER BY n.unit_name, n.node LIMIT $1",
                &[&HALLS_MAX],
            )
            .await?;
        let hall = |row: &tokio_postgres::Row| Hall {
            node: row.get(0),
            unit_name: row.get(1),
            told: told(row.get(2), row.get(3)),
        };
        Ok(rows.iter().map(hall).collect())
    }

    /// What can be said of the ticket of a code; nothing where no node's key made the code. A wrong code
    /// takes the same steps as far as it can be told apart.
    ///
    /// # Errors
    /// The store refuses.
    pub async fn ticket_of_code(&self, code: &str, now: Timestamp) -> Result<Option<TicketAnswer>> {
        let asked = ticket_spoken_of(code);
        let subject = asked.unwrap_or(Uuid::nil()).to_string();
        let client = self.client().await?;
        let rows = client
            .query(
                "SELECT s.node, n.unit_name, s.public FROM subject s JOIN node n USING (node)
                 WHERE s.kind = $1 AND s.subject = $2 LIMIT $3",
                &[&Ticket::KIND, &subject, &NODES_OF_A_TICKET_MAX],
            )
            .await?;
        let mut found = None;
        for row in &rows {
            let node: String = row.get(0);
            if self.made_by(&client, &node, code).await? {
                found = Some((node, row.get::<_, String>(1), row.get::<_, Value>(2)));
            }
        }
        if rows.is_empty() {
            self.made_by(&client, NOBODY, code).await?;
        }
        let Some((node, unit_name, public)) = found else { return Ok(None) };
        let Ok(ticket) = serde_json::from_value::<Ticket>(public) else { return Ok(None) };
        self.answer(&client, &node, unit_name, ticket, now).await.map(Some)
    }

    /// Whether a key of this node made the code: the present one, or that of an epoch before.
    async fn made_by(
        &self,
        client: &deadpool_postgres::Object,
        node: &str,
        code: &str,
    ) -> Result<bool> {
        let mut keys = vec![WrappingKey::from_bytes(NO_KEY)];
        keys.extend(self.all_wrapping_keys(client, node).await?);
        // The first one is nobody's: it takes its time and opens nothing.
        let opens: Vec<bool> =
            keys.iter().map(|key| read_ticket_code(key, code).is_some()).collect();
        Ok(opens.iter().skip(1).any(|opens| *opens))
    }

    async fn answer(
        &self,
        client: &deadpool_postgres::Object,
        node: &str,
        unit_name: String,
        ticket: Ticket,
        now: Timestamp,
    ) -> Result<TicketAnswer> {
        let known = client
            .query_one(
                "SELECT n.last_seen_us, n.reported_seq, s.acked_seq, s.last_entry_us,
                        h.figures, h.heard_us
                 FROM node n LEFT JOIN stream s USING (node) LEFT JOIN hall h USING (node)
                 WHERE n.node = $1",
                &[&node],
            )
            .await?;
        let hall = told(known.get(4), known.get(5));
        let number = |column: usize| known.get::<_, Option<i64>>(column);
        let last_entry = number(3).map(instant);
        // What it has said to have and is not here yet may be of this very line of people.
        let behind = unsigned(number(1).unwrap_or(0)) > unsigned(number(2).unwrap_or(0));
        let heard = [number(0).map(instant), hall.as_ref().map(|(_, as_of)| *as_of)];
        let seen = heard.into_iter().flatten().filter(|_| !behind).chain(last_entry).max();
        let as_of = seen.unwrap_or(ticket.issued_at).min(now);
        let waits = ticket.state == domain::queue::TicketState::Waiting
            && ticket.queue_day() >= business_day(now);
        let (ahead, went_first) = if waits {
            let waiting = self.waiting_for(client, node, &ticket.service).await?;
            let ahead = ahead_of(&ticket, &waiting, now, APPOINTMENT_GRACE_S);
            (Some(ahead), self.went_first(client, node, &ticket).await?)
        } else {
            (None, Vec::new())
        };
        let counter_name = match ticket.counter {
            Some(number) => self.counter_name(client, node, &number.to_string()).await?,
            None => None,
        };
        let node = node.to_owned();
        Ok(TicketAnswer { node, unit_name, ticket, ahead, went_first, counter_name, as_of, hall })
    }

    async fn waiting_for(
        &self,
        client: &deadpool_postgres::Object,
        node: &str,
        service: &ServiceCode,
    ) -> Result<Vec<Ticket>> {
        let rows = client
            .query(
                "SELECT public FROM subject
                 WHERE node = $1 AND kind = $2 AND public ->> 'state' = 'waiting'
                   AND public ->> 'service' = $3
                 LIMIT $4",
                &[&node, &Ticket::KIND, &service.as_str(), &WAITING_MAX],
            )
            .await?;
        // One that does not read is of a later release; it is left out rather than the whole answer.
        Ok(rows.iter().filter_map(|row| serde_json::from_value(row.get(0)).ok()).collect())
    }

    async fn counter_name(
        &self,
        client: &deadpool_postgres::Object,
        node: &str,
        counter: &str,
    ) -> Result<Option<String>> {
        let row = client
            .query_opt(
                "SELECT public ->> 'name' FROM subject
                 WHERE node = $1 AND kind = $2 AND subject = $3 AND axis = ''",
                &[&node, &Counter::KIND, &counter],
            )
            .await?;
        Ok(row.and_then(|row| row.get(0)))
    }
}

fn told(figures: Option<Value>, heard_us: Option<i64>) -> Option<(HallNow, Timestamp)> {
    let hall: HallNow = serde_json::from_value(figures?).ok()?;
    let as_of = hall.as_of(instant(heard_us?));
    Some((hall, as_of))
}

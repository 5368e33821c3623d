//! The tickets that the hub has, by node and business day, as reports read them. What is sealed in them
//! is not asked for.

use domain::queue::{CARRIED_DAYS_MAX, Ticket};
use jiff::{Span, civil};
use tokio_postgres::Row;

use super::Store;
use crate::error::Result;

/// One box that has sent something.
#[derive(Debug, Clone)]
pub struct Sender {
    /// The node.
    pub node: String,
    /// Its unit's name.
    pub unit_name: String,
}

impl Store {
    /// Every box that was let in, by name.
    ///
    /// # Errors
    /// The store refuses.
    pub async fn senders(&self) -> Result<Vec<Sender>> {
        let client = self.client().await?;
        let sql = "SELECT node, unit_name FROM node WHERE state <> 'invited' ORDER BY node";
        let rows = client.query(sql, &[]).await?;
        Ok(rows.iter().map(|row| Sender { node: row.get(0), unit_name: row.get(1) }).collect())
    }

    /// All tickets of a node's business day.
    ///
    /// # Errors
    /// The store refuses.
    pub async fn tickets_of_day(&self, node: &str, day: civil::Date) -> Result<Vec<Ticket>> {
        let client = self.client().await?;
        // The partial index is found by these very words.
        let rows = client
            .query(
                "SELECT public FROM subject
                 WHERE node = $1 AND kind = 'ticket' AND (public ->> 'business_day') = $2",
                &[&node, &day.to_string()],
            )
            .await?;
        Ok(in_order(&rows))
    }

    /// Tickets of the days before one that were carried over to it or to a later day.
    ///
    /// # Errors
    /// The store refuses.
    pub async fn tickets_carried_into(&self, node: &str, day: civil::Date) -> Result<Vec<Ticket>> {
        let since = day.checked_sub(Span::new().days(CARRIED_DAYS_MAX)).unwrap_or(day);
        let client = self.client().await?;
        let rows = client
            .query(
                "SELECT public FROM subject
                 WHERE node = $1 AND kind = 'ticket'
                   AND (public ->> 'business_day') >= $2 AND (public ->> 'business_day') < $3
                   AND (public ->> 'carried_to') >= $3",
                &[&node, &since.to_string(), &day.to_string()],
            )
            .await?;
        Ok(in_order(&rows))
    }
}

/// By number. One that does not read is of a later release: it is left out rather than the whole day.
fn in_order(rows: &[Row]) -> Vec<Ticket> {
    let mut tickets: Vec<Ticket> =
        rows.iter().filter_map(|row| serde_json::from_value(row.get(0)).ok()).collect();
    tickets.sort_by(|one, other| {
        (one.business_day, one.series, one.number).cmp(&(
            other.business_day,
            other.series,
            other.number,
        ))
    });
    tickets
}

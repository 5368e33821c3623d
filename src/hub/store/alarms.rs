//! What is wrong with a box: raised, kept while it stands, ended.

use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use journal::Stream;

use super::{Store, instant, micros};
use crate::error::Result;
use link::types::Alarm;

/// An open alarm.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct AlarmRow {
    /// Stable code.
    pub code: String,
    /// For the technician.
    pub detail: String,
    /// Since when.
    #[schema(value_type = String, format = "date-time")]
    pub raised_at: Timestamp,
}

impl Store {
    /// Raises an alarm that stays until a person ends it, or keeps the one that stands.
    pub async fn raise_alarm(
        &self,
        node: &str,
        code: &str,
        detail: &str,
        now: Timestamp,
    ) -> Result<()> {
        let client = self.client().await?;
        raise(&client, node, code, detail, now).await
    }

    /// What the link shows about one of a node's two journals from now on. What it showed before about
    /// the same journal is over; what it shows about the other one, and what others have raised, stays.
    pub async fn show_link_alarm(
        &self,
        node: &str,
        about: Stream,
        alarm: Option<&Alarm>,
        now: Timestamp,
    ) -> Result<()> {
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        let about = match about {
            Stream::Up | Stream::Salvage => "up",
            Stream::Down => "down",
        };
        tx.execute(
            "UPDATE alarm SET cleared_us = $3
             WHERE node = $1 AND about = $2 AND cleared_us IS NULL AND code IS DISTINCT FROM $4",
            &[&node, &about, &micros(now), &alarm.map(|alarm| alarm.code.as_str())],
        )
        .await?;
        if let Some(alarm) = alarm {
            raise_about(&tx, node, about, &alarm.code, &alarm.detail, now).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Alarms of a node that stand.
    pub async fn alarms(&self, node: &str) -> Result<Vec<AlarmRow>> {
        let client = self.client().await?;
        let rows = client
            .query(
                "SELECT code, detail, raised_us FROM alarm
                 WHERE node = $1 AND cleared_us IS NULL ORDER BY raised_us",
                &[&node],
            )
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| AlarmRow {
                code: row.get(0),
                detail: row.get(1),
                raised_at: instant(row.get(2)),
            })
            .collect())
    }
}

/// Raises an alarm that stands until it is ended by its code, or keeps the one that stands.
pub(crate) async fn raise(
    client: &impl GenericClient,
    node: &str,
    code: &str,
    detail: &str,
    now: Timestamp,
) -> Result<()> {
    raise_about(client, node, "node", code, detail, now).await
}

async fn raise_about(
    client: &impl GenericClient,
    node: &str,
    about: &str,
    code: &str,
    detail: &str,
    now: Timestamp,
) -> Result<()> {
    // One that somebody else has raised and not ended stays his, with what he said about it.
    client
        .execute(
            "INSERT INTO alarm (node, code, about, detail, raised_us) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (node, code) DO UPDATE
             SET about = excluded.about, detail = excluded.detail, cleared_us = NULL,
                 raised_us = CASE WHEN alarm.cleared_us IS NULL
                                  THEN alarm.raised_us ELSE excluded.raised_us END
             WHERE excluded.about = 'node' OR alarm.about <> 'node'
                OR alarm.cleared_us IS NOT NULL",
            &[&node, &code, &about, &detail, &micros(now)],
        )
        .await?;
    Ok(())
}

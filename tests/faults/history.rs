//! What callers were told against what the hub has: not only that everything is there, but that it
//! says the same. Told is what stands in the people's own ledger, from the answers that they got.
//! What the hub has is read from its tables, unsealed and put together again.

use anyhow::{Context, ensure};
use domain::dossier::Dossier;
use domain::queue::Ticket;
use domain::rating::Rating;
use domain::split::Journaled;
use house::ledger::Ledger;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use tokio_postgres::Client;

/// How much was compared.
#[derive(Debug, Clone, Copy, Default)]
pub struct Compared {
    /// Entries of the node at the hub.
    pub entries: u64,
    /// Tickets, calls, dossiers, votes.
    pub answers: usize,
}

/// Compares; the first difference is the error. So many votes may be missing, which lie in the box.
pub async fn compare(
    hub: &Client,
    node: &str,
    ledger: &Ledger,
    in_the_box: usize,
) -> anyhow::Result<Compared> {
    let tickets: HashMap<String, Ticket> = of_kind(hub, node).await?;
    let dossiers: HashMap<String, Dossier> = of_kind(hub, node).await?;
    let ratings: HashMap<String, Rating> = of_kind(hub, node).await?;
    let answers = told_and_had(ledger, &tickets, &dossiers)?;
    votes(ledger, &ratings, in_the_box)?;
    // Each entry was applied once: what the cursor has counted is what is there, without a gap.
    let row = hub
        .query_one(
            "SELECT s.entries, count(e.*), count(DISTINCT (e.epoch, e.seq)), coalesce(max(e.seq), 0)
             FROM stream s LEFT JOIN entry e USING (node) WHERE s.node = $1 GROUP BY s.entries",
            &[&node],
        )
        .await?;
    let [applied, rows, distinct, last]: [i64; 4] = [0, 1, 2, 3].map(|column| row.get(column));
    ensure!(
        applied == rows && rows == distinct && distinct == last,
        "applied {applied}, rows {rows}, distinct {distinct}, last {last}"
    );
    Ok(Compared { entries: u64::try_from(rows)?, answers })
}

/// Compares what a box that was restored may be held to: every answer but the votes, which may have
/// been in the box, and each epoch's entries without a gap. Gives the number of answers.
pub async fn answers_stand(hub: &Client, node: &str, ledger: &Ledger) -> anyhow::Result<usize> {
    let tickets: HashMap<String, Ticket> = of_kind(hub, node).await?;
    let dossiers: HashMap<String, Dossier> = of_kind(hub, node).await?;
    let answers = told_and_had(ledger, &tickets, &dossiers)?;
    let epochs = hub
        .query(
            "SELECT epoch, count(*), count(DISTINCT seq), max(seq) FROM entry WHERE node = $1
             GROUP BY epoch",
            &[&node],
        )
        .await?;
    for row in epochs {
        let [epoch, rows, distinct, last]: [i64; 4] = [0, 1, 2, 3].map(|column| row.get(column));
        ensure!(
            rows == distinct && distinct == last,
            "epoch {epoch}: rows {rows}, distinct {distinct}, last {last}"
        );
    }
    Ok(answers)
}

/// Every answer against what the hub has; gives their number.
fn told_and_had(
    ledger: &Ledger,
    tickets: &HashMap<String, Ticket>,
    dossiers: &HashMap<String, Dossier>,
) -> anyhow::Result<usize> {
    let all = ledger.locked();
    for (key, (asked, id, label)) in &all.tickets {
        let ticket = tickets.get(id).with_context(|| format!("the hub lacks ticket {label}"))?;
        ensure!(ticket.label == *label, "{key}: told {label}, the hub has {}", ticket.label);
        ensure!(
            asked["service"] == ticket.service.as_str(),
            "{label}: another service at the hub: {}",
            ticket.service
        );
        ensure!(
            asked["priority_ground"].as_str() == ticket.priority_ground.as_deref(),
            "{label}: another ground of priority at the hub"
        );
    }
    for (key, (counter, id)) in &all.calls {
        let ticket = tickets.get(id).with_context(|| format!("{key}: the hub lacks its ticket"))?;
        ensure!(
            ticket.called_at.is_some() && ticket.counter.is_some_and(|at| at.0 == *counter),
            "{key}: told that {} is called to {counter}, the hub has {:?}",
            ticket.label,
            ticket.counter
        );
    }
    for (key, (asked, id, code)) in &all.dossiers {
        let dossier = dossiers.get(id).with_context(|| format!("the hub lacks dossier {code}"))?;
        ensure!(dossier.code == *code, "{key}: told {code}, the hub has {}", dossier.code);
        let had = serde_json::to_value(dossier)?;
        for field in ["/applicant/name", "/applicant/citizen_number", "/ticket", "/counter"] {
            let of = |one: &Value| one.pointer(field).cloned().unwrap_or_default();
            ensure!(of(asked) == of(&had), "{code}: {field} differs at the hub");
        }
    }
    Ok(all.tickets.len() + all.calls.len() + all.dossiers.len() + all.votes.len())
}

/// Nobody may be able to tell whose vote is whose, so votes are compared as in any ballot: by their
/// number, and by how many there are of each level.
fn votes(
    ledger: &Ledger,
    ratings: &HashMap<String, Rating>,
    in_the_box: usize,
) -> anyhow::Result<()> {
    let all = ledger.locked();
    ensure!(
        ratings.len() + in_the_box == all.votes.len(),
        "{} votes were given, {in_the_box} are in the box, the hub has {}",
        all.votes.len(),
        ratings.len()
    );
    let mut given: BTreeMap<String, usize> = BTreeMap::new();
    for (asked, _) in all.votes.values() {
        *given.entry(asked["level"].to_string()).or_default() += 1;
    }
    let mut had: BTreeMap<String, usize> = BTreeMap::new();
    for rating in ratings.values() {
        *had.entry(serde_json::to_value(rating)?["level"].to_string()).or_default() += 1;
    }
    let more = had.iter().find(|(level, count)| given.get(*level).unwrap_or(&0) < *count);
    ensure!(more.is_none(), "{given:?} votes were given, the hub has {had:?}");
    Ok(())
}

async fn of_kind<T: Journaled>(hub: &Client, node: &str) -> anyhow::Result<HashMap<String, T>> {
    let rows = hub
        .query(
            "SELECT subject, public, private FROM subject WHERE node = $1 AND kind = $2",
            &[&node, &T::KIND],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let (id, public, private): (String, Value, Value) =
                (row.get(0), row.get(1), row.get(2));
            let whole = T::join(public, private).with_context(|| format!("{} {id}", T::KIND))?;
            Ok((id, whole))
        })
        .collect()
}

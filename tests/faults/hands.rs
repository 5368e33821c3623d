//! 25: a dossier changes hands between two centers while the line is cut at each step of it, and both
//! ends try to edit. Then the hub's database falls back to an older state.

use crate::run::{Run, Told, must_disturb};
use anyhow::ensure;
use house::hands::{End, Pair, verb};
use house::{SOON, get, issue, must, scaled};
use motcua::cli::demo::NODES;
use motcua::cli::demo::processes::wait_for;
use serde_json::json;

/// Entries that the hub forgets when it falls back: numbers given out meanwhile.
const FORGOTTEN: usize = 40;
/// The name of the hub's older state.
const OLDER: &str = "older";

/// 25
pub async fn split_at_each_step(_run: &mut Run) -> anyhow::Result<Told> {
    let mut pair = Pair::open("faults-hands").await;
    let mut cuts = 0;
    for step in 1..=4 {
        cuts += hand_over_cut_at(&mut pair, step).await?;
    }
    let forgotten = hub_falls_back(&mut pair).await?;
    pair.close().await;
    must_disturb(cuts >= 4 && forgotten > 0, &format!("{cuts} cuts, {forgotten} forgotten"))?;
    Ok(Told {
        injected: format!(
            "the line cut at each of 4 steps of a hand-over, edits at both ends in each; the hub set \
             back by {forgotten} entries"
        ),
        disturbed: format!(
            "{cuts} cuts noticed, 10 edits refused by name, {forgotten} entries sent again from the \
             lower cursor, one holder at any time"
        ),
    })
}

/// Steps: 1 A gives, 2 the hub tells B, 3 B accepts, 4 the hub tells A. The line that carries the step
/// is cut before it and mended after both ends have tried to edit.
async fn hand_over_cut_at(pair: &mut Pair, step: u8) -> anyhow::Result<u32> {
    let (mut cuts, mut id) = (0, String::new());
    if step == 1 {
        cuts += cut(pair, true).await;
        id = pair.hand_over().await;
        pair.a.edit_is_refused(&id, "dossier.in_hand_over").await;
        not_known(&mut pair.b, &id).await?;
        pair.line_of_a("mend").await;
    }
    if step == 2 {
        cuts += cut(pair, false).await;
        id = pair.hand_over().await;
        wait_for("the hub to have the hand-over", scaled(SOON), async || {
            let health = pair.a.center.health().await?;
            (health["uplink"]["entries_waiting"] == 0).then_some(())
        })
        .await?;
        pair.a.edit_is_refused(&id, "dossier.in_hand_over").await;
        not_known(&mut pair.b, &id).await?;
        pair.line_of_b("mend").await;
    }
    if id.is_empty() {
        id = pair.hand_over().await;
    }
    let offered = pair.b.custody(&id, "offered").await;
    let term = offered["term"].as_u64().unwrap_or(0);
    pair.b.edit_is_refused(&id, "dossier.in_hand_over").await;
    if step == 3 {
        cuts += cut(pair, false).await;
    }
    if step == 4 {
        cuts += cut(pair, true).await;
    }
    let accepted = must(&mut pair.b.officer, &verb(&id, "accept"), &json!({})).await;
    ensure!(accepted["dossier"]["term"] == term + 1, "accepted with {}", accepted["dossier"]);
    if step >= 3 {
        // B believes that it holds the dossier, A does not know it yet: only B may edit.
        pair.b.edit_is_granted(&id).await;
        pair.a.edit_is_refused(&id, "dossier.in_hand_over").await;
        pair.line_of_a("mend").await;
        pair.line_of_b("mend").await;
    }
    let away = pair.a.custody(&id, "accepted_away").await;
    ensure!(away["holder"] == NODES[1].0 && away["term"] == term + 1, "A sees {away}");
    pair.a.edit_is_refused(&id, "dossier.not_holder").await;
    if step < 3 {
        pair.b.edit_is_granted(&id).await;
    }
    Ok(cuts)
}

async fn cut(pair: &Pair, of_a: bool) -> u32 {
    let end = if of_a { &pair.a } else { &pair.b };
    if of_a {
        pair.line_of_a("cut").await;
    } else {
        pair.line_of_b("cut").await;
    }
    end.center.link_is(&["offline", "greeting"], SOON).await;
    1
}

async fn not_known(end: &mut End, id: &str) -> anyhow::Result<()> {
    let page = get(&mut end.officer, "/api/v1/dossiers?view=incoming").await;
    let known = page["rows"].as_array().is_some_and(|rows| rows.iter().any(|row| row["id"] == id));
    ensure!(!known, "{} knows of a dossier that nobody could tell it of", end.center.node);
    Ok(())
}

/// The hub's database is what it was some entries ago: a standby that lagged has taken over.
async fn hub_falls_back(pair: &mut Pair) -> anyhow::Result<u64> {
    for index in 0..2 {
        pair.house.books_agree(index).await;
    }
    let hub_process = pair.house.demo.hub_process();
    hub_process.kill_hard().await?;
    let server = pair.house.demo.cluster().connect("postgres").await?;
    let current = pair.house.hub_settings().postgres.connection;
    let current =
        current.rsplit_once("dbname=").map(|(_, name)| name.to_owned()).unwrap_or_default();
    disconnect(&server, &current).await?;
    server.batch_execute(&format!("CREATE DATABASE {OLDER} TEMPLATE \"{current}\"")).await?;
    pair.house.demo.hub_process().start_again()?;
    pair.house.demo.wait_hub().await?;

    let mut kiosk = pair.house.kiosk();
    for _ in 0..FORGOTTEN {
        issue(&mut kiosk, "ho-tich").await;
    }
    let ahead = pair.house.books_agree(0).await.entries.len();

    pair.house.demo.hub_process().kill_hard().await?;
    disconnect(&server, &current).await?;
    server.batch_execute(&format!("DROP DATABASE \"{current}\"")).await?;
    server.batch_execute(&format!("ALTER DATABASE {OLDER} RENAME TO \"{current}\"")).await?;
    let behind: i64 = {
        let client = pair.house.demo.cluster().connect(&current).await?;
        let row = client
            .query_one("SELECT acked_seq FROM stream WHERE node = $1", &[&NODES[0].0])
            .await?;
        row.get(0)
    };
    pair.house.demo.hub_process().start_again()?;
    pair.house.demo.wait_hub().await?;
    let after = pair.house.books_agree(0).await.entries.len();
    ensure!(after >= ahead, "{after} entries after the fall, {ahead} before it");
    Ok((ahead as u64).saturating_sub(u64::try_from(behind)?))
}

async fn disconnect(server: &tokio_postgres::Client, database: &str) -> anyhow::Result<()> {
    server
        .execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1",
            &[&database],
        )
        .await?;
    Ok(())
}

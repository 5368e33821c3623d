//! Disks that are full or read-only.

use crate::network::BUSY;
use crate::province::{Crash, Province};
use crate::run::{Run, Told, must_disturb};
use anyhow::{Context, ensure};
use house::ledger::{add_scan, receive_without_ticket};
use house::{SOON, scaled, take_all_room};
use motcua::cli::demo::processes::wait_for;
use std::time::Duration;

/// The center's disk. MiB.
const CENTER_DISK: u32 = 48;
/// The disk of the hub's PostgreSQL. MiB; its log alone takes a good part.
const HUB_DISK: u32 = 256;
/// How long a disk stays full.
const FULL: Duration = Duration::from_secs(8);

/// 19: full while people work and scan; once more, and the power goes meanwhile. Nobody lends a hand.
pub async fn full_at_the_center(run: &mut Run) -> anyhow::Result<Told> {
    let mut dice = run.dice.clone();
    let mut p = Province::open_with_disk("disk", &mut dice, "06658-1/data", CENTER_DISK).await;
    let told = async {
        let filler = p.house.folder.path.join("06658-1/data/filler");
        p.begin(&mut dice, BUSY).await?;
        for cut in [false, true] {
            let dossier = receive_without_ticket(&p.ledger).await;
            let scanning = tokio::spawn({
                let (ledger, mut dice) = (p.ledger.clone(), dice.clone());
                async move { add_scan(&ledger, &dossier, &mut dice, 900).await }
            });
            take_all_room(&filler)?;
            wait_for("the center to tell that its disk is full", scaled(SOON), async || {
                (p.ledger.center.health().await?["store"] == "disk_full").then_some(())
            })
            .await?;
            p.work(scaled(FULL)).await;
            if cut {
                p.process(Crash::Center).kill_hard().await?;
            }
            std::fs::remove_file(&filler)?;
            if cut {
                p.process(Crash::Center).start_again()?;
                p.began_anew(Crash::Center);
            }
            scanning.await?;
            p.answered(30).await?;
        }
        let seen = p.end(&mut dice).await?;
        must_disturb(seen.tried_again > 0, &seen.to_string())?;
        Ok(Told {
            injected: format!("a disk of {CENTER_DISK} MiB filled twice, once with a kill"),
            disturbed: seen.to_string(),
        })
    }
    .await;
    leave(p, told).await
}

/// 20: the hub's database has no room; then it takes no writes.
pub async fn full_at_the_hub(run: &mut Run) -> anyhow::Result<Told> {
    let mut dice = run.dice.clone();
    let mut p = Province::open_with_disk("hub-disk", &mut dice, "postgres", HUB_DISK).await;
    let told = async {
        let filler = p.house.folder.path.join("postgres/filler");
        p.begin(&mut dice, BUSY).await?;
        take_all_room(&filler)?;
        p.work(scaled(FULL)).await;
        std::fs::remove_file(&filler)?;
        // PostgreSQL gives up when it cannot write its log; its unit starts it again.
        let died = p.house.demo.cluster().start_if_ended()?;
        let full = p.seen().waiting_most;
        p.is_whole().await?;
        p.answered(30).await?;

        let database = read_only(&mut p, true).await?;
        p.work(scaled(FULL)).await;
        let store = p.hub_health().await.context("the hub does not answer")?;
        read_only(&mut p, false).await?;
        ensure!(store["store"] == "ok", "the hub cannot even be read: {store}");
        let seen = p.end(&mut dice).await?;
        must_disturb(full > 20 && seen.waiting_most > 20, &seen.to_string())?;
        Ok(Told {
            injected: format!(
                "a disk of {HUB_DISK} MiB filled for {} s ({}), then {database} read-only as long",
                scaled(FULL).as_secs(),
                if died { "PostgreSQL ended by it" } else { "PostgreSQL lived on" }
            ),
            disturbed: seen.to_string(),
        })
    }
    .await;
    leave(p, told).await
}

/// Lets the hub's database take no writes, or take them again; for connections that begin from now on,
/// so those that are open are ended.
async fn read_only(p: &mut Province, on: bool) -> anyhow::Result<String> {
    let client = p.house.hub_tables().await?;
    let database: String = client.query_one("SELECT current_database()", &[]).await?.get(0);
    let how = if on { "on" } else { "off" };
    // Its own transactions may write, from the next one on.
    client.batch_execute("SET default_transaction_read_only = off").await?;
    client
        .batch_execute(&format!(
            "ALTER DATABASE \"{database}\" SET default_transaction_read_only = {how}"
        ))
        .await?;
    client
        .execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
            &[],
        )
        .await?;
    Ok(database)
}

async fn leave(mut p: Province, told: anyhow::Result<Told>) -> anyhow::Result<Told> {
    if told.is_err() {
        p.keep();
    }
    p.close().await;
    told
}

//! Processes that die: at each named place between deciding, storing, sending and acknowledging, and
//! at random moments.

use crate::province::{Crash, Province};
use crate::run::{Run, Told, must_disturb};
use anyhow::ensure;
use dice::Dice;
use house::ledger::{Crowd, Ledger, add_scan, audit, receive_without_ticket};
use house::scaled;
use nix::sys::signal::Signal;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// How long it may take until work leads to a place.
const REACHED_MAX: Duration = Duration::from_secs(180);
/// A scan of more pieces than one.
const SCAN_KIB: usize = 600;
/// Before a random kill people get so many answers, at most.
const ANSWERS_MAX: usize = 6;
/// A random kill comes so much later than the last answer, at most. Microseconds.
const MOMENT_US: usize = 60_000;
/// So often the oracles are asked between random kills; each time with a fresh province when the
/// day's numbers are used up.
const KILLS_BETWEEN_ORACLES: usize = 100;

/// People who never rest: what is killed is at something.
const EAGER: Crowd =
    Crowd { kiosks: 2, officers: 3, rest: Duration::from_millis(25), ..Crowd::TIRELESS };

/// 16: at each place of the center once, and then kill -9 of center, hub and broker at random.
pub async fn center_at_every_step(run: &mut Run) -> anyhow::Result<Told> {
    let mut dice = run.dice.clone();
    let kills = run.kills;
    let p = run.province().await;
    let told = every_step(p, &mut dice, Crash::Center, crashpoint::AT_NODE).await?;
    let random = random_kills(run, &mut dice, kills).await?;
    Ok(Told {
        injected: format!("{}; {}", told.injected, random.injected),
        disturbed: format!("{}; {}", told.disturbed, random.disturbed),
    })
}

/// 17
pub async fn hub_at_every_step(run: &mut Run) -> anyhow::Result<Told> {
    let mut dice = run.dice.clone();
    let p = run.province().await;
    every_step(p, &mut dice, Crash::Hub, crashpoint::AT_HUB).await
}

async fn every_step(
    p: &mut Province,
    dice: &mut Dice,
    of: Crash,
    points: &[&str],
) -> anyhow::Result<Told> {
    p.begin(dice, EAGER).await?;
    let mut in_flight = 0;
    for point in points {
        // Places that are passed once a connection are not reached a third time.
        let often = ["store.", "uplink.entries", "uplink.frame", "uplink.ack", "hub."];
        let once = ["hub.hello", "hub.down", "hub.blob"];
        let nth = if often.iter().any(|start| point.starts_with(start))
            && !once.iter().any(|start| point.starts_with(start))
        {
            1 + dice.index(3)
        } else {
            1
        };
        in_flight += die_at(p, dice, of, &format!("{point}:{nth}")).await?;
        p.answered(5).await?;
    }
    audit(&p.ledger, &mut p.head).await;
    let seen = p.end(dice).await?;
    must_disturb(in_flight > 0 && seen.anything(), &seen.to_string())?;
    Ok(Told {
        injected: format!("{} killed at {} places", of.name(), points.len()),
        disturbed: format!("{in_flight} requests in flight when it died, {seen}"),
    })
}

/// Starts the process so that it dies at a place, works until it has died there, starts it again.
async fn die_at(p: &mut Province, dice: &mut Dice, of: Crash, wish: &str) -> anyhow::Result<u64> {
    let process = p.process(of);
    ensure!(!process.has_ended(), "{}", process.last_words());
    process.kill_hard().await?;
    process.start_again_with(&[(crashpoint::VARIABLE, wish)])?;
    p.began_anew(of);
    let mut further = JoinSet::new();
    let end = Instant::now() + scaled(REACHED_MAX);
    let mut next_push = Instant::now();
    let mut in_flight = 0;
    while !p.process(of).has_ended() {
        ensure!(Instant::now() < end, "{} never came to {wish}", of.name());
        if Instant::now() >= next_push {
            next_push = Instant::now() + Duration::from_secs(2);
            push(p, dice, &mut further, wish);
        }
        in_flight = p.ledger.under_way();
        p.work(Duration::from_millis(20)).await;
    }
    let signal = p.process(of).ended().await?;
    ensure!(
        signal == Some(Signal::SIGKILL as i32),
        "{} ended otherwise than at {wish}: {}",
        of.name(),
        p.process(of).last_words()
    );
    p.process(of).start_again()?;
    p.began_anew(of);
    while let Some(ended) = further.join_next().await {
        if let Err(error) = ended {
            std::panic::resume_unwind(error.into_panic());
        }
    }
    p.is_whole().await?;
    Ok(in_flight)
}

/// What people do not bring about by themselves: an order of the hub, a scan of several pieces.
fn push(p: &Province, dice: &mut Dice, further: &mut JoinSet<()>, wish: &str) {
    if wish.contains("down") {
        let config = p.house.folder.path.join("hub.toml");
        further.spawn(order(config, dice.roll()));
    }
    if wish.contains("blob") {
        further.spawn(one_scan(p.ledger.clone(), Dice::new(dice.roll())));
    }
}

async fn order(config: PathBuf, number: u64) {
    let text = format!("Thông báo số {number}");
    house::printed(&["hub", "order", &text], &config).await.unwrap();
}

async fn one_scan(ledger: Arc<Ledger>, mut dice: Dice) {
    let dossier = receive_without_ticket(&ledger).await;
    add_scan(&ledger, &dossier, &mut dice, SCAN_KIB).await;
}

async fn random_kills(run: &mut Run, dice: &mut Dice, kills: usize) -> anyhow::Result<Told> {
    let mut in_flight = 0;
    let mut killed = [0usize; 3];
    let mut done = 0;
    let mut summed = Vec::new();
    while done < kills {
        let p = run.province().await;
        p.begin(dice, EAGER).await?;
        for _ in 0..KILLS_BETWEEN_ORACLES.min(kills - done) {
            let which = match dice.index(10) {
                0..6 => 0,
                6..8 => 1,
                _ => 2,
            };
            p.answered(dice.index(ANSWERS_MAX) as u64).await?;
            p.work(Duration::from_micros(dice.index(MOMENT_US) as u64)).await;
            in_flight += p.ledger.under_way();
            p.kill(Crash::ALL[which]).await?;
            killed[which] += 1;
            done += 1;
        }
        let seen = p.end(dice).await?;
        must_disturb(seen.anything(), &seen.to_string())?;
        eprintln!("faults: {done} of {kills} kills, {seen}");
        summed.push(seen);
    }
    let again: u64 = summed.iter().map(|seen| seen.frames_again).sum();
    let connections: u64 = summed.iter().map(|seen| seen.connections).sum();
    let doubles: u64 = summed.iter().map(|seen| seen.doubles).sum();
    let tried: u64 = summed.iter().map(|seen| seen.tried_again).sum();
    let [center, hub, broker] = killed;
    Ok(Told {
        injected: format!("{kills} random kills: {center} center, {hub} hub, {broker} broker"),
        disturbed: format!(
            "{in_flight} requests in flight at the kills, {connections} reconnects, {again} frames \
             sent again, {doubles} doubles refused, {tried} requests tried again"
        ),
    })
}

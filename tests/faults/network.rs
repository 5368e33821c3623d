//! Faults of the line itself, between the kernel of the center and the kernel of the province.

use crate::province::{NOTICED, Province};
use crate::run::{Run, Told, must_disturb};
use anyhow::ensure;
use dice::Dice;
use house::ledger::{Crowd, add_scan, receive_without_ticket};
use house::{SOON, get, scaled};
use motcua::cli::demo::processes::wait_for;
use std::time::Duration;

/// Three days of a center: 300 dossiers a day with ten entries each.
const ENTRIES_OF_72_HOURS: u64 = 9_000;
/// How long it may take to write so many. They come as fast as the center takes them.
const FEED_MAX: Duration = Duration::from_secs(600);
/// How often the line goes and comes. It is away and there for as long each time: a flap takes 0.2 to 1 s.
const FLAPS: usize = 500;
const HALF_A_FLAP_MS: (usize, usize) = (100, 500);
/// So many flaps for one new connection at least: most end before one is made, or are not noticed.
const FLAPS_A_CONNECTION: u64 = 20;
/// How long the line hangs.
const HANG: Duration = Duration::from_secs(10);
/// What the slow line carries. Kilobits a second.
const SLOW_KBIT: u32 = 128;
/// How long it is slow, and what is queued then: so many scans of so many KiB. Not stretched: how long
/// they take is the line's affair and not the machine's, and some must still wait afterwards.
const SLOW: Duration = Duration::from_secs(40);
const SCANS_QUEUED: usize = 4;
const SCAN_KIB: usize = 1_024;

/// How people work while something is broken: as fast as a busy morning, and the day's numbers last.
pub const BUSY: Crowd = Crowd {
    kiosks: 2,
    officers: 3,
    rest: Duration::from_millis(120),
    scan_kib: 48,
    ..Crowd::TIRELESS
};

/// How people work for the minutes in which a line flaps.
const STEADY: Crowd = Crowd {
    kiosks: 1,
    officers: 2,
    rest: Duration::from_millis(250),
    scan_kib: 16,
    ..Crowd::TIRELESS
};

/// 1: a province of its own, because it uses up the day's numbers.
pub async fn line_down_for_72_hours(run: &mut Run) -> anyhow::Result<Told> {
    let mut province = Province::open("72-hours", &mut run.dice).await;
    province.crash = run.crash;
    let told = line_down(&mut province, &mut run.dice).await;
    if told.is_err() {
        province.keep();
    }
    province.close().await;
    told
}

async fn line_down(p: &mut Province, dice: &mut Dice) -> anyhow::Result<Told> {
    p.begin(dice, Crowd { kiosks: 1, scan_kib: 16, ..Crowd::TIRELESS }).await?;
    p.host.pull_the_plug();
    p.hold(dice, scaled(NOTICED)).await?;
    let end = tokio::time::Instant::now() + scaled(FEED_MAX);
    while p.seen().waiting_most < ENTRIES_OF_72_HOURS {
        ensure!(tokio::time::Instant::now() < end, "only {} entries", p.seen().waiting_most);
        p.work(Duration::from_millis(500)).await;
    }
    p.host.put_the_plug_in();
    let seen = p.end(dice).await?;
    must_disturb(
        seen.connections > 0 && seen.waiting_most >= ENTRIES_OF_72_HOURS,
        &seen.to_string(),
    )?;
    Ok(Told {
        injected: format!("no carrier while {} entries were written", seen.waiting_most),
        disturbed: seen.to_string(),
    })
}

/// 2: the carrier goes and comes, and every other time the connections are reset as well. A province of
/// its own, as for the first.
pub async fn flapping_line(run: &mut Run) -> anyhow::Result<Told> {
    let mut province = Province::open("flapping", &mut run.dice).await;
    province.crash = run.crash;
    let told = flapping(&mut province, &mut run.dice).await;
    if told.is_err() {
        province.keep();
    }
    province.close().await;
    told
}

async fn flapping(p: &mut Province, dice: &mut Dice) -> anyhow::Result<Told> {
    p.begin(dice, STEADY).await?;
    let again_before = p.host.segments_sent_again();
    let crash_at = dice.index(FLAPS);
    let mut resets = 0;
    for flap in 0..FLAPS {
        if flap == crash_at {
            p.crash_now().await?;
        }
        if dice.happens(0.5) {
            p.host.reset_connections();
            resets += 1;
            p.work(half_a_flap(dice)).await;
            p.host.let_packets_through();
        } else {
            p.host.pull_the_plug();
            p.work(half_a_flap(dice)).await;
            p.host.put_the_plug_in();
        }
        p.work(half_a_flap(dice)).await;
    }
    let segments = p.host.segments_sent_again().saturating_sub(again_before);
    let seen = p.end(dice).await?;
    must_disturb(seen.connections >= FLAPS as u64 / FLAPS_A_CONNECTION, &seen.to_string())?;
    Ok(Told {
        injected: format!(
            "{FLAPS} flaps of {:.1} to {:.1} s, {resets} of them with a reset",
            2.0 * scaled(Duration::from_millis(HALF_A_FLAP_MS.0 as u64)).as_secs_f64(),
            2.0 * scaled(Duration::from_millis(HALF_A_FLAP_MS.1 as u64)).as_secs_f64()
        ),
        disturbed: format!("{seen}, {segments} TCP segments sent again"),
    })
}

fn half_a_flap(dice: &mut Dice) -> Duration {
    let (shortest, longest) = HALF_A_FLAP_MS;
    scaled(Duration::from_millis((shortest + dice.index(longest - shortest)) as u64))
}

/// 3: packets vanish in both directions, nobody is told.
pub async fn half_open_line(run: &mut Run) -> anyhow::Result<Told> {
    let mut dice = run.dice.clone();
    let p = run.province().await;
    p.begin(&mut dice, BUSY).await?;
    // In the middle of something.
    wait_for("frames under way", scaled(SOON), async || {
        let health = p.ledger.center.health().await?;
        (health["uplink"]["frames_under_way"].as_u64()? > 0).then_some(())
    })
    .await?;
    p.host.drop_packets(true, true);
    p.hold(&mut dice, scaled(HANG)).await?;
    p.host.let_packets_through();
    let seen = p.end(&mut dice).await?;
    must_disturb(seen.connections > 0, &seen.to_string())?;
    Ok(Told {
        injected: format!("all packets dropped for {} s, no reset", scaled(HANG).as_secs()),
        disturbed: seen.to_string(),
    })
}

/// 4: what the center sends arrives; what the hub says does not.
pub async fn acknowledgements_vanish(run: &mut Run) -> anyhow::Result<Told> {
    let mut dice = run.dice.clone();
    let p = run.province().await;
    p.begin(&mut dice, BUSY).await?;
    let mut technician = p.house.technician();
    let mut at_hub = async || {
        let nodes = get(&mut technician, "/api/v1/nodes").await;
        nodes[0]["entries"].as_u64().unwrap()
    };
    // Logged in beforehand: what is under way arrives within some tenths of a second, and a login may
    // take longer.
    at_hub().await;
    p.host.drop_packets(true, false);
    let before = at_hub().await;
    let unheard =
        wait_for("the hub to have what the center does not know of", scaled(SOON), async || {
            Some(at_hub().await.saturating_sub(before)).filter(|more| *more > 0)
        })
        .await?;
    p.hold(&mut dice, scaled(HANG)).await?;
    p.host.let_packets_through();
    let seen = p.end(&mut dice).await?;
    must_disturb(unheard > 0 && seen.connections > 0, &seen.to_string())?;
    Ok(Told {
        injected: format!("packets of the hub dropped for {} s", scaled(HANG).as_secs()),
        disturbed: format!("at least {unheard} entries applied and not heard of, {seen}"),
    })
}

/// 5: a line of 128 kbit/s and 4 MiB of scans before it: records overtake them, nothing is begun
/// again and again.
pub async fn slow_line_with_scans_queued(run: &mut Run) -> anyhow::Result<Told> {
    let mut dice = run.dice.clone();
    let p = run.province().await;
    let quiet =
        Crowd { kiosks: 1, officers: 0, rest: Duration::from_millis(700), ..Crowd::TIRELESS };
    p.begin(&mut dice, quiet).await?;
    p.host.slow_down(SLOW_KBIT);
    let dossier = receive_without_ticket(&p.ledger).await;
    for _ in 0..SCANS_QUEUED {
        add_scan(&p.ledger, &dossier, &mut dice, SCAN_KIB).await;
    }
    let queued = p.ledger.center.health().await.map(|health| health["uplink"].clone());
    let queued = queued.and_then(|uplink| uplink["bytes_waiting"].as_u64()).unwrap_or(0);
    p.hold(&mut dice, SLOW).await?;
    // What was committed a moment ago is at the hub, although the scans are not.
    let answer = wait_for("records to overtake the scans", scaled(SOON), async || {
        let health = p.ledger.center.health().await?;
        let uplink = &health["uplink"];
        let (entries, scans) =
            (uplink["entries_waiting"].as_u64()?, uplink["blobs_waiting"].as_u64()?);
        (entries <= 5).then_some(scans)
    })
    .await?;
    p.host.speed_up();
    let seen = p.end(&mut dice).await?;
    ensure!(
        p.crash.is_some() || seen.connections <= 3,
        "the connection was begun again and again: {seen}"
    );
    must_disturb(answer > 0 && queued > 1_000_000, &format!("{answer} scans waited, {seen}"))?;
    Ok(Told {
        injected: format!(
            "{SLOW_KBIT} kbit/s for {} s, {queued} bytes of scans queued",
            SLOW.as_secs()
        ),
        disturbed: format!("{answer} scans still waited when the records were through; {seen}"),
    })
}

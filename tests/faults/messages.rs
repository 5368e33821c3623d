//! Faults of messages: lost packets and delays, messages that come twice, swapped or long after, bits
//! that flip where no encryption watches over them.

use crate::chaos::{Chaos, Mischief};
use crate::network::BUSY;
use crate::province::Province;
use crate::run::{Run, Told, must_disturb};
use crate::watch::Seen;
use dice::Dice;
use house::scaled;
use std::time::Duration;

/// How long each goes on.
const LASTS: Duration = Duration::from_secs(25);
/// Of a hundred packets so many vanish.
const LOSS_PERCENT: u32 = 2;

/// 6
pub async fn loss_delay_and_disorder(run: &mut Run) -> anyhow::Result<Told> {
    let mut dice = run.dice.clone();
    let mischief = Mischief {
        delay: Duration::from_millis(300),
        jitter: Duration::from_millis(100),
        hold: 0.1,
        double: 0.1,
        ..Mischief::default()
    };
    let p = run.province().await;
    p.host.lose_packets(LOSS_PERCENT);
    let ended = through_chaos(p, &mut dice, mischief).await;
    p.host.let_packets_through();
    let (seen, done) = ended?;
    must_disturb(seen.anything(), &seen.to_string())?;
    Ok(Told {
        injected: format!("{LOSS_PERCENT} % of the packets lost, 300 ± 100 ms later, {done}"),
        disturbed: seen.to_string(),
    })
}

/// 7
pub async fn doubled_swapped_and_late(run: &mut Run) -> anyhow::Result<Told> {
    let mut dice = run.dice.clone();
    let mischief =
        Mischief { double: 0.3, hold: 0.3, lose: 0.05, replay: 0.2, ..Mischief::default() };
    let p = run.province().await;
    let (seen, done) = through_chaos(p, &mut dice, mischief).await?;
    must_disturb(seen.doubles > 0 && seen.gaps > 0, &seen.to_string())?;
    Ok(Told { injected: done, disturbed: seen.to_string() })
}

/// 8
pub async fn bits_flip(run: &mut Run) -> anyhow::Result<Told> {
    let mut dice = run.dice.clone();
    let mischief = Mischief { bend: 0.1, ..Mischief::default() };
    let p = run.province().await;
    let (seen, done) = through_chaos(p, &mut dice, mischief).await?;
    must_disturb(seen.spoilt > 0, &seen.to_string())?;
    Ok(Told { injected: done, disturbed: seen.to_string() })
}

/// People work while the center's messages go through the proxy and it does its worst.
async fn through_chaos(
    p: &mut Province,
    dice: &mut Dice,
    mischief: Mischief,
) -> anyhow::Result<(Seen, String)> {
    let chaos = Chaos::start(&p.house, dice.roll()).await?;
    p.route(Some(&chaos)).await?;
    p.begin(dice, BUSY).await?;
    chaos.make(mischief);
    p.hold(dice, scaled(LASTS)).await?;
    chaos.make(Mischief::default());
    let seen = p.end(dice).await?;
    let done = chaos.done().to_string();
    must_disturb(mischief.delay > Duration::ZERO || chaos.done().anything(), &done)?;
    p.route(None).await?;
    Ok((seen, done))
}

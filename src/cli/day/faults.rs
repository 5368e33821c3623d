//! What happens to a simulated day from outside, at fixed minutes, one thing after the other.

use super::{Demo, Pace, order};
use anyhow::Context;
use std::time::Duration;

/// What was done.
#[derive(Debug, Default, Clone)]
pub struct Disturbed {
    /// Processes killed with kill -9 and started again.
    pub restarts: u32,
    /// Cuts of the line.
    pub outages: u32,
    /// Times that the paper was out.
    pub paper_out: u32,
    /// The counters whose sign was unplugged, each with the moments of pulling and of putting back
    /// the plug, real microseconds since 1970.
    pub unplugged: Vec<Unplugged>,
}

/// A sign that had no plug for a while.
#[derive(Debug, Clone, Copy)]
pub struct Unplugged {
    /// Whose sign.
    pub counter: u16,
    /// Pulled.
    pub from_us: i64,
    /// Put back.
    pub to_us: i64,
}

/// How long the line stays cut, and how long it hangs. Real time.
const CUT: Duration = Duration::from_secs(15);
/// How long a killed process stays away. Real time.
const AWAY: Duration = Duration::from_secs(2);
/// How long the paper is out and the sign unplugged. Virtual minutes.
const DEVICE_MINUTES: f64 = 12.0;

/// Disturbs the day.
///
/// # Errors
/// A disturbance could not be made, or what was killed does not come back.
pub async fn run(demo: &mut Demo, pace: Pace, done: &mut Disturbed) -> anyhow::Result<()> {
    pace.until_minute(20.0).await;
    order(demo.line_control(0), "cut").await?;
    println!("minute {:.0}: the line is cut", pace.minute());
    tokio::time::sleep(CUT).await;
    order(demo.line_control(0), "mend").await?;
    done.outages += 1;
    println!("minute {:.0}: the line is back", pace.minute());

    pace.until_minute(50.0).await;
    order(demo.printer_control(), "paper_out").await?;
    println!("minute {:.0}: the ticket printer is out of paper", pace.minute());
    pace.minutes(DEVICE_MINUTES).await;
    order(demo.printer_control(), "paper_in").await?;
    done.paper_out += 1;

    pace.until_minute(75.0).await;
    println!("minute {:.0}: kill -9 of the center", pace.minute());
    demo.center_process().kill_hard().await?;
    tokio::time::sleep(AWAY).await;
    demo.center_process().start_again()?;
    demo.wait_center().await.context("the center does not come back")?;
    done.restarts += 1;

    pace.until_minute(105.0).await;
    let counter = 1;
    let from_us = now_us();
    order(demo.sign_control(counter), "unplug").await?;
    println!("minute {:.0}: the sign of counter {counter} is unplugged", pace.minute());
    pace.minutes(DEVICE_MINUTES).await;
    order(demo.sign_control(counter), "plug").await?;
    done.unplugged.push(Unplugged { counter, from_us, to_us: now_us() });

    pace.until_minute(130.0).await;
    println!("minute {:.0}: kill -9 of the hub", pace.minute());
    demo.hub_process().kill_hard().await?;
    tokio::time::sleep(AWAY).await;
    demo.hub_process().start_again()?;
    demo.wait_hub().await.context("the hub does not come back")?;
    done.restarts += 1;

    pace.until_minute(160.0).await;
    order(demo.line_control(0), "hang").await?;
    println!("minute {:.0}: the line hangs: open, and nothing passes", pace.minute());
    tokio::time::sleep(CUT).await;
    order(demo.line_control(0), "cut").await?;
    order(demo.line_control(0), "mend").await?;
    done.outages += 1;
    println!("minute {:.0}: the line is back", pace.minute());

    pace.until_minute(195.0).await;
    println!("minute {:.0}: kill -9 of the broker", pace.minute());
    demo.broker_process().kill_hard().await?;
    tokio::time::sleep(AWAY).await;
    demo.broker_process().start_again()?;
    done.restarts += 1;
    Ok(())
}

fn now_us() -> i64 {
    jiff::Timestamp::now().as_microsecond()
}

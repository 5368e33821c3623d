//! 15: the center's certificate ends while the line is down. When the line is back the broker does not
//! let the center in; it renews by its old key, with nobody's help, and the backlog goes up.

use crate::network::BUSY;
use crate::province::{Crash, Province};
use crate::run::{Run, Told, must_disturb};
use anyhow::ensure;
use dice::Dice;
use house::certificate::DAYS;
use house::wire::Wire;
use house::{CATCH_UP_MAX, scaled};
use hub::renew_words::CertificateFacts;
use jiff::{SignedDuration, Timestamp};
use motcua::cli::demo::processes::wait_for;
use std::time::Duration;

/// It ends so soon after the line went down.
const ENDS_IN: Duration = Duration::from_secs(8);
/// So long people work on after its end before the line is back.
const LASTS: Duration = Duration::from_secs(8);

/// 15: a province of its own: its center goes on with another certificate.
pub async fn expires_in_an_outage(run: &mut Run) -> anyhow::Result<Told> {
    let mut dice = run.dice.clone();
    let mut p = Province::open("certificate", &mut dice).await;
    let told = expire(&mut p, &mut dice).await;
    if told.is_err() {
        p.keep();
    }
    p.close().await;
    told
}

async fn expire(p: &mut Province, dice: &mut Dice) -> anyhow::Result<Told> {
    p.begin(dice, BUSY).await?;
    p.host.pull_the_plug();
    let lasted = SignedDuration::from_hours(24 * i64::from(DAYS));
    let ends_in = SignedDuration::try_from(scaled(ENDS_IN))?;
    let given = p.house.give_certificate(0, Timestamp::now() + ends_in - lasted).await?;
    // It reads its certificate when it starts, and finds nobody who would renew it.
    p.kill(Crash::Center).await?;
    let begun = p.ledger.count();
    while Timestamp::now() < given.not_after {
        p.work(Duration::from_millis(100)).await;
    }
    p.work(scaled(LASTS)).await;
    let answered = p.ledger.count() - begun;
    let waiting = p.seen().waiting_most;
    ensure!(
        Wire::try_of_center(&p.house, &p.ledger.center).await.is_err(),
        "the broker lets in a certificate that has ended"
    );
    p.host.put_the_plug_in();
    let file = p.ledger.center.data.join("identity/device.pem");
    let renewed = wait_for("a new certificate", scaled(CATCH_UP_MAX), async || {
        let facts = CertificateFacts::read(&std::fs::read_to_string(&file).ok()?).ok()?;
        (facts.serial != given.serial).then_some(facts)
    })
    .await?;
    ensure!(renewed.not_after > Timestamp::now(), "renewed until {}", renewed.not_after);
    let seen = p.end(dice).await?;
    must_disturb(answered > 20 && waiting > 20, &seen.to_string())?;
    Ok(Told {
        injected: format!(
            "no carrier, and {} s into it the certificate's end; the broker refused it",
            ends_in.as_secs()
        ),
        disturbed: format!(
            "{answered} answers given without a valid certificate, {waiting} entries held until it \
             was renewed by its old key, {seen}"
        ),
    })
}

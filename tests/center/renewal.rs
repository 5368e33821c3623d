//! A box whose certificate has ended while it was off renews it when it is switched on, by itself.

use crate::house::{CATCH_UP_MAX, House, SOON, issue};
use hub::renew_words::CertificateFacts;
use jiff::{SignedDuration, Timestamp};
use motcua::cli::demo::processes::wait_for;

/// Days since the certificate was issued; it lasted 90.
const DAYS_AGO: i64 = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_box_whose_certificate_ended_while_it_was_off_comes_back_by_itself() {
    let mut house = House::open("renewal", 1).await;
    let center = house.center(0);
    center.link_is(&["online"], SOON).await;
    issue(&mut house.kiosk(), "ho-tich").await;
    house.books_agree(0).await;
    house.demo.center_process().kill_hard().await.unwrap();

    let identity = center.data.join("identity");
    let certificate = identity.join("device.pem");
    let ago = SignedDuration::from_hours(24 * DAYS_AGO);
    let issued = house.give_certificate(0, Timestamp::now() - ago).await.unwrap();

    house.demo.center_process().start_again().unwrap();
    center.is_up().await;
    // The counter works all the while.
    issue(&mut house.kiosk(), "ho-tich").await;
    let serial = || {
        let pem = std::fs::read_to_string(&certificate).ok()?;
        CertificateFacts::read(&pem).ok().map(|facts| facts.serial)
    };
    wait_for("a new certificate", CATCH_UP_MAX, async || {
        serial().filter(|serial| *serial != issued.serial)
    })
    .await
    .unwrap();
    center.link_is(&["online"], CATCH_UP_MAX).await;
    let journal = house.books_agree(0).await;
    assert!(journal.entries.len() >= 2);
    wait_for("the hub to know that it was used", SOON, async || {
        (!identity.join("device.old.pem").exists()).then_some(())
    })
    .await
    .unwrap();
    house.close().await;
}

//! A center that is asked to stop, as before an update or when the box is switched off in the evening.

use crate::house::{House, issue};
use nix::sys::signal::Signal;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_center_that_was_stopped_in_order_leaves_no_log_to_be_read_at_the_next_start() {
    let mut house = House::open("stop", 1).await;
    let center = house.center(0);
    let mut kiosk = house.kiosk();
    for _ in 0..20 {
        issue(&mut kiosk, "ho-tich").await;
    }
    let log = center.data.join("store/center.db-wal");
    let length = || std::fs::metadata(&log).map_or(0, |log| log.len());
    assert!(log.exists(), "the log is where it is looked for");
    house.demo.center_process().stop(Signal::SIGTERM).await;
    assert_eq!(length(), 0);
    house.demo.center_process().start_again().unwrap();
    center.is_up().await;
    house.books_agree(0).await;
    house.close().await;
}

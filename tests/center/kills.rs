//! kill -9 of the center at random moments, again and again, while eight people work with it and
//! write down what they were answered.

use crate::house::ledger::{
    Crowd, Ledger, People, TICKETS_MAX, audit, nobody_was_called_twice, old_answers_stand,
    scans_are_at_the_hub, the_books_hold_what_was_answered,
};
use crate::house::readers::ReadMessage;
use crate::house::{ANSWERED_MAX, House};
use dice::Dice;
use motcua::cli::demo::processes::wait_for;
use std::time::{Duration, SystemTime};
use tokio::time::Instant;

/// How often the center is killed.
const KILLS: usize = 100;
/// Of these, one in so many hits the center while it is still starting.
const AT_START_ONE_IN: usize = 6;
/// The load runs until so many more answers have come, at most; then the kill comes.
const ANSWERS_MAX: usize = 15;
/// So many citizens come between two kills: the load never dries up before its kill, and the day's
/// numbers last for all of them, however fast the machine is and however long a start takes. Not more,
/// because everything that was ever answered is asked for again after each kill.
const CITIZENS: usize = 20;
const _: () = assert!(CITIZENS > ANSWERS_MAX, "the wait for answers would not end");
const _: () = assert!(CITIZENS * KILLS <= TICKETS_MAX, "the day's numbers would run out");
/// At one kill in so many, two officers are just reading a message of the province.
const MESSAGE_ONE_IN: usize = 10;
/// So many old requests are sent again at the end.
const REPEATED_AT_END: usize = 60;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_was_answered_is_found_again_after_a_hundred_kills() {
    let seed = match std::env::var("MOTCUA_SEED") {
        Ok(given) => given.parse().unwrap(),
        Err(_) => SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs(),
    };
    println!("MOTCUA_SEED={seed}");
    let mut dice = Dice::new(seed);
    let mut house = House::open("kills", 1).await;
    let ledger = Ledger::of(&house);
    let mut head = ledger.center.head();
    audit(&ledger, &mut head).await;
    let mut people = People::start(&ledger, &mut dice, Crowd { tickets: 0, ..Crowd::TIRELESS });

    let begun = Instant::now();
    let mut under_load = 0;
    let mut messages = Vec::new();
    for kill in 0..KILLS {
        let reading = kill % MESSAGE_ONE_IN == 0;
        if reading {
            messages.push(ReadMessage::arrive(&house, &mut head, &format!("Tin thứ {kill}")).await);
        }
        // Counted before they come: once in, they may all have been answered before we look again.
        let before = ledger.count();
        people.let_in(CITIZENS);
        if dice.index(AT_START_ONE_IN) != 0 {
            let wanted = before + dice.index(ANSWERS_MAX) as u64;
            wait_for("people to be answered", ANSWERED_MAX, async || {
                people.check();
                (ledger.count() > wanted).then_some(())
            })
            .await
            .unwrap();
            under_load += 1;
        }
        // The moment itself is chance: anywhere between two answers, or while the center starts.
        let moment = Instant::now() + Duration::from_micros(dice.index(60_000) as u64);
        if let Some(message) = messages.last_mut().filter(|_| reading) {
            message.read_by(&[1, 2]);
        }
        tokio::time::sleep_until(moment).await;
        let daemon = house.demo.center_process();
        assert!(!daemon.has_ended(), "{}", daemon.last_words());
        daemon.kill_hard().await.unwrap();
        daemon.start_again().unwrap();
        audit(&ledger, &mut head).await;
        if let Some(message) = messages.last_mut().filter(|_| reading) {
            message.is_read(&mut head).await;
        }
    }
    println!("{KILLS} kills in {} s, {under_load} of them under load", begun.elapsed().as_secs());

    people.close().await;
    audit(&ledger, &mut head).await;
    nobody_was_called_twice(&ledger);
    old_answers_stand(&ledger, &mut dice, REPEATED_AT_END).await;
    // Overnight: what lies in the box of votes goes into the journal when the next day begins.
    house.demo.next_morning().await.unwrap();
    let journal = house.books_agree(0).await;
    scans_are_at_the_hub(&house, &ledger).await;

    let books = house.demo.node_books().await.unwrap();
    the_books_hold_what_was_answered(&ledger, &books, 0);
    for message in &mut messages {
        message.is_read(&mut head).await;
    }
    {
        let all = ledger.locked();
        println!(
            "{} tickets, {} calls, {} dossiers, {} scans, {} votes, {} repeats, {} entries",
            all.tickets.len(),
            all.calls.len(),
            all.dossiers.len(),
            all.scans.len(),
            all.votes.len(),
            ledger.repeats(),
            journal.entries.len(),
        );
        assert!(all.tickets.len() > KILLS && all.dossiers.len() > 10 && !all.votes.is_empty());
    }
    house.close().await;
}

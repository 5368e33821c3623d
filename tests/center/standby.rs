//! A second hub process stands by over the same store. Either is killed, or hangs, while people work:
//! the other goes on from the cursors, and nothing is lost, doubled or mixed up.

use crate::house::ledger::{
    Crowd, Ledger, People, audit, scans_are_at_the_hub, the_books_hold_what_was_answered,
};
use crate::house::{ANSWERED_MAX, House};
use dice::Dice;
use motcua::cli::day::client::{As, CenterClient};
use motcua::cli::demo::PASSWORD;
use motcua::cli::demo::processes::{Process, Recipe, free_port, wait_for};
use nix::sys::signal::Signal;
use reqwest::Method;
use serde_json::Value;
use std::time::Duration;

/// How long the standby may take: a hanging process is found out after 15 s, a killed one at once.
const TAKEN_OVER_MAX: Duration = Duration::from_secs(120);
/// So often each of the two is killed.
const KILLS_EACH: usize = 3;

/// One of the two hub processes, as a technician asks it.
struct Asked(CenterClient);

impl Asked {
    fn of(house: &House, address: &str) -> Self {
        let authority = hub::authority::Paths::new(&house.folder.path.join("hub")).lan();
        let who = As::Officer { login: "tinh".to_owned(), password: PASSWORD.to_owned() };
        Self(CenterClient::new(address, &authority, who).unwrap())
    }

    /// Waits until it says of its place at the broker what is wished.
    async fn says(&mut self, broker: &str) {
        let mut last = Value::Null;
        wait_for(&format!("a hub that says {broker}"), TAKEN_OVER_MAX, async || {
            let answer = self.0.send(Method::GET, "/api/v1/health", None, None).await.ok()?;
            last = answer.body;
            (last["broker"] == broker).then_some(())
        })
        .await
        .unwrap_or_else(|error| panic!("{error:#}; last: {last}"));
    }
}

/// People get so many more answers while the province is as it is, and the hub takes their entries.
async fn work_goes_on(ledger: &Ledger, people: &mut People) {
    let wanted = ledger.count() + 25;
    wait_for("people to be answered", ANSWERED_MAX, async || {
        people.check();
        (ledger.count() > wanted).then_some(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn either_of_two_hubs_may_die_or_hang_and_the_other_takes_over() {
    let mut dice = Dice::new(7);
    let mut house = House::open("standby", 1).await;
    let ledger = Ledger::of(&house);
    let mut head = ledger.center.head();
    let port = free_port().unwrap();
    let config = house.folder.path.join("hub.toml").display().to_string();
    let logs = house.folder.path.join("logs");
    let mut recipe = Recipe::own("hub-2", &["hub", "--config", &config], &logs).unwrap();
    recipe.environment = vec![("MOTCUA_HUB_HTTP_LISTEN".to_owned(), format!("127.0.0.1:{port}"))];
    let mut second = recipe.start().unwrap();

    let mut first_says = Asked::of(&house, &house.demo.hub_address());
    let mut second_says = Asked::of(&house, &format!("https://127.0.0.1:{port}"));
    first_says.says("connected").await;
    second_says.says("standby").await;
    let mut people = People::start(&ledger, &mut dice, Crowd::TIRELESS);

    for _ in 0..KILLS_EACH {
        work_goes_on(&ledger, &mut people).await;
        die_and_return(house.demo.hub_process(), &mut second_says, &mut first_says).await;
        work_goes_on(&ledger, &mut people).await;
        die_and_return(&mut second, &mut first_says, &mut second_says).await;
    }
    // One that hangs keeps its connections and its belief; its session at PostgreSQL is ended.
    house.demo.hub_process().signal(Signal::SIGSTOP).unwrap();
    second_says.says("connected").await;
    work_goes_on(&ledger, &mut people).await;
    house.demo.hub_process().signal(Signal::SIGCONT).unwrap();
    first_says.says("standby").await;
    work_goes_on(&ledger, &mut people).await;

    people.close().await;
    audit(&ledger, &mut head).await;
    house.demo.next_morning().await.unwrap();
    house.books_agree(0).await;
    scans_are_at_the_hub(&house, &ledger).await;
    let books = house.demo.node_books().await.unwrap();
    the_books_hold_what_was_answered(&ledger, &books, 0);
    second.stop(Signal::SIGTERM).await;
    house.close().await;
}

/// Kills one, waits until the other serves, and starts the first again, which now stands by.
async fn die_and_return(dies: &mut Process, takes_over: &mut Asked, stands_by: &mut Asked) {
    assert!(!dies.has_ended(), "{}", dies.last_words());
    dies.kill_hard().await.unwrap();
    takes_over.says("connected").await;
    dies.start_again().unwrap();
    stands_by.says("standby").await;
}

//! Many boxes in one process, each with its own enrolment, link and keyed journal: what happens at any
//! of them is at the hub, as it is there.

use crate::house::{CATCH_UP_MAX, House, printed, run};
use motcua::cli::demo::books::{self, JournalState};
use motcua::cli::demo::processes::{Recipe, wait_for};
use motcua::clock::DEMO_MARK;
use nix::sys::signal::Signal;
use std::fs;
use std::path::{Path, PathBuf};

/// Simulated boxes in the process.
const NODES: usize = 12;
/// What happens at each of them.
const EVENTS: usize = 20;
/// A tenth of a second between two events on the average.
const ENTRIES_PER_MINUTE: &str = "600";

/// One of the boxes, as a command finds it.
struct Node {
    name: String,
    config: PathBuf,
}

impl Node {
    fn new(folder: &Path, name: String) -> Self {
        let (data, config) = (folder.join(&name), folder.join(format!("{name}.toml")));
        let text = format!("[node]\nid = \"{name}\"\ndata_folder = {data:?}\n");
        fs::write(&config, text).unwrap();
        Self { name, config }
    }

    /// Everything has happened here, the hub has every entry, and both have the same books.
    async fn agrees(&self, house: &House) -> Option<()> {
        let here = printed(&["check", "journal", "--json"], &self.config).await.ok()?;
        let here: JournalState = serde_json::from_str(&here).unwrap();
        let there = house.at_hub(&["hub", "check", &self.name]).await;
        let there: JournalState = serde_json::from_str(&there).unwrap();
        // What the hub says to the box makes entries, too.
        if here.entries.len() < EVENTS || here.entries != there.entries {
            return None;
        }
        assert!(here.chain_ok && there.chain_ok, "a chain of {} does not hold", self.name);
        let at_node = books::read(&printed(&["books"], &self.config).await.ok()?).unwrap();
        let at_hub = books::read(&house.at_hub(&["hub", "books", &self.name]).await).unwrap();
        (!at_node.rows.is_empty() && at_node == at_hub).then_some(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_books_of_twelve_boxes_of_one_process_are_the_same_at_the_hub() {
    let house = House::open("many", 1).await;
    let folder = house.folder.path.join("many");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(DEMO_MARK), "").unwrap();
    let (mut nodes, mut tokens) = (Vec::new(), String::new());
    for index in 0..NODES {
        // Two units: one has nine boxes at the most, and its first is the whole center beside them.
        let (unit, number) = (["06658", "06652"][index % 2], 2 + index / 2);
        let node = Node::new(&folder, format!("{unit}-{number}"));
        tokens.push_str(&house.at_hub(&["hub", "enrol", &node.name]).await);
        nodes.push(node);
    }
    let file = folder.join("tokens");
    fs::write(&file, tokens).unwrap();
    let hub = house.demo.hub_address();
    let (folder, file, events) =
        (folder.display().to_string(), file.display().to_string(), EVENTS.to_string());
    let arguments = [
        "sim",
        "nodes",
        "--folder",
        &folder,
        "--hub",
        &hub,
        "--tokens",
        &file,
        "--entries-per-minute",
        ENTRIES_PER_MINUTE,
        "--events",
        &events,
    ];
    let logs = house.folder.path.join("logs");
    let mut process = Recipe::own("many", &arguments, &logs).unwrap().start().unwrap();
    for node in &nodes {
        let what = format!("equal books of {}", node.name);
        wait_for(&what, CATCH_UP_MAX, async || {
            assert!(!process.has_ended(), "{}", process.last_words());
            node.agrees(&house).await
        })
        .await
        .unwrap();
    }
    // The whole center beside them is not held up.
    house.books_agree(0).await;
    process.stop(Signal::SIGTERM).await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_demo_of_more_nodes_than_one_machine_bears_is_refused_before_anything_starts() {
    let refused = run(&["demo", "--nodes", "301"], None).await;
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("1 to 300 nodes"), "{said}");
    assert!(refused.stdout.is_empty(), "nothing was started");
}

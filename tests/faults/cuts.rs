//! 18: power cuts. Center and hub stand on disks that forget ([`forgetful_disk`]); while people work,
//! the power of one or of both goes between any two calls of a program, and what nobody had synced is
//! gone, or partly gone, torn and out of order. After each cut everything that was answered must be
//! there: at the center what people were told, at the hub what it had acknowledged; at the end all the
//! oracles are asked.
//!
//! The same with a center that does not sync, with a disk that leaves out the sync of folders, and with
//! a hub whose disk does not sync must lose something: that shows that this would be noticed.

use crate::power::Machine;
use crate::province::{NODE, times};
use crate::run::{Run, Told, must_disturb};
use anyhow::{Context, ensure};
use dice::Dice;
use forgetful_disk::{LOSSES, Lie, Loss, Lost};
use house::ledger::{
    Crowd, Ledger, People, audit, nobody_was_called_twice, old_answers_stand, scans_are_at_the_hub,
    the_books_hold_what_was_answered, votes_in_the_box,
};
use house::{CATCH_UP_MAX, Folder, House, get, scaled};
use motcua::cli::day::client::CenterClient;
use motcua::cli::demo::Place;
use motcua::cli::demo::processes::{Process, wait_for};
use motcua::identity::Identity;
use nix::sys::signal::Signal;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;
use store::records::BlobState;
use store::{Onlooker, query};

/// A cut comes at most so many changes of the disk after people were answered again.
const CHANGES_AT_CENTER: usize = 300;
const CHANGES_AT_HUB: usize = 600;
/// Before each cut so many answers are waited for, at most.
const ANSWERS_MAX: usize = 12;
/// Nothing may be so quiet that an appointed change does not come.
const CUT_MAX: Duration = Duration::from_secs(180);
/// A province whose day has so many tickets is replaced by a fresh one.
const TICKETS_MAX: usize = 2_800;
/// So many old requests are sent again at the end.
const REPEATED_AT_END: usize = 30;
/// People who are always at something, and yet make the day's numbers do for many cuts.
const CROWD: Crowd =
    Crowd { kiosks: 2, officers: 3, rest: Duration::from_millis(120), ..Crowd::TIRELESS };

/// What loses its power.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hit {
    Center,
    Hub,
    Both,
}

/// A province on two disks.
struct Machines {
    house: House,
    center_disk: Machine,
    hub_disk: Machine,
    ledger: Arc<Ledger>,
    head: CenterClient,
}

/// What the cuts did.
#[derive(Default)]
struct Tally {
    lost: Lost,
    hits: [usize; 3],
    losses: BTreeMap<String, usize>,
    nothing: usize,
    in_flight: u64,
    tried_again: u64,
    entries: usize,
}

/// 18: as often as was asked for.
pub async fn power_cut(run: &mut Run) -> anyhow::Result<Told> {
    ensure!(run.cuts > 0, "--cuts 0 cuts nothing");
    let mut dice = run.dice.clone();
    let mut tally = Tally::default();
    let mut left = run.cuts;
    while left > 0 {
        let mut machines = Machines::open("cuts", &mut dice).await?;
        let done = async {
            let done = machines.cuts(left, &mut dice, &mut tally).await?;
            machines.at_the_end(&mut dice, &mut tally).await?;
            anyhow::Ok(done)
        };
        let done = done.await;
        left -= machines.leave(done).await?;
        eprintln!("faults: {} of {} power cuts", run.cuts - left, run.cuts);
    }
    let caught = [
        ("a center that does not sync lost", unsynced_center(&mut dice).await?, "tickets"),
        ("folders that are not synced lost", unsynced_folders(&mut dice).await?, "scans"),
        ("a hub that does not sync lost", unsynced_hub(&mut dice).await?, "acknowledged things"),
    ];
    for (what, lost, of) in caught {
        ensure!(lost > 0, "{what} no {of}: this test would not notice a loss");
    }
    let caught = caught.map(|(what, lost, of)| format!("{what} {lost} {of}"));
    let Tally { lost, hits: [center, hub, both], losses, nothing, .. } = &tally;
    let losses: Vec<String> = losses.iter().map(|(way, count)| format!("{count} {way}")).collect();
    let disturbed = format!(
        "{} unsynced writes ({} KiB) and {} unsynced names gone, {} more survived, {nothing} cuts \
         found nothing unsynced, {} requests in flight at the cuts, {} requests tried again, {} \
         entries the same at both ends",
        lost.writes,
        lost.bytes / 1024,
        lost.names,
        lost.survived,
        tally.in_flight,
        tally.tried_again,
        tally.entries,
    );
    let noticed = lost.writes > 0 && tally.in_flight > 0 && tally.tried_again > 0;
    must_disturb(noticed && *nothing < run.cuts, &disturbed)?;
    Ok(Told {
        injected: format!(
            "{} power cuts: {center} of the center, {hub} of the hub, {both} of both (left of what \
             nobody had synced: {}); must lose: {}",
            run.cuts,
            losses.join(", "),
            caught.join(", "),
        ),
        disturbed,
    })
}

impl Machines {
    async fn open(name: &str, dice: &mut Dice) -> anyhow::Result<Self> {
        let folder = Folder::new(&format!("{name}-{}", dice.below(1_000_000)));
        let center_disk = Machine::new(&folder.path.join(NODE).join("data"))?;
        let mut hub_disk = Machine::new(&folder.path.join("hub-disk"))?;
        hub_disk.show("postgres", &folder.path.join("postgres"))?;
        hub_disk.show("hub", &folder.path.join("hub"))?;
        let house = House::open_with(folder, 1, Place::default(), Some(times())).await;
        // What the test itself wrote while it prepared the province is not what is tried.
        center_disk.settle()?;
        hub_disk.settle()?;
        let ledger = Ledger::of(&house);
        let head = ledger.center.head();
        Ok(Self { house, center_disk, hub_disk, ledger, head })
    }

    /// Cuts until there were enough, or the day's numbers are used up; how many there were.
    async fn cuts(
        &mut self,
        most: usize,
        dice: &mut Dice,
        tally: &mut Tally,
    ) -> anyhow::Result<usize> {
        self.ledger.center.link_is(&["online"], CATCH_UP_MAX).await;
        let mut people = People::start(&self.ledger, dice, CROWD);
        let mut done = 0;
        while done < most && self.ledger.locked().tickets.len() < TICKETS_MAX {
            let hit = match dice.below(20) {
                0..10 => Hit::Center,
                10..17 => Hit::Hub,
                _ => Hit::Both,
            };
            let wanted = self.ledger.count() + 1 + dice.index(ANSWERS_MAX) as u64;
            wait_for("people to be answered", scaled(CUT_MAX), async || {
                people.check();
                (self.ledger.count() >= wanted).then_some(())
            })
            .await?;
            self.cut(hit, dice, tally).await.with_context(|| format!("cut {done}, {hit:?}"))?;
            tally.hits[hit as usize] += 1;
            done += 1;
        }
        people.close().await;
        Ok(done)
    }

    /// One cut, and the questions after it.
    async fn cut(&mut self, hit: Hit, dice: &mut Dice, tally: &mut Tally) -> anyhow::Result<()> {
        let (center, hub) = (hit != Hit::Hub, hit != Hit::Center);
        if center {
            self.center_disk.cut_after(dice.index(CHANGES_AT_CENTER) as u64)?;
        }
        if hub {
            self.hub_disk.cut_after(dice.index(CHANGES_AT_HUB) as u64)?;
        }
        wait_for("the power to go", scaled(CUT_MAX), async || {
            let gone = |disk: &Machine| disk.is_cut().unwrap_or(true);
            ((center && gone(&self.center_disk)) || (hub && gone(&self.hub_disk))).then_some(())
        })
        .await?;
        tally.in_flight += self.ledger.under_way();
        let loss = LOSSES[dice.index(LOSSES.len())];
        *tally.losses.entry(left_of(loss).to_owned()).or_default() += 1;
        let mut lost = Lost::default();
        // Of two the other may have been quiet: now it goes, too.
        if center {
            self.center_disk.cut()?;
            self.center_dies().await?;
            lost = lost.and(self.center_disk.restore(loss, dice.roll())?);
        }
        if hub {
            self.hub_disk.cut()?;
            self.hub_dies().await?;
            lost = lost.and(self.hub_disk.restore(loss, dice.roll())?);
        }
        tally.lost = tally.lost.and(lost);
        tally.nothing += usize::from(lost.is_nothing());
        if center {
            self.house.demo.center_process().start_again()?;
            self.ledger.center.is_up().await;
        }
        if hub {
            self.house.demo.cluster().start_again()?;
            // Before the hub runs: it would be sent again what it lost, and nobody would notice.
            let missing = self.hub_lacks().await?;
            ensure!(missing.is_empty(), "{loss:?}: the hub acknowledged and lost {missing:?}");
            self.house.demo.hub_process().start_again()?;
            self.house.demo.wait_hub().await?;
        }
        if center {
            audit(&self.ledger, &mut self.head).await;
            let missing = self.scans_lost()?;
            ensure!(missing == 0, "{loss:?}: {missing} scans were answered and are nowhere");
        }
        Ok(())
    }

    /// Killed while it waits for its disk: nothing that it did after the cut is heard by anybody.
    async fn center_dies(&mut self) -> anyhow::Result<()> {
        dies(self.house.demo.center_process(), &self.center_disk).await
    }

    async fn hub_dies(&mut self) -> anyhow::Result<()> {
        dies(self.house.demo.hub_process(), &self.hub_disk).await?;
        // It may have given up already, and leaves nothing behind then.
        match self.house.demo.cluster().kill_hard() {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::InvalidInput => Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error).context("PostgreSQL does not die"),
        }
    }

    fn tables(&self) -> anyhow::Result<Onlooker> {
        let center = &self.ledger.center;
        let settings = motcua::settings::Settings::load_from(Some(&center.config), &[])?;
        let identity = Identity::load(&center.data)?;
        Ok(Onlooker::open(&motcua::center::store_config(&settings, &identity))?)
    }

    /// What the center has the hub's signed word for, and the hub has not.
    async fn hub_lacks(&self) -> anyhow::Result<Vec<String>> {
        let (acked, blobs) = {
            let tables = self.tables()?;
            let acked = tables.readers().read_now(query::cursors::uplink)?;
            (acked.map_or(0, |cursor| cursor.seq), tables.readers().read_now(query::blobs::all)?)
        };
        let settings = self.house.hub_settings();
        let (entries, chain_ok) = hub::cli::journal(&settings, NODE).await?;
        let mut missing = Vec::new();
        if !chain_ok {
            missing.push("the chain".to_owned());
        }
        let last = entries.last().map_or(0, |(seq, _)| *seq);
        missing.extend((last + 1..=acked).map(|seq| format!("entry {seq}")));
        let whole: BTreeSet<String> = hub::cli::blobs(&settings).await?.into_iter().collect();
        missing.extend(
            blobs
                .iter()
                .filter(|blob| blob.state == BlobState::AtHub)
                .map(|blob| journal::hex::encode(&blob.sha256))
                .filter(|name| !whole.contains(name))
                .map(|name| format!("the scan {name}")),
        );
        Ok(missing)
    }

    /// Scans that people were told are stored, and that lie neither here, whole, nor at the hub.
    fn scans_lost(&self) -> anyhow::Result<usize> {
        // What is answered after this look at the ledger is not asked for.
        let answered = self.ledger.locked().scans.clone();
        let tables = self.tables()?;
        let rows = tables.readers().read_now(query::blobs::all)?;
        let known: HashMap<String, BlobState> =
            rows.iter().map(|row| (journal::hex::encode(&row.sha256), row.state)).collect();
        let blobs = tables.blobs();
        let lost = answered.iter().filter(|name| match known.get(*name) {
            Some(BlobState::AtHub) => false,
            Some(_) => !journal::hex::decode_array(name).is_some_and(|hash| {
                blobs.read(&hash).is_ok_and(|bytes| journal::entry::sha256(&bytes) == hash)
            }),
            None => true,
        });
        Ok(lost.count())
    }

    /// Everything is asked once more when all has come to rest.
    async fn at_the_end(&mut self, dice: &mut Dice, tally: &mut Tally) -> anyhow::Result<()> {
        self.ledger.center.link_is(&["online"], CATCH_UP_MAX).await;
        audit(&self.ledger, &mut self.head).await;
        nobody_was_called_twice(&self.ledger);
        old_answers_stand(&self.ledger, dice, REPEATED_AT_END).await;
        scans_are_at_the_hub(&self.house, &self.ledger).await;
        let missing = self.scans_lost()?;
        ensure!(missing == 0, "{missing} scans are nowhere");
        self.house.demo.next_morning().await?;
        let in_the_box = votes_in_the_box(&self.ledger.center).await;
        let journal = self.house.books_agree(0).await;
        let books = self.house.demo.node_books().await?;
        the_books_hold_what_was_answered(&self.ledger, &books, in_the_box);
        let connection = self.house.hub_settings().postgres.connection;
        let (client, connection) =
            tokio_postgres::connect(&connection, tokio_postgres::NoTls).await?;
        tokio::spawn(connection);
        crate::history::compare(&client, NODE, &self.ledger, in_the_box).await?;
        tally.tried_again += self.ledger.tried_again();
        tally.entries += journal.entries.len();
        Ok(())
    }

    /// Ends the province; what it was used for is passed on. Its folder stays when that failed.
    async fn leave<T>(self, used: anyhow::Result<T>) -> anyhow::Result<T> {
        let Self { house, center_disk, hub_disk, .. } = self;
        let House { demo, mut folder } = house;
        if used.is_err() {
            folder.keep();
        }
        demo.stop().await;
        drop((center_disk, hub_disk));
        drop(folder);
        used
    }

    /// Tickets that people hold and the center does not know.
    async fn tickets_lost(&mut self) -> usize {
        let listed = get(&mut self.head, "/api/v1/tickets").await;
        let there: BTreeSet<&str> = listed["tickets"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|ticket| ticket["id"].as_str())
            .collect();
        let answered = self.ledger.locked();
        answered.tickets.values().filter(|(_, id, _)| !there.contains(id.as_str())).count()
    }

    /// People work until there are so many more scans, and go home.
    async fn some_work(&mut self, dice: &mut Dice, scans: usize) -> anyhow::Result<()> {
        let mut people = People::start(&self.ledger, dice, CROWD);
        let wanted = self.ledger.locked().scans.len() + scans;
        wait_for("people to bring scans", scaled(CUT_MAX), async || {
            people.check();
            (self.ledger.locked().scans.len() >= wanted).then_some(())
        })
        .await?;
        people.close().await;
        Ok(())
    }

    /// Of what nobody had synced at the center, nothing is left.
    async fn cut_center_barely(&mut self) -> anyhow::Result<()> {
        self.center_disk.cut()?;
        self.center_dies().await?;
        self.center_disk.restore(Loss::All, 1)?;
        self.house.demo.center_process().start_again()?;
        self.ledger.center.is_up().await;
        Ok(())
    }
}

async fn dies(process: &mut Process, disk: &Machine) -> anyhow::Result<()> {
    ensure!(!process.has_ended(), "{}", process.last_words());
    process.signal(Signal::SIGKILL)?;
    disk.let_go()?;
    process.ended().await?;
    Ok(())
}

/// What is left of the things that nobody had synced, in a word.
fn left_of(loss: Loss) -> &'static str {
    match loss {
        Loss::All => "nothing",
        Loss::Data => "names alone",
        Loss::Names => "data alone",
        Loss::Later => "the earlier part",
        Loss::Some => "any part",
    }
}

/// The center runs with synchronous=OFF: how many tickets a cut takes.
async fn unsynced_center(dice: &mut Dice) -> anyhow::Result<usize> {
    let mut machines = Machines::open("cuts-unsynced", dice).await?;
    let used = async {
        machines.house.demo.center_process().kill_hard().await?;
        std::fs::write(machines.ledger.center.data.join("UNSYNCED"), b"")?;
        machines.center_disk.settle()?;
        machines.house.demo.center_process().start_again()?;
        machines.ledger.center.is_up().await;
        machines.some_work(dice, 1).await?;
        machines.cut_center_barely().await?;
        Ok(machines.tickets_lost().await)
    };
    let used = used.await;
    machines.leave(used).await
}

/// The center's disk leaves out the sync of folders, and the hub is away: how many scans a cut takes.
async fn unsynced_folders(dice: &mut Dice) -> anyhow::Result<usize> {
    let mut machines = Machines::open("cuts-folders", dice).await?;
    let used = async {
        machines.house.demo.hub_process().kill_hard().await?;
        machines.center_disk.lie(Lie { folders: true, files: false })?;
        machines.some_work(dice, 3).await?;
        machines.cut_center_barely().await?;
        let tickets = machines.tickets_lost().await;
        ensure!(tickets == 0, "{tickets} tickets were lost, too: only their folder was synced");
        machines.scans_lost()
    };
    let used = used.await;
    machines.leave(used).await
}

/// The hub's disk does not sync: how much of what it acknowledged a cut takes.
async fn unsynced_hub(dice: &mut Dice) -> anyhow::Result<usize> {
    let mut machines = Machines::open("cuts-hub", dice).await?;
    let used = async {
        machines.hub_disk.lie(Lie { folders: false, files: true })?;
        machines.some_work(dice, 1).await?;
        machines.hub_disk.cut()?;
        machines.hub_dies().await?;
        machines.hub_disk.restore(Loss::All, 1)?;
        // Its files may be so torn that it does not start at all: then everything is lost.
        match machines.house.demo.cluster().start_again() {
            Ok(()) => Ok(machines.hub_lacks().await?.len()),
            Err(_) => Ok(machines.ledger.locked().tickets.len()),
        }
    };
    let used = used.await;
    machines.leave(used).await
}

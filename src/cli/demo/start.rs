//! Brings a demo up, in the order in which its parts need each other.

use super::center_files::{CenterFiles, write_clock};
use super::folder::Folder;
use super::many::Coming;
use super::processes::{Recipe, free_port, wait_for};
use super::restarts::Restarts;
use super::{
    Center, Demo, LinkTimes, NODES, PASSWORD, TECHNICIAN, UP_MAX, Wish, listens, run, say,
};
use crate::cli::history;
use crate::clock::{DEMO_MARK, RateClock};
use anyhow::Context;
use jiff::Timestamp;
use std::path::{Path, PathBuf};

/// Which years lie behind a demo's center, where some do.
const HISTORY_SEED: u64 = 1;

impl Demo {
    /// Brings everything up.
    ///
    /// # Errors
    /// A part is missing or does not come up; what it said is in its log, named in the error.
    pub async fn start(wish: &Wish) -> anyhow::Result<Self> {
        // What is made first is dropped last: a demo that is stopped here leaves nothing behind.
        let folder = Folder::new(wish.folder.as_deref())?;
        let logs = folder.path().join("logs");
        std::fs::create_dir_all(&logs)?;
        std::fs::write(folder.path().join(DEMO_MARK), "")?;
        let clock = RateClock {
            real_start_us: Timestamp::now().as_microsecond(),
            virtual_start_us: if wish.rate > 1.0 { this_morning()? } else { Timestamp::now() }
                .as_microsecond(),
            rate: wish.rate,
        };

        say("PostgreSQL");
        let cluster = hub::testing::Cluster::start(&folder.path().join("postgres"))
            .context("PostgreSQL không khởi động; cài bằng ./provision/setup / PostgreSQL does not start; ./provision/setup installs it")?;
        let database = cluster.database("motcua").await.context("the hub's database")?;
        say("the hub's keys and files");
        let (hub_port, broker_port) = (free_port()?, free_port()?);
        let hub_config = write_hub_config(folder.path(), &database, wish, (hub_port, broker_port))?;
        let hub_arg = hub_config.display().to_string();
        run(&["hub", "init", "--config", &hub_arg], &logs).await?;
        run(
            &["hub", "technician", TECHNICIAN, "--password", PASSWORD, "--config", &hub_arg],
            &logs,
        )
        .await?;
        // One day for all of the demo: what the hub gives for today is for the center's today.
        let hub_data = hub_folder(folder.path());
        std::fs::write(hub_data.join(DEMO_MARK), "")?;
        write_clock(&hub_data, &clock)?;
        say("mosquitto");
        let broker = Recipe {
            name: "mosquitto".into(),
            program: "/usr/sbin/mosquitto".into(),
            arguments: vec![
                "-c".into(),
                folder.path().join("hub/broker/mosquitto.conf").display().to_string(),
            ],
            environment: Vec::new(),
            logs: logs.clone(),
        }
        .start()
        .context("mosquitto không khởi động; cài bằng ./provision/setup / mosquitto does not start; ./provision/setup installs it")?;
        say("the hub");
        let hub = Recipe::own("hub", &["hub", "--config", &hub_arg], &logs)?.start()?;
        let mut demo = Self {
            clock,
            hub_config,
            hub_port,
            broker_port,
            place: wish.place.clone(),
            times: wish.times,
            centers: Vec::new(),
            simulated: Vec::new(),
            coming: Coming::default(),
            hub,
            broker,
            cluster,
            restarts: Restarts::default(),
            folder,
        };
        if let Err(error) = demo.start_rest(wish, broker_port).await {
            let logs = demo.logs();
            demo.folder.keep();
            demo.stop().await;
            return Err(
                error.context(format!("nhật ký kỹ thuật ở / the logs are in {}", logs.display()))
            );
        }
        Ok(demo)
    }

    async fn start_rest(&mut self, wish: &Wish, broker_port: u16) -> anyhow::Result<()> {
        self.wait_hub().await?;
        for (index, (node, name)) in NODES.iter().take(wish.nodes.clamp(1, NODES.len())).enumerate()
        {
            say(&format!("center {node} ({name})"));
            let center = self.start_center(index, (node, name), wish.years, broker_port).await?;
            self.centers.push(center);
            let center = &mut self.centers[index];
            wait_for("the center to answer", UP_MAX, async || {
                if center.daemon.has_ended() {
                    return Some(false);
                }
                listens(center.files.web_address()).await.map(|()| true)
            })
            .await?
            .then_some(())
            .with_context(|| center.daemon.last_words())?;
        }
        self.start_simulated(wish.nodes.saturating_sub(NODES.len())).await
    }

    async fn start_center(
        &self,
        index: usize,
        (node, name): (&str, &str),
        years: u32,
        broker_port: u16,
    ) -> anyhow::Result<Center> {
        let logs = self.logs();
        let mut files = CenterFiles::new(
            self.folder.path(),
            (node, name),
            index == 0,
            &self.place,
            self.times,
        )?;
        files.write_clock(&self.clock)?;
        let hub_arg = self.hub_config.display().to_string();
        let token = run(&["hub", "enrol", node, "--config", &hub_arg], &logs).await?;
        let config = files.config.display().to_string();
        let hub_url = self.hub_address();
        let sheet = run(
            &["center", "enrol", "--config", &config, "--hub", &hub_url, "--token", token.trim()],
            &logs,
        )
        .await?;
        std::fs::write(files.folder.join("recovery-sheet.txt"), sheet)?;
        if self.place.is_one_host() {
            files.put_line_before_broker(broker_port)?;
        }
        if years > 0 {
            // Before accounts and tokens, which lie in the store, too.
            let (data, plan) = (files.folder.join("data"), history::usual(years, HISTORY_SEED)?);
            tokio::task::spawn_blocking(move || history::fill(&data, &plan)).await??;
        }
        files.add_accounts(&logs).await?;
        let mut others = Vec::new();
        for recipe in files.simulators(&logs, broker_port)? {
            others.push(recipe.start()?);
        }
        files.wait_simulators().await?;
        let daemon =
            Recipe::own(&format!("center-{node}"), &["center", "--config", &config], &logs)?
                .at(&self.place)
                .start()?;
        Ok(Center { files, daemon, others })
    }
}

/// 07:30 of today in Viet Nam.
fn this_morning() -> anyhow::Result<Timestamp> {
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(7));
    let day = Timestamp::now().to_zoned(zone.clone()).date();
    Ok(day.at(7, 30, 0, 0).to_zoned(zone)?.timestamp())
}

/// Where the hub keeps its files.
fn hub_folder(folder: &Path) -> PathBuf {
    folder.join("hub")
}

fn write_hub_config(
    folder: &Path,
    connection: &str,
    wish: &Wish,
    (hub_port, broker_port): (u16, u16),
) -> anyhow::Result<PathBuf> {
    let hub = wish.place.hub;
    let link = wish.times.map(LinkTimes::for_hub).unwrap_or_default();
    let data = hub_folder(folder);
    std::fs::create_dir_all(&data)?;
    let config = std::env::current_dir()?.join("config");
    let (units, services) = (config.join("units/centers.csv"), config.join("queue/services.toml"));
    let points = config.join("units/points.csv");
    let text = format!(
        "data_folder = {data:?}\ncenters_file = {units:?}\npoints_file = {points:?}\n\
         services_file = {services:?}\n\
         [http]\nlisten = \"{hub}:{hub_port}\"\nnames = [\"localhost\", \"{hub}\"]\n\
         [postgres]\nconnection = {connection:?}\n\
         [broker]\nhost = \"{hub}\"\nport = {broker_port}\nlisten = \"{hub}\"\n\
         names = [\"localhost\", \"{hub}\", \"127.0.0.1\"]\n\
         [authority]\noffline_folder = {:?}\n{link}",
        data.join("offline")
    );
    let file = folder.join("hub.toml");
    std::fs::write(&file, text)?;
    Ok(file)
}

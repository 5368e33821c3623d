//! A province of processes on this machine for the figures that need one: hub, broker, PostgreSQL, a
//! center with its simulated devices. The center's numbers are as many as they may be.

use crate::desk::WIDE_SERVICES;
use anyhow::Context;
use motcua::cli::day::Site;
use motcua::cli::day::client::{As, CenterClient};
use motcua::cli::demo::processes::set_own_program;
use motcua::cli::demo::{Demo, Place, Wish};
use motcua::identity::Identity;
use motcua::settings::Settings;
use std::path::{Path, PathBuf};
use store::StoreConfig;
use tempfile::TempDir;

/// Its center.
pub const NODE: &str = "06658-1";
/// The other one, where there are two.
pub const SECOND_NODE: &str = "06652-1";

/// A province that is up.
pub struct Province {
    /// The processes.
    pub demo: Demo,
    /// The center as people know it.
    pub site: Site,
    folder: TempDir,
}

impl Province {
    /// Starts it. The programs are those that were built beside this one.
    pub async fn start() -> anyhow::Result<Self> {
        Self::start_at(Place::default(), 1).await
    }

    /// Starts one whose center has made-up years behind it.
    pub async fn start_after(years: u32) -> anyhow::Result<Self> {
        Self::start_with(Place::default(), 1, years).await
    }

    /// Starts one whose two ends stand somewhere, with so many centers.
    pub async fn start_at(place: Place, nodes: usize) -> anyhow::Result<Self> {
        Self::start_with(place, nodes, 0).await
    }

    async fn start_with(place: Place, nodes: usize, years: u32) -> anyhow::Result<Self> {
        let own = std::env::current_exe()?;
        let program = own.parent().context("no folder")?.join("motcua");
        anyhow::ensure!(program.exists(), "{} is not built", program.display());
        set_own_program(&program);
        let folder = tempfile::Builder::new()
            .prefix("motcua-bench-")
            .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .tempdir()?;
        // The demo reads the province's data from where it is started.
        let data = folder.path().join("program");
        copy(&repository()?.join("config"), &data.join("config"))?;
        std::fs::write(data.join("config/queue/services.toml"), WIDE_SERVICES())?;
        std::env::set_current_dir(&data)?;
        let wish = Wish {
            nodes,
            rate: 1.0,
            folder: Some(folder.path().join("province")),
            place,
            times: None,
            years,
        };
        std::fs::create_dir_all(folder.path().join("province"))?;
        let demo = Demo::start(&wish).await?;
        let site = demo.site()?;
        Ok(Self { demo, site, folder })
    }

    /// Where it lies.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// How its center's store is opened.
    pub fn store_config(&self) -> anyhow::Result<StoreConfig> {
        let center = self.folder.path().join("province").join(NODE);
        let settings = Settings::load_from(Some(&center.join("center.toml")), &[])?;
        let identity = Identity::load(&center.join("data"))?;
        Ok(motcua::center::store_config(&settings, &identity))
    }

    /// A load generator, which may press faster than a citizen at a kiosk.
    pub fn kiosk(&self) -> anyhow::Result<CenterClient> {
        let who = As::Device(self.site.load_token.clone());
        CenterClient::new(&self.site.base, &self.site.authority, who)
    }

    /// Ends everything.
    pub async fn stop(self) {
        self.demo.stop().await;
    }
}

/// The repository in which this was built, or the folder in which it is started.
pub fn repository() -> anyhow::Result<PathBuf> {
    let here = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let root = if here.join("config").exists() { here } else { std::env::current_dir()? };
    Ok(root.canonicalize()?)
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

//! A clock that can be turned: libfaketime's stands between the center's daemon and the system, for
//! this process alone. The monotonic clocks are left alone, as a jump leaves them.

use crate::House;
use crate::host::NEW_BOOT;
use anyhow::{Context, ensure};
use motcua::clock::{DEMO_CLOCK, DEMO_MARK};
use nix::sys::signal::Signal;
use std::path::{Path, PathBuf};

/// Where Debian puts it.
const LIBRARY: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";

/// The clock of a house's first center, which runs as in the field, without a demo's mark and clock.
pub struct FakeClock {
    setting: PathBuf,
    boot: PathBuf,
}

impl FakeClock {
    /// Stops the center and takes the demo's time away from it and from the hub.
    pub async fn of(house: &mut House) -> anyhow::Result<Self> {
        ensure!(
            Path::new(LIBRARY).exists(),
            "{LIBRARY} is missing; ./provision/setup installs faketime"
        );
        let folder = &house.folder.path;
        let clock = Self { setting: folder.join("faketime"), boot: folder.join("boot-id") };
        clock.set(0)?;
        let data = house.center(0).data;
        house.demo.center_process().stop(Signal::SIGTERM).await;
        // The hub, which tells a center what time it is, goes by the true time as well.
        house.demo.hub_process().stop(Signal::SIGTERM).await;
        for of in [&data, &house.folder.path.join("hub")] {
            for file in [DEMO_MARK, DEMO_CLOCK] {
                let file = of.join(file);
                std::fs::remove_file(&file).with_context(|| file.display().to_string())?;
            }
        }
        house.demo.hub_process().start_again()?;
        house.demo.wait_hub().await?;
        Ok(clock)
    }

    /// Sets it so many seconds from the true time, at once.
    pub fn set(&self, seconds: i64) -> anyhow::Result<()> {
        // Written beside and renamed: the daemon may read it at any moment.
        let new = self.setting.with_extension("new");
        std::fs::write(&new, format!("{seconds:+}\n"))?;
        std::fs::rename(new, &self.setting)?;
        Ok(())
    }

    /// Starts the center again after it ended, with this clock; also after the machine was off.
    pub fn start(&self, house: &mut House, new_boot: bool) -> anyhow::Result<()> {
        let (setting, boot) = (self.setting.display().to_string(), self.boot.display().to_string());
        let mut environment = vec![
            ("LD_PRELOAD", LIBRARY),
            ("FAKETIME_TIMESTAMP_FILE", setting.as_str()),
            ("FAKETIME_NO_CACHE", "1"),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ];
        if new_boot {
            environment.push((NEW_BOOT, &boot));
        }
        house.demo.center_process().start_again_with(&environment)
    }
}

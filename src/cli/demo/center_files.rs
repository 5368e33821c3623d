//! The files, ports and simulated devices of one center of a demo.

mod devices;

use super::processes::free_port;
use super::{LinkTimes, PASSWORD, Place, run};
use crate::cli::day::Site;
use crate::clock::{DEMO_CLOCK, DEMO_MARK, RateClock};
use anyhow::{Context, bail};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

pub use devices::SignSeen;

/// The link of a demo notices sooner and comes back sooner than one in the field.
const USUAL_TIMES: &str =
    "backoff_first_seconds = 0.2\nbackoff_max_seconds = 3.0\nkeepalive_seconds = 5\n";
/// The counters of a demo center.
pub const COUNTERS: &[u16] = &[1, 2, 3, 4];
/// Who works at them, in the same order.
pub const OFFICERS: &[&str] = &["Nguyễn Thị Hồng", "Trần Văn Nam", "Phạm Thu Hà", "Lê Quang Minh"];
/// The counter whose card reader is simulated.
pub const READER_COUNTER: u16 = 1;
/// The counter over which a screen hangs.
pub const SCREEN_COUNTER: u16 = 1;
/// The login of its head.
pub const HEAD: &str = "giam-doc";
/// The login of the officer of a counter.
#[must_use]
pub fn officer_of(counter: u16) -> String {
    format!("officer-{counter}")
}

/// One center's files and ports.
#[derive(Debug)]
pub struct CenterFiles {
    /// Its folder in the demo's.
    pub folder: PathBuf,
    /// Its settings.
    pub config: PathBuf,
    /// Its console's port.
    pub web_port: u16,
    /// Where its line takes orders.
    pub line_control: SocketAddr,
    /// Where its printer takes orders.
    pub printer_control: SocketAddr,
    line_port: u16,
    printer_port: u16,
    reader_control: SocketAddr,
    signs: Vec<Sign>,
    kiosk_token: String,
    hall_token: String,
    counter_token: String,
    load_token: String,
    tablet_tokens: Vec<(u16, String)>,
    with_devices: bool,
    place: Place,
}

#[derive(Debug)]
struct Sign {
    counter: u16,
    port: u16,
    control: SocketAddr,
}

impl CenterFiles {
    /// Chooses ports and writes the settings.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn new(
        demo: &Path,
        (node, name): (&str, &str),
        with_devices: bool,
        place: &Place,
        times: Option<LinkTimes>,
    ) -> anyhow::Result<Self> {
        let folder = demo.join(node);
        let data = folder.join("data");
        std::fs::create_dir_all(&data)?;
        std::fs::write(data.join(DEMO_MARK), "")?;
        let control = || free_port().map(|port| SocketAddr::new(place.center, port));
        let mut signs = Vec::new();
        for &counter in COUNTERS {
            signs.push(Sign { counter, port: free_port()?, control: control()? });
        }
        let files = Self {
            config: folder.join("center.toml"),
            web_port: free_port()?,
            line_control: control()?,
            printer_control: control()?,
            line_port: free_port()?,
            printer_port: free_port()?,
            reader_control: control()?,
            signs,
            kiosk_token: String::new(),
            hall_token: String::new(),
            counter_token: String::new(),
            load_token: String::new(),
            tablet_tokens: Vec::new(),
            with_devices,
            place: place.clone(),
            folder,
        };
        files.write_config(node, name, &data, times)?;
        Ok(files)
    }

    fn write_config(
        &self,
        node: &str,
        name: &str,
        data: &Path,
        times: Option<LinkTimes>,
    ) -> anyhow::Result<()> {
        use std::fmt::Write as _;
        let link = times.map_or_else(|| USUAL_TIMES.to_owned(), LinkTimes::for_center);
        let unit = node.split('-').next().unwrap_or(node);
        let program = std::env::current_dir()?;
        let mut text = format!(
            "[node]\nid = \"{node}\"\n\
             unit_name = \"Trung tâm Phục vụ hành chính công {name}\"\n\
             dossier_code_start = \"H49.{unit}\"\ndata_folder = {data:?}\n\
             [web]\nlisten = \"{}\"\nnames = [\"{}\"]\n\
             [folders]\ncatalogue = {:?}\ncalendar = {:?}\nunits = {:?}\nqueue = {:?}\n\
             retention = {:?}\nforms = {:?}\nvoice = {:?}\n\
             [link]\n{link}\
             [discovery]\nenabled = false\n",
            self.address(self.web_port),
            self.place.center,
            program.join("config/catalogue"),
            program.join("config/calendar"),
            program.join("config/units"),
            program.join("config/queue"),
            program.join("config/retention"),
            program.join("config/forms"),
            program.join("config/voice"),
        );
        if self.with_devices {
            // One printer stands for all: the hall's and the counters'.
            text.push_str("[dossier]\nslip_printers = [\"printer-1\"]\n");
            for sign in &self.signs {
                // The first sign hangs on a serial line, the others on the network.
                let transport = if sign.counter == READER_COUNTER {
                    format!("{{ kind = \"serial\", path = {:?} }}", self.folder.join("sign-1"))
                } else {
                    format!("{{ kind = \"tcp\", address = \"{}\" }}", self.address(sign.port))
                };
                let _ = write!(
                    text,
                    "[[device]]\nid = \"sign-{0}\"\ndriver = \"led_alpha\"\ncounter = {0}\n\
                     transport = {transport}\n",
                    sign.counter
                );
            }
            let _ = write!(
                text,
                "[[device]]\nid = \"printer-1\"\ndriver = \"printer_escpos\"\n\
                 transport = {{ kind = \"tcp\", address = \"{}\" }}\n\
                 [[device]]\nid = \"reader-1\"\ndriver = \"reader_qr\"\ncounter = {READER_COUNTER}\n\
                 transport = {{ kind = \"serial\", path = {:?} }}\n",
                self.address(self.printer_port),
                self.folder.join("reader-1"),
            );
        }
        std::fs::write(&self.config, text).with_context(|| self.config.display().to_string())
    }

    fn address(&self, port: u16) -> String {
        SocketAddr::new(self.place.center, port).to_string()
    }

    /// Puts the demo's clock beside the data.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write_clock(&self, clock: &RateClock) -> anyhow::Result<()> {
        write_clock(&self.folder.join("data"), clock)
    }

    /// The daemon shall reach the broker over the demo's line, which can be cut.
    ///
    /// # Errors
    /// The enrolment's file cannot be changed.
    pub fn put_line_before_broker(&self, broker_port: u16) -> anyhow::Result<()> {
        let file = self.folder.join("data/identity/identity.json");
        let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        let mut identity: serde_json::Value = serde_json::from_str(&text)?;
        if identity["broker_port"] != broker_port {
            bail!("{}: the broker's port is not {broker_port}", file.display());
        }
        identity["broker_port"] = self.line_port.into();
        identity["broker_host"] = self.place.center.to_string().into();
        std::fs::write(file, serde_json::to_string_pretty(&identity)?)?;
        Ok(())
    }

    /// Officers, a head, and the tokens of kiosk, hall and tablets.
    ///
    /// # Errors
    /// A command fails.
    pub async fn add_accounts(&mut self, logs: &Path) -> anyhow::Result<()> {
        let config = self.config.display().to_string();
        for (counter, name) in COUNTERS.iter().zip(OFFICERS) {
            let login = officer_of(*counter);
            run(
                &[
                    "officer",
                    "add",
                    &login,
                    "--name",
                    name,
                    "--password",
                    PASSWORD,
                    "--config",
                    &config,
                ],
                logs,
            )
            .await?;
        }
        run(
            &[
                "officer",
                "add",
                HEAD,
                "--name",
                "Vũ Đình Khánh",
                "--role",
                "head",
                "--password",
                PASSWORD,
                "--config",
                &config,
            ],
            logs,
        )
        .await?;
        let token = async |role: &str, counter: Option<u16>| {
            let counter = counter.map(|number| number.to_string());
            let mut arguments = vec!["device", "token", "--role", role, "--config", &config];
            if let Some(counter) = &counter {
                arguments.extend(["--counter", counter]);
            }
            run(&arguments, logs).await.map(|printed| printed.trim().to_owned())
        };
        self.kiosk_token = token("kiosk", None).await?;
        self.hall_token = token("hall", None).await?;
        self.counter_token = token("counter", Some(SCREEN_COUNTER)).await?;
        self.load_token = token("load", None).await?;
        for &counter in COUNTERS {
            self.tablet_tokens.push((counter, token("tablet", Some(counter)).await?));
        }
        Ok(())
    }

    /// What the people of a day must know.
    ///
    /// # Errors
    /// The LAN authority's file is not there.
    pub fn site(&self) -> anyhow::Result<Site> {
        let authority = self.authority();
        if !authority.exists() {
            bail!("{} is not there", authority.display());
        }
        Ok(Site {
            base: self.base(),
            authority,
            kiosk_token: self.kiosk_token.clone(),
            load_token: self.load_token.clone(),
            tablet_tokens: self.tablet_tokens.clone(),
            password: PASSWORD.to_owned(),
            reader_counter: READER_COUNTER,
            reader_control: self.reader_control,
            specialist_counter: 4,
        })
    }

    /// `https://address:port`.
    #[must_use]
    pub fn base(&self) -> String {
        format!("https://{}", self.address(self.web_port))
    }

    /// Where the console listens.
    #[must_use]
    pub fn web_address(&self) -> SocketAddr {
        SocketAddr::new(self.place.center, self.web_port)
    }

    /// The LAN authority's certificate, to be trusted by browsers.
    #[must_use]
    pub fn authority(&self) -> PathBuf {
        self.folder.join("data/identity/lan-authority.pem")
    }

    /// The pages of this center with their tokens, to be opened in a browser.
    #[must_use]
    pub fn pages(&self) -> Vec<(&'static str, String)> {
        let base = self.base();
        let mut pages = vec![
            ("console", format!("{base}/console")),
            ("kiosk", format!("{base}/kiosk#token={}", self.kiosk_token)),
            ("hall", format!("{base}/hall#token={}", self.hall_token)),
            (
                "counter",
                format!("{base}/counter#counter={SCREEN_COUNTER}&token={}", self.counter_token),
            ),
        ];
        if let Some((counter, token)) = self.tablet_tokens.first() {
            pages.push(("tablet", format!("{base}/tablet#counter={counter}&token={token}")));
        }
        pages
    }

    /// The codes of the grounds of priority in the province's data.
    ///
    /// # Errors
    /// The data cannot be read.
    pub fn priority_grounds(&self) -> anyhow::Result<Vec<String>> {
        let settings = crate::settings::Settings::load_from(Some(&self.config), &[])?;
        let data = crate::province_data::ProvinceData::load(&settings)?;
        Ok(data.queue.grounds.iter().map(|ground| ground.code.clone()).collect())
    }
}

/// Puts a demo's clock into a folder that is marked as a demo's; none where it shows the true time.
///
/// # Errors
/// The file cannot be written.
pub fn write_clock(marked: &Path, clock: &RateClock) -> anyhow::Result<()> {
    if (clock.rate - 1.0).abs() > f64::EPSILON {
        std::fs::write(marked.join(DEMO_CLOCK), serde_json::to_string(clock)?)?;
    }
    Ok(())
}

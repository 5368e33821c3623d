//! The hub's settings: defaults from `config/hub.toml` (built in), over them the technician's file,
//! over that the environment. A mistake never comes alone: every problem is collected and named by
//! file, key and a value that would work.

mod layers;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use domain::problem::{Problem, Problems};
use link::settings::LinkSettings;

use layers::Layers;

/// The defaults, as a technician reads them.
pub const DEFAULTS: &str = include_str!("../../../config/hub.toml");

/// Prefix of environment variables that set one key: `MOTCUA_HUB_HTTP_LISTEN` is `http.listen`.
pub const ENVIRONMENT_PREFIX: &str = "MOTCUA_HUB_";

/// Names the file itself, so it is no setting.
const FILE_VARIABLE: &str = "MOTCUA_HUB_CONFIG";

/// Everything that can be set at the hub.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Folder of keys, certificates, broker files and blobs.
    pub data_folder: PathBuf,
    /// CSV file with the centers.
    pub centers_file: PathBuf,
    /// CSV file with the reception points of the special zones.
    pub points_file: PathBuf,
    /// TOML file with the province's service groups.
    pub services_file: PathBuf,
    /// Pages, API and enrolment.
    pub http: Http,
    /// The store.
    pub postgres: Postgres,
    /// The MQTT broker.
    pub broker: Broker,
    /// Certificates.
    pub authority: Authority,
    /// Tokens for new boxes.
    pub enrolment: Enrolment,
    /// Limits of what nodes send.
    pub ingest: Ingest,
    /// The line to the nodes.
    pub link: LinkSettings,
    /// Technicians' sessions.
    pub session: Session,
}

/// `[http]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Http {
    /// Address and port.
    pub listen: SocketAddr,
    /// Names and addresses in the certificate.
    pub names: Vec<String>,
    /// Threads.
    pub workers: usize,
}

/// `[postgres]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Postgres {
    /// libpq-style connection string.
    pub connection: String,
    /// Size of the pool.
    pub connections_max: usize,
}

/// `[broker]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broker {
    /// Name that nodes are told at enrolment.
    pub host: String,
    /// Port of the same.
    pub port: u16,
    /// Names and addresses in its certificate.
    pub names: Vec<String>,
    /// Address on which it listens.
    pub listen: IpAddr,
    /// Account under which it runs when started as root.
    pub user: String,
    /// Its `log_dest`.
    pub log: String,
}

/// `[authority]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// Where the root key is written for taking away.
    pub offline_folder: PathBuf,
    /// Life of a node's certificate.
    pub device_certificate_days: u32,
    /// Life of a server's certificate.
    pub server_certificate_days: u32,
    /// Domains of the LAN authority.
    pub lan_domains: Vec<String>,
}

/// `[enrolment]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// Life of a token.
    pub token_hours: u32,
}

/// `[ingest]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ingest {
    /// Refused frames kept for each node.
    pub refused_frames_max: u32,
}

/// `[session]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Logged out after so long without a request.
    pub idle_minutes: u32,
    /// Logged out in any case.
    pub absolute_hours: u32,
}

impl Settings {
    /// Defaults, then `file` if given, then the process's environment.
    pub fn load(file: Option<&Path>) -> Result<Settings, Problems> {
        let text = match file {
            None => None,
            Some(path) => match std::fs::read_to_string(path) {
                Ok(text) => Some((path.display().to_string(), text)),
                Err(cause) => {
                    return Err(Problems(vec![Problem::new(
                        &path.display().to_string(),
                        "(file)",
                        format!("cannot be read ({cause})"),
                        "the path of a readable file after --config",
                    )]));
                }
            },
        };
        let environment: Vec<(String, String)> = std::env::vars()
            .filter(|(name, _)| name.starts_with(ENVIRONMENT_PREFIX) && name != FILE_VARIABLE)
            .collect();
        Settings::from_layers(
            text.as_ref().map(|(name, text)| (name.as_str(), text.as_str())),
            &environment,
        )
    }

    /// The same from given texts: what `load` does after reading, and what tests use.
    pub fn from_layers(
        file: Option<(&str, &str)>,
        environment: &[(String, String)],
    ) -> Result<Settings, Problems> {
        let mut layers = Layers::new();
        if let Some((name, text)) = file {
            layers.add_file(name, text);
        }
        for (name, value) in environment {
            layers.add_variable(name, value);
        }
        let settings = Settings {
            data_folder: layers.path("data_folder"),
            centers_file: layers.path("centers_file"),
            points_file: layers.path("points_file"),
            services_file: layers.path("services_file"),
            http: Http {
                listen: layers.parsed("http.listen", "an address with a port"),
                names: layers.names("http.names"),
                workers: layers.number("http.workers", 1, 64) as usize,
            },
            postgres: Postgres {
                connection: layers.connection("postgres.connection"),
                connections_max: layers.number("postgres.connections_max", 2, 100) as usize,
            },
            broker: Broker {
                host: layers.text("broker.host"),
                port: layers.number("broker.port", 1, 65535) as u16,
                names: layers.names("broker.names"),
                listen: layers.parsed("broker.listen", "an address"),
                user: layers.text("broker.user"),
                log: layers.text("broker.log"),
            },
            authority: Authority {
                offline_folder: layers.path("authority.offline_folder"),
                device_certificate_days: layers.number("authority.device_certificate_days", 1, 825)
                    as u32,
                server_certificate_days: layers.number("authority.server_certificate_days", 1, 825)
                    as u32,
                lan_domains: layers.names("authority.lan_domains"),
            },
            enrolment: Enrolment {
                token_hours: layers.number("enrolment.token_hours", 1, 720) as u32,
            },
            ingest: Ingest {
                refused_frames_max: layers.number("ingest.refused_frames_max", 1, 10_000) as u32,
            },
            link: layers.link("link"),
            session: Session {
                idle_minutes: layers.number("session.idle_minutes", 1, 600) as u32,
                absolute_hours: layers.number("session.absolute_hours", 1, 24) as u32,
            },
        };
        if !settings.broker.names.contains(&settings.broker.host) {
            layers.problem(
                "broker.names",
                format!("does not hold broker.host \"{}\"", settings.broker.host),
                format!("names = [\"{}\", ...]", settings.broker.host),
            );
        }
        layers.finish(settings)
    }
}

impl Default for Settings {
    /// The built-in defaults; a test keeps them loadable.
    #[allow(clippy::expect_used)] // the text is compiled in, and a test reads it
    fn default() -> Settings {
        Settings::from_layers(None, &[]).expect("the built-in defaults are sound")
    }
}

#[cfg(test)]
mod tests {
    use toml::Table;

    use super::*;

    #[test]
    fn the_defaults_are_sound() {
        let settings = Settings::default();
        assert_eq!(settings.broker.port, 8883);
        assert_eq!(settings.enrolment.token_hours, 72);
        let theirs = Table::try_from(LinkSettings::default()).unwrap();
        assert_eq!(Table::try_from(&settings.link).unwrap(), theirs);
        let written: Table = DEFAULTS.parse().unwrap();
        assert_eq!(
            written["link"].as_table().unwrap(),
            &theirs,
            "every key of the line stands in the file"
        );
    }

    #[test]
    fn a_file_changes_only_what_it_names_and_the_environment_wins() {
        let settings = Settings::from_layers(
            Some(("hub.toml", "data_folder = \"/srv/hub\"\n[broker]\nport = 8884\n")),
            &[("MOTCUA_HUB_BROKER_PORT".into(), "8885".into())],
        )
        .unwrap();
        assert_eq!(settings.data_folder, PathBuf::from("/srv/hub"));
        assert_eq!(settings.broker.port, 8885);
        assert_eq!(settings.http.workers, 2);
    }

    #[test]
    fn a_database_on_another_machine_is_refused_because_the_way_there_is_in_clear_text() {
        let with = |connection: &str| {
            let file = format!("[postgres]\nconnection = \"{connection}\"\n");
            Settings::from_layers(Some(("hub.toml", &file)), &[])
        };
        for here in ["host=/run/postgresql dbname=m", "host=127.0.0.1 dbname=m", "host=localhost"] {
            assert!(with(here).is_ok(), "{here}");
        }
        for there in ["host=10.1.2.3 dbname=m", "host=localhost,db.example dbname=m"] {
            assert!(with(there).unwrap_err().to_string().contains("clear text"), "{there}");
        }
    }

    #[test]
    fn every_problem_is_named_at_once_with_a_value_that_would_work() {
        let text = "[http]\nlisten = \"everywhere\"\nwrokers = 3\n\
                    [broker]\nport = 99999\nhost = \"other.local\"\n\
                    [authority]\nlan_domains = [\"bad name\"]\n[link]\nwindow_frames = 0\n";
        let problems = Settings::from_layers(
            Some(("hub.toml", text)),
            &[("MOTCUA_HUB_NO_SUCH".into(), "1".into())],
        )
        .unwrap_err();
        let said = problems.to_string();
        for part in [
            "hub.toml: http.listen: \"everywhere\" is not an address with a port; a value that works: \"0.0.0.0:8443\"",
            "hub.toml: http.wrokers: there is no such setting; a value that works: the key http.workers",
            "hub.toml: broker.port: 99999 is not a whole number from 1 to 65535; a value that works: 8883",
            "hub.toml: link.window_frames: cannot work; a value that works: 1 to 64",
            "broker.names: does not hold broker.host \"other.local\"",
            "authority.lan_domains: [\"bad name\"] is neither",
            "MOTCUA_HUB_NO_SUCH: no_such: there is no such setting",
        ] {
            assert!(said.contains(part), "{part}\nnot in\n{said}");
        }
        assert_eq!(problems.0.len(), 7);
    }

    #[test]
    fn a_file_that_is_not_toml_is_named_by_its_line() {
        let problems =
            Settings::from_layers(Some(("hub.toml", "data_folder = \"/x\"\nhello\n")), &[])
                .unwrap_err();
        assert!(problems.to_string().contains("(line 2)"), "{problems}");
    }
}

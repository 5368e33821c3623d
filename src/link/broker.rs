//! The broker's own files: listener and access list, filled in from `config/mosquitto`.

use std::path::PathBuf;

/// The listener file with its placeholders.
const CONF: &str = include_str!("../../config/mosquitto/mosquitto.conf");
/// The access list with its placeholders.
const ACL: &str = include_str!("../../config/mosquitto/acl");

/// What differs from one broker to the next.
#[derive(Debug, Clone)]
pub struct BrokerFiles {
    /// The account mosquitto runs under.
    pub user: String,
    /// The address to listen on.
    pub address: String,
    /// The port.
    pub port: u16,
    /// Whose certificates are let in.
    pub authority: PathBuf,
    /// The broker's certificate with its intermediates.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
    /// Revoked certificates, if there is a list. An expired list locks everybody out.
    pub revoked: Option<PathBuf>,
    /// Where the access list stands.
    pub acl: PathBuf,
    /// The name in the hub's certificate.
    pub hub_user: String,
    /// mosquitto's `log_dest`: `stderr`, `syslog`, `file PATH`.
    pub log: String,
}

impl BrokerFiles {
    /// The text of mosquitto.conf.
    pub fn conf(&self) -> String {
        let revoked = match &self.revoked {
            Some(path) => format!("crlfile {}", path.display()),
            None => "# crlfile: no list of revoked certificates yet".to_owned(),
        };
        CONF.replace("{words in braces}", "words in braces")
            .replace("{user}", &self.user)
            .replace("{port}", &self.port.to_string())
            .replace("{address}", &self.address)
            .replace("{authority}", &self.authority.display().to_string())
            .replace("{certificate}", &self.certificate.display().to_string())
            .replace("{key}", &self.key.display().to_string())
            .replace("{revoked}", &revoked)
            .replace("{acl}", &self.acl.display().to_string())
            .replace("{log}", &self.log)
    }

    /// The text of the access list.
    pub fn acl(&self) -> String {
        acl(&self.hub_user, &[])
    }
}

/// The text of an access list that shuts some nodes out at once: a connection that is open hears and
/// says nothing more.
pub fn acl(hub_user: &str, shut_out: &[String]) -> String {
    let mut text = ACL.replace("{hub_user}", hub_user);
    for node in shut_out {
        text.push_str(&format!("\n# Certificates revoked.\nuser {node}\ntopic deny motcua/v1/#\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_placeholder_is_left() {
        let files = BrokerFiles {
            user: "mosquitto".to_owned(),
            address: "0.0.0.0".to_owned(),
            port: 8883,
            authority: "/a".into(),
            certificate: "/b".into(),
            key: "/c".into(),
            revoked: None,
            acl: "/d".into(),
            hub_user: "hub".to_owned(),
            log: "syslog".to_owned(),
        };
        for text in [files.conf(), files.acl()] {
            assert!(!text.contains('{') && !text.contains('}'), "{text}");
        }
        assert!(files.conf().contains("require_certificate true"));
    }
}

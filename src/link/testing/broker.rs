//! mosquitto as a child process with the configuration of the field, on a private loopback port.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;

use crate::broker::BrokerFiles;
use crate::testing::TestAuthority;

const MOSQUITTO: &str = "/usr/sbin/mosquitto";
const START_MAX: Duration = Duration::from_secs(60);

/// A running mosquitto. Dropping it kills the process.
pub struct Broker {
    folder: PathBuf,
    port: u16,
    child: Option<Child>,
}

impl Broker {
    /// Writes configuration into the folder and starts mosquitto on the port, or on a free one.
    /// With an authority it speaks TLS and asks for certificates, with the access list of the
    /// field; the hub's name is `hub`. Without, anybody may do anything.
    pub fn start(
        folder: &Path,
        port: Option<u16>,
        authority: Option<&TestAuthority>,
    ) -> io::Result<Broker> {
        fs::create_dir_all(folder)?;
        if !Path::new(MOSQUITTO).exists() {
            return Err(io::Error::new(
                io::ErrorKind::NotFound,
                format!("{MOSQUITTO} is missing: run ./provision/setup"),
            ));
        }
        // A port that was free a moment ago may be taken by another test: then another is tried.
        let attempts = if port.is_some() { 1 } else { 5 };
        let mut last = io::Error::other("not started");
        for _ in 0..attempts {
            let port = match port {
                Some(port) => port,
                None => super::free_port()?,
            };
            write_files(folder, port, authority)?;
            let mut broker = Broker { folder: folder.to_owned(), port, child: None };
            match broker.restart() {
                Ok(()) => return Ok(broker),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The process, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// What mosquitto has written so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("mosquitto.log")).unwrap_or_default()
    }

    /// The access list's file; [`Broker::reload`] makes a change count.
    pub fn acl_path(&self) -> PathBuf {
        self.folder.join("acl")
    }

    /// Ends the process at once, as a power cut would.
    pub fn kill(&mut self) -> io::Result<()> {
        if let Some(mut child) = self.child.take() {
            // A stopped process dies from SIGKILL as well.
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Starts it again on the same port (or for the first time) and waits until it listens.
    pub fn restart(&mut self) -> io::Result<()> {
        self.kill()?;
        let log = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.folder.join("mosquitto.log"))?;
        let child = Command::new(MOSQUITTO)
            .arg("-c")
            .arg(self.folder.join("mosquitto.conf"))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        self.child = Some(child);
        self.wait_until_listening()
    }

    /// Asks the process to end and waits for it.
    pub fn stop(&mut self) -> io::Result<()> {
        self.signal(Signal::SIGTERM)?;
        if let Some(mut child) = self.child.take() {
            child.wait()?;
        }
        Ok(())
    }

    /// Halts the process: connections stay open and nothing is answered.
    pub fn halt(&self) -> io::Result<()> {
        self.signal(Signal::SIGSTOP)
    }

    /// Lets a halted process go on.
    pub fn go_on(&self) -> io::Result<()> {
        self.signal(Signal::SIGCONT)
    }

    /// Reads access list and certificates again.
    pub fn reload(&self) -> io::Result<()> {
        self.signal(Signal::SIGHUP)
    }

    fn signal(&self, signal: Signal) -> io::Result<()> {
        let Some(child) = &self.child else {
            return Err(io::Error::other("the broker does not run"));
        };
        let pid = i32::try_from(child.id()).map_err(io::Error::other)?;
        signal::kill(Pid::from_raw(pid), signal).map_err(io::Error::from)
    }

    fn wait_until_listening(&mut self) -> io::Result<()> {
        let start = Instant::now();
        loop {
            if let Some(child) = &mut self.child
                && let Some(ended) = child.try_wait()?
            {
                return Err(io::Error::other(format!("mosquitto ended ({ended}): {}", self.log())));
            }
            if TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok() {
                return Ok(());
            }
            if start.elapsed() > START_MAX {
                return Err(io::Error::other(format!("mosquitto does not listen: {}", self.log())));
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

fn write_files(folder: &Path, port: u16, authority: Option<&TestAuthority>) -> io::Result<()> {
    let conf = match authority {
        None => format!(
            "user root\nlistener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n\
             max_packet_size 1048576\nlog_dest stderr\n"
        ),
        Some(authority) => {
            let own = authority.issue("broker")?;
            let files = BrokerFiles {
                // Certificates lie in a private folder of whoever runs the test.
                user: "root".to_owned(),
                address: "127.0.0.1".to_owned(),
                port,
                authority: own.authority,
                certificate: own.certificate,
                key: own.key,
                revoked: None,
                acl: folder.join("acl"),
                hub_user: "hub".to_owned(),
                log: "stderr".to_owned(),
            };
            fs::write(folder.join("acl"), files.acl())?;
            files.conf()
        }
    };
    fs::write(folder.join("mosquitto.conf"), conf)
}

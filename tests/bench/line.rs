//! A center on a host of its own, made of a network namespace, whose line to the province carries so
//! much and no more. A second card leads into its hall; that one is as fast as it can be.

use anyhow::{Context, ensure};
use motcua::cli::demo::Place;
use std::net::{IpAddr, Ipv4Addr};
use std::process::Command;

/// What may wait before a slow line, as in a modem. Milliseconds.
const QUEUE_MS: u32 = 200;

/// The host. Dropping it takes it away.
#[derive(Debug)]
pub struct Line {
    name: String,
    line: String,
    hall: String,
    third: u8,
}

impl Line {
    /// Makes the host, on a line that is not slow yet.
    pub fn new() -> anyhow::Result<Self> {
        let id = std::process::id();
        let third = u8::try_from(id % 250)?;
        let made = Self {
            name: format!("motcua-bench-{id}"),
            line: format!("mbl{id}"),
            hall: format!("mbh{id}"),
            third,
        };
        let name = &made.name;
        ip(&format!("netns add {name}"))?;
        ip(&format!("-n {name} link set lo up"))?;
        for (card, second) in [(&made.line, 215), (&made.hall, 216)] {
            let address = |last| Ipv4Addr::new(10, second, third, last);
            ip(&format!("link add {card}x type veth peer name {card} netns {name}"))?;
            ip(&format!("addr add {}/30 dev {card}x", address(1)))?;
            ip(&format!("link set {card}x up"))?;
            ip(&format!("-n {name} addr add {}/30 dev {card}", address(2)))?;
            ip(&format!("-n {name} link set {card} up"))?;
        }
        Ok(made)
    }

    /// Hub and broker at the province's end, the center on its host.
    pub fn place(&self) -> Place {
        Place {
            hub: IpAddr::V4(Ipv4Addr::new(10, 215, self.third, 1)),
            center: IpAddr::V4(Ipv4Addr::new(10, 216, self.third, 2)),
            center_prefix: self.prefix(),
        }
    }

    /// What stands before a command that runs on the center's host.
    pub fn prefix(&self) -> Vec<String> {
        ["ip", "netns", "exec", &self.name].map(str::to_owned).to_vec()
    }

    /// From now on each way carries so many bits a second.
    pub fn carries(&self, mbit: u32) -> anyhow::Result<()> {
        let rate = format!("root tbf rate {mbit}mbit burst 16kb latency {QUEUE_MS}ms");
        run("tc", &format!("qdisc replace dev {}x {rate}", self.line))?;
        run("tc", &format!("-n {} qdisc replace dev {} {rate}", self.name, self.line))
    }

    /// Takes the plug out, or puts it in.
    pub fn plugged(&self, is: bool) -> anyhow::Result<()> {
        let way = if is { "up" } else { "down" };
        ip(&format!("-n {} link set {} {way}", self.name, self.line))
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        for card in [&self.line, &self.hall] {
            let _gone = Command::new("ip").args(["link", "del", &format!("{card}x")]).status();
        }
        let _gone = Command::new("ip").args(["netns", "del", &self.name]).status();
    }
}

fn ip(arguments: &str) -> anyhow::Result<()> {
    run("ip", arguments)
}

fn run(program: &str, arguments: &str) -> anyhow::Result<()> {
    let output = Command::new(program)
        .args(arguments.split_whitespace())
        .output()
        .with_context(|| format!("{program} cannot be started; ./provision/setup installs it"))?;
    ensure!(
        output.status.success(),
        "{program} {arguments}: {}; network namespaces need root",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

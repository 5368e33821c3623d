//! The line to the province, between two hosts made of network namespaces.
//!
//! The hub and its broker stand here, the center in a namespace of its own with two network cards: one
//! into its hall, by which a test speaks with it, and one to the province, which is disturbed.
//! Nothing stands between the center's link and the broker but the kernel.

use motcua::cli::demo::Place;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// The center's host and its two cards. Dropping it takes everything away.
pub struct Host {
    name: String,
    line: String,
    hall: String,
    province_address: Ipv4Addr,
    hall_address: Ipv4Addr,
}

/// Names a file: then the center's host has just been switched on, with another boot id, which the file
/// takes, and with clocks that count from then. For [`Host::place`].
pub const NEW_BOOT: &str = "MOTCUA_TEST_NEW_BOOT";
/// Seconds that such a host has been on.
const BOOTED_AGO_S: u32 = 1;

/// What stands in front of a center's programs on its host.
fn switched_on() -> String {
    format!(
        "if [ -n \"${NEW_BOOT}\" ]; then \
           cat /proc/sys/kernel/random/uuid > \"${NEW_BOOT}\" \
           && mount --bind \"${NEW_BOOT}\" /proc/sys/kernel/random/boot_id || exit 1; \
           up=$(cut -d. -f1 /proc/uptime); \
           exec unshare --time --boottime -$((up - {BOOTED_AGO_S})) \"$@\"; \
         fi; exec \"$@\""
    )
}

/// How our namespaces are called, before the id of their process.
const NAMESPACE: &str = "motcua-test-";

/// A test that was killed could not clean up.
fn remove_left_behind() {
    let listed = Command::new("ip").args(["netns", "list"]).output();
    let listed = String::from_utf8(listed.map(|output| output.stdout).unwrap_or_default()).unwrap();
    for name in listed.lines().filter_map(|line| line.split_whitespace().next()) {
        let Some((process, _)) = name.strip_prefix(NAMESPACE).and_then(|id| id.split_once('-'))
        else {
            continue;
        };
        if !Path::new("/proc").join(process).exists() {
            let _ = Command::new("ip").args(["netns", "del", name]).status();
        }
    }
}

fn ip(arguments: &str) {
    let words: Vec<&str> = arguments.split_whitespace().collect();
    tool("ip", &words);
}

fn tool(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|error| {
        panic!("{program} cannot be started ({error}); ./provision/setup installs it")
    });
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {}; network namespaces need root",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Hosts that this process has made; names and addresses must not meet.
static HOSTS: AtomicU32 = AtomicU32::new(0);

impl Host {
    /// A host of this process, with both of its lines whole.
    pub fn new() -> Self {
        remove_left_behind();
        let id = format!("{}{}", std::process::id(), HOSTS.fetch_add(1, Ordering::Relaxed));
        let third = u8::try_from(id.parse::<u64>().unwrap() % 250).unwrap();
        let address = |second, last| Ipv4Addr::new(10, second, third, last);
        let host = Self {
            name: format!("{NAMESPACE}{}-{id}", std::process::id()),
            line: format!("mcl{id}"),
            hall: format!("mch{id}"),
            province_address: address(213, 1),
            hall_address: address(214, 2),
        };
        let name = &host.name;
        ip(&format!("netns add {name}"));
        ip(&format!("-n {name} link set lo up"));
        for (card, second) in [(&host.line, 213), (&host.hall, 214)] {
            ip(&format!("link add {card}x type veth peer name {card} netns {name}"));
            ip(&format!("addr add {}/30 dev {card}x", address(second, 1)));
            ip(&format!("link set {card}x up"));
            ip(&format!("-n {name} addr add {}/30 dev {card}", address(second, 2)));
            ip(&format!("-n {name} link set {card} up"));
        }
        host
    }

    /// Where the two ends of a demo stand then.
    pub fn place(&self) -> Place {
        Place {
            hub: IpAddr::V4(self.province_address),
            center: IpAddr::V4(self.hall_address),
            center_prefix: [
                "ip",
                "netns",
                "exec",
                &self.name,
                "sh",
                "-c",
                &switched_on(),
                "center",
            ]
            .map(str::to_owned)
            .to_vec(),
        }
    }

    /// The line has no carrier any more.
    pub fn pull_the_plug(&self) {
        ip(&format!("-n {} link set {} down", self.name, self.line));
    }

    /// The line has a carrier again.
    pub fn put_the_plug_in(&self) {
        ip(&format!("-n {} link set {} up", self.name, self.line));
    }

    /// Drops packets of the line without a word to anybody.
    pub fn drop_packets(&self, coming: bool, going: bool) {
        let mut rules = String::from("add table inet cut\n");
        for (wanted, hook, way) in [(coming, "input", "iifname"), (going, "output", "oifname")] {
            if wanted {
                rules += &format!(
                    "add chain inet cut {hook} {{ type filter hook {hook} priority 0; }}\n\
                     add rule inet cut {hook} {way} \"{}\" drop\n",
                    self.line
                );
            }
        }
        tool("ip", &["netns", "exec", &self.name, "nft", &rules]);
    }

    /// Takes back what [`Host::drop_packets`] and [`Host::lose_packets`] did.
    pub fn let_packets_through(&self) {
        tool("ip", &["netns", "exec", &self.name, "nft", "delete table inet cut"]);
    }
}

impl Host {
    /// Loses so many of a hundred packets, at random, in both directions.
    pub fn lose_packets(&self, percent: u32) {
        let mut rules = String::from("add table inet cut\n");
        for (hook, way) in [("input", "iifname"), ("output", "oifname")] {
            rules += &format!(
                "add chain inet cut {hook} {{ type filter hook {hook} priority 0; }}\n\
                 add rule inet cut {hook} {way} \"{}\" numgen random mod 100 < {percent} drop\n",
                self.line
            );
        }
        tool("ip", &["netns", "exec", &self.name, "nft", &rules]);
    }

    /// Ends every connection over the line with a reset, and lets no new one begin.
    pub fn reset_connections(&self) {
        let rules = format!(
            "add table inet cut\n\
             add chain inet cut output {{ type filter hook output priority 0; }}\n\
             add rule inet cut output oifname \"{}\" meta l4proto tcp reject with tcp reset\n",
            self.line
        );
        tool("ip", &["netns", "exec", &self.name, "nft", &rules]);
    }

    /// TCP segments that the center's host has sent again so far.
    pub fn segments_sent_again(&self) -> u64 {
        let printed = Command::new("ip")
            .args(["netns", "exec", &self.name, "cat", "/proc/net/snmp"])
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&printed.stdout).into_owned();
        let mut lines = text.lines().filter_map(|line| line.strip_prefix("Tcp: "));
        let (names, values) = (lines.next().unwrap(), lines.next().unwrap());
        let mut both = names.split_whitespace().zip(values.split_whitespace());
        both.find_map(|(name, value)| (name == "RetransSegs").then(|| value.parse().unwrap()))
            .unwrap()
    }

    /// Runs a command on the center's host.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name, program]);
        command
    }

    /// The line carries only so many kilobits a second, in each direction.
    pub fn slow_down(&self, kilobits: u32) {
        let bucket = format!("root tbf rate {kilobits}kbit burst 16k latency 400ms");
        let (name, line) = (&self.name, &self.line);
        ip(&format!("netns exec {name} tc qdisc replace dev {line} {bucket}"));
        let words = format!("qdisc replace dev {line}x {bucket}");
        tool("tc", &words.split_whitespace().collect::<Vec<_>>());
    }

    /// The line carries what it can.
    pub fn speed_up(&self) {
        let (name, line) = (&self.name, &self.line);
        ip(&format!("netns exec {name} tc qdisc del dev {line} root"));
        tool("tc", &["qdisc", "del", "dev", &format!("{line}x"), "root"]);
    }
}

impl Default for Host {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        for card in [&self.line, &self.hall] {
            let _ = Command::new("ip").args(["link", "del", &format!("{card}x")]).status();
        }
        let _ = Command::new("ip").args(["netns", "del", &self.name]).status();
    }
}

//! What a demo is asked for.

use std::net::IpAddr;
use std::path::PathBuf;

/// Where the two ends of a demo stand: on the loopback address, or on two hosts made of network
/// namespaces.
#[derive(Debug, Clone)]
pub struct Place {
    /// The address of hub and broker.
    pub hub: IpAddr,
    /// The address of the center and its devices.
    pub center: IpAddr,
    /// What stands before a command at the center, as `ip netns exec NAME`.
    pub center_prefix: Vec<String>,
}

impl Place {
    /// Between two hosts the line itself can be cut; on one host a process stands for it.
    pub(super) fn is_one_host(&self) -> bool {
        self.center_prefix.is_empty()
    }
}

impl Default for Place {
    fn default() -> Self {
        let loopback = IpAddr::from([127, 0, 0, 1]);
        Self { hub: loopback, center: loopback, center_prefix: Vec::new() }
    }
}

/// Times of the link at both ends, where they are not the usual ones of a demo.
#[derive(Debug, Clone, Copy)]
pub struct LinkTimes {
    /// A ping in each such span; two and a half of them without a word, and the line counts as lost.
    /// Seconds.
    pub keep_alive_s: u16,
    /// The first wait before connecting again. Seconds.
    pub backoff_first_s: f64,
    /// The longest. Seconds.
    pub backoff_max_s: f64,
    /// Without an answer for so long, the first frame goes again. Seconds.
    pub answer_s: f64,
    /// Without an answer for so long, an alarm is raised. Seconds.
    pub alarm_s: f64,
}

impl LinkTimes {
    pub(super) fn for_center(self) -> String {
        format!(
            "keepalive_seconds = {}\nbackoff_first_seconds = {:?}\nbackoff_max_seconds = {:?}\n\
             answer_seconds = {:?}\nalarm_seconds = {:?}\n",
            self.keep_alive_s,
            self.backoff_first_s,
            self.backoff_max_s,
            self.answer_s,
            self.alarm_s
        )
    }

    pub(super) fn for_hub(self) -> String {
        format!(
            "[link]\nkeep_alive_s = {}\nreconnect_first_ms = {:.0}\nreconnect_max_ms = {:.0}\n\
             probe_first_ms = {:.0}\nprobe_max_ms = {:.0}\nalarm_after_ms = {:.0}\n",
            self.keep_alive_s,
            self.backoff_first_s * 1000.0,
            self.backoff_max_s * 1000.0,
            self.answer_s * 1000.0,
            self.answer_s * 30_000.0,
            self.alarm_s * 1000.0
        )
    }
}

/// What a demo is asked for.
#[derive(Debug, Clone)]
pub struct Wish {
    /// How many nodes, at most [`super::many::NODES_MAX`]: the first are whole centers, as many as
    /// there are in [`super::NODES`], the others simulated.
    pub nodes: usize,
    /// Virtual seconds per real second; 1 shows the true time.
    pub rate: f64,
    /// Where to put everything; a temporary folder when absent.
    pub folder: Option<PathBuf>,
    /// Where the two ends stand.
    pub place: Place,
    /// Times of the link; a demo's usual ones when absent.
    pub times: Option<LinkTimes>,
    /// Years that lie behind each center when it is started for the first time, made up.
    pub years: u32,
}

//! The link's numbers, all in one place, with their defaults.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::backoff::Backoff;
use crate::pipe::{ConnectConfig, LastWill, TlsFiles};

/// Limits and times of the link; the same kind at both ends.
///
/// Tests scale the times down; the proportions between them stay.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LinkSettings {
    /// A ping to the broker in each such span.
    pub keep_alive_s: u16,
    /// Name, socket, TLS and CONNACK together; also the longest a single write may take.
    pub connect_timeout_s: u16,
    /// Cap of the first wait before connecting again; doubles with each failure.
    pub reconnect_first_ms: u64,
    /// The longest wait before connecting again.
    pub reconnect_max_ms: u64,
    /// Largest MQTT packet; the broker's `message_size_limit` is the same.
    pub packet_bytes_max: usize,
    /// Messages that may wait inside one connection.
    pub queue_length_max: u16,
    /// Frames sent and not yet acknowledged.
    pub window_frames: usize,
    /// Entries in a frame.
    pub frame_entries_max: usize,
    /// Raw bytes in a frame, unless a single entry is larger.
    pub frame_bytes_max: usize,
    /// Without an acknowledgement for this long, the first frame is sent again as a probe.
    pub probe_first_ms: u64,
    /// The longest wait between two probes.
    pub probe_max_ms: u64,
    /// Connected, something sent, nothing acknowledged for this long: an alarm is raised.
    pub alarm_after_ms: u64,
    /// On a line that carries at least this much, blobs go in large chunks.
    pub blob_large_chunk_from_bytes_per_s: u64,
    /// How many seconds of the measured line blobs may fill ahead; small, so that an urgent record
    /// does not wait behind them.
    pub blob_ahead_ms: u64,
    /// Nodes that the hub keeps a session for.
    pub nodes_max: usize,
}

impl Default for LinkSettings {
    fn default() -> Self {
        Self {
            keep_alive_s: 20,
            connect_timeout_s: 30,
            reconnect_first_ms: 1_000,
            reconnect_max_ms: 60_000,
            packet_bytes_max: 1024 * 1024,
            queue_length_max: 256,
            window_frames: 8,
            frame_entries_max: 100,
            frame_bytes_max: 128 * 1024,
            probe_first_ms: 10_000,
            probe_max_ms: 300_000,
            alarm_after_ms: 90_000,
            blob_large_chunk_from_bytes_per_s: 1_000_000,
            blob_ahead_ms: 400,
            nodes_max: 4_096,
        }
    }
}

impl LinkSettings {
    /// Every value that cannot work: key, and what to write instead.
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        let mut check = |key, fine: bool, advice: &str| {
            if !fine {
                found.push((key, advice.to_owned()));
            }
        };
        check("keep_alive_s", self.keep_alive_s >= 1, "1 or more, for instance 20");
        check("connect_timeout_s", self.connect_timeout_s >= 1, "1 or more, for instance 30");
        check("reconnect_first_ms", self.reconnect_first_ms >= 1, "1 or more, for instance 1000");
        check(
            "reconnect_max_ms",
            self.reconnect_max_ms >= self.reconnect_first_ms,
            "not below reconnect_first_ms, for instance 60000",
        );
        check(
            "packet_bytes_max",
            (640 * 1024..=16 * 1024 * 1024).contains(&self.packet_bytes_max),
            "655360 to 16777216, for instance 1048576",
        );
        check("queue_length_max", self.queue_length_max >= 16, "16 or more, for instance 256");
        check("window_frames", (1..=64).contains(&self.window_frames), "1 to 64, for instance 8");
        check(
            "frame_entries_max",
            (1..=100).contains(&self.frame_entries_max),
            "1 to 100, for instance 100",
        );
        check(
            "frame_bytes_max",
            (1024..=128 * 1024).contains(&self.frame_bytes_max),
            "1024 to 131072, for instance 131072",
        );
        check("probe_first_ms", self.probe_first_ms >= 10, "10 or more, for instance 10000");
        check(
            "probe_max_ms",
            self.probe_max_ms >= self.probe_first_ms,
            "not below probe_first_ms, for instance 300000",
        );
        check(
            "alarm_after_ms",
            (1..=120_000).contains(&self.alarm_after_ms),
            "at most 120000, for instance 90000",
        );
        check("blob_ahead_ms", self.blob_ahead_ms >= 10, "10 or more, for instance 400");
        check("nodes_max", self.nodes_max >= 1, "1 or more, for instance 4096");
        found
    }

    /// How to connect, with these limits.
    pub fn connect_config(
        &self,
        client_id: String,
        (host, port): (&str, u16),
        tls: Option<TlsFiles>,
        subscriptions: Vec<String>,
        last_will: Option<LastWill>,
    ) -> ConnectConfig {
        ConnectConfig {
            host: host.to_owned(),
            port,
            client_id,
            tls,
            subscriptions,
            last_will,
            keep_alive: Duration::from_secs(u64::from(self.keep_alive_s)),
            silence_max: self.silence_max(),
            connect_timeout: Duration::from_secs(u64::from(self.connect_timeout_s)),
            packet_bytes_max: self.packet_bytes_max,
            queue_length_max: self.queue_length_max,
        }
    }

    /// The waits between attempts to connect.
    pub(crate) fn backoff(&self) -> Backoff {
        Backoff::new(
            Duration::from_millis(self.reconnect_first_ms),
            Duration::from_millis(self.reconnect_max_ms),
        )
    }

    /// 2.5 pings without any event: the connection is dead.
    pub fn silence_max(&self) -> Duration {
        Duration::from_millis(u64::from(self.keep_alive_s) * 2_500)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_have_no_problem() {
        assert!(LinkSettings::default().problems().is_empty());
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let wrong = LinkSettings {
            keep_alive_s: 0,
            window_frames: 0,
            alarm_after_ms: 600_000,
            ..LinkSettings::default()
        };
        let keys: Vec<_> = wrong.problems().into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, ["keep_alive_s", "window_frames", "alarm_after_ms"]);
    }
}

//! The bounded table of what is seen: pure, lines and the time in.

use std::collections::BTreeMap;
use std::net::IpAddr;

use jiff::Timestamp;

use super::{Announcement, HelperLine, Seen};

/// Rows that the table holds. At the limit the oldest doubtful row makes room; without one, what
/// is new is not listed.
pub(super) const ROWS_MAX: usize = 256;

#[derive(Debug, Default)]
pub(super) struct Table {
    rows: BTreeMap<(String, String), Row>,
}

#[derive(Debug)]
struct Row {
    seen: Seen,
    /// Rounds that began since it was last seen.
    missed: u32,
}

/// What a line changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Nothing,
    Rows,
    /// There was no room.
    Full,
}

impl Table {
    pub(super) fn rows(&self) -> Vec<Seen> {
        self.rows.values().map(|row| row.seen.clone()).collect()
    }

    pub(super) fn take(&mut self, line: &HelperLine, now: Timestamp) -> Change {
        match line {
            HelperLine::Seen(announcement) => self.seen(announcement, now),
            HelperLine::Gone { kind, name } => {
                match self.rows.get_mut(&(kind.clone(), name.clone())) {
                    Some(row) if !row.seen.doubtful => {
                        row.seen.doubtful = true;
                        Change::Rows
                    }
                    _ => Change::Nothing,
                }
            }
            HelperLine::Round { kind } => {
                let mut change = Change::Nothing;
                self.rows.retain(|(row_kind, _), row| {
                    if row_kind != kind {
                        return true;
                    }
                    row.missed += 1;
                    if row.missed >= 2 && !row.seen.doubtful {
                        row.seen.doubtful = true;
                        change = Change::Rows;
                    }
                    // Seen in no whole round, nor in the one before it.
                    let keep = row.missed < 3;
                    if !keep {
                        change = Change::Rows;
                    }
                    keep
                });
                change
            }
            HelperLine::Trouble { .. } | HelperLine::Alive => Change::Nothing,
        }
    }

    fn seen(&mut self, announcement: &Announcement, now: Timestamp) -> Change {
        let key = (announcement.kind.clone(), announcement.name.clone());
        if let Some(row) = self.rows.get_mut(&key) {
            let before = row.seen.clone();
            row.missed = 0;
            row.seen.doubtful = false;
            row.seen.last_seen = now;
            // One line comes for each address family and interface: IPv4 stays when it is known.
            if is_ipv4(&announcement.address) || !is_ipv4(&row.seen.announcement.address) {
                row.seen.announcement = announcement.clone();
            }
            return if row.seen == before { Change::Nothing } else { Change::Rows };
        }
        if self.rows.len() >= ROWS_MAX {
            let oldest = self
                .rows
                .iter()
                .filter(|(_, row)| row.seen.doubtful)
                .min_by_key(|(_, row)| row.seen.last_seen)
                .map(|(key, _)| key.clone());
            match oldest {
                Some(oldest) => self.rows.remove(&oldest),
                None => return Change::Full,
            };
        }
        let seen = Seen {
            announcement: announcement.clone(),
            first_seen: now,
            last_seen: now,
            doubtful: false,
        };
        self.rows.insert(key, Row { seen, missed: 0 });
        Change::Rows
    }
}

fn is_ipv4(address: &str) -> bool {
    matches!(address.parse(), Ok(IpAddr::V4(_)))
}

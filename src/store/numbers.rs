//! Numbers that are left out. After a restore the box does not know every number that was on paper
//! when the old one died: it goes on above them, and says in the journal which numbers it left out and
//! why, so that a hole in a day's numbers is never a riddle.

use domain::ids::ServiceCode;
use jiff::{Timestamp, civil};
use serde::{Deserialize, Serialize};

/// The series of a day's dossier codes.
pub const DOSSIER_CODES: &str = "dossier-codes";

/// The series of a service's tickets.
pub fn ticket_series(service: &ServiceCode) -> String {
    format!("tickets:{service}")
}

/// Numbers of a day and series that this box has not given and will not give.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberGap {
    /// The day.
    pub business_day: civil::Date,
    /// [`DOSSIER_CODES`] or [`ticket_series`].
    pub series: String,
    /// The last number that is known to have been given; 0 when none is.
    pub known_to: u32,
    /// The next number that is given.
    pub next: u32,
    /// Why, as a stable code: `restored_from_hub`, `restored_from_backup`, `restored_from_medium`.
    pub reason: String,
    /// When it was booked.
    pub booked_at: Timestamp,
}

impl NumberGap {
    /// Its name in the journal.
    pub(crate) fn subject(&self) -> String {
        format!("{}:{}", self.business_day, self.series)
    }
}

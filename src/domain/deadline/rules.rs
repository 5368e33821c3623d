//! The rule of counting as data.

use jiff::civil;

use crate::fields::Checks;
use crate::problem::Problems;

/// How deadlines are counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadlineRules {
    /// Counting starts on the working day after receipt; otherwise on the day of receipt.
    pub starts_next_day: bool,
    /// A same-day procedure received later than this is due on the next working day.
    pub same_day_until: civil::Time,
    /// What comes online outside the hours counts as received at the next session.
    pub online_next_session: bool,
    /// The day on which a supplement is asked for counts.
    pub asked_day_counts: bool,
    /// The day on which a supplement arrives counts.
    pub brought_day_counts: bool,
    /// Where the rule was taken from.
    pub source: String,
    /// Whether the province has yet to confirm it.
    pub needs_confirmation: bool,
}

impl Default for DeadlineRules {
    fn default() -> Self {
        Self {
            starts_next_day: true,
            same_day_until: civil::time(15, 0, 0, 0),
            online_next_session: true,
            asked_day_counts: false,
            brought_day_counts: false,
            source:
                "Bộ luật Dân sự 2015, Điều 147; nội dung thủ tục trên Cổng Dịch vụ công quốc gia"
                    .to_owned(),
            needs_confirmation: true,
        }
    }
}

impl DeadlineRules {
    /// Reads `config/calendar/deadline.toml`.
    pub fn parse(file: &str, text: &str) -> Result<Self, Problems> {
        let checks = Checks::new(file);
        let Some(table) = checks.table(text) else { return checks.finish(None) };
        let root = checks.root(&table);
        let starts_next_day = root.flag("starts_next_day");
        let same_day_until = root.time("same_day_until", "15:00");
        let online_next_session = root.flag("online_next_session");
        let asked_day_counts = root.flag("asked_day_counts");
        let brought_day_counts = root.flag("brought_day_counts");
        let source = root.text("source", "Nghị định 118/2025/NĐ-CP, Điều …");
        let needs_confirmation = root.flag("needs_confirmation");
        root.no_others();
        let rules = (|| {
            Some(Self {
                starts_next_day: starts_next_day?,
                same_day_until: same_day_until?,
                online_next_session: online_next_session?,
                asked_day_counts: asked_day_counts?,
                brought_day_counts: brought_day_counts?,
                source: source?,
                needs_confirmation: needs_confirmation?,
            })
        })();
        checks.finish(rules)
    }
}

//! The 25 faults, by number and name.

use crate::run::{Run, Told};
use crate::{
    broker, certificates, clocks, crashes, cuts, disks, hands, messages, network, poison, restores,
};
use std::future::Future;
use std::pin::Pin;

/// What a fault gives back: what it injected and disturbed, or an error that names what was lost.
pub type Ended<'a> = Pin<Box<dyn Future<Output = anyhow::Result<Told>> + 'a>>;

/// One fault of the list.
pub struct Fault {
    /// Its number in the list.
    pub number: u8,
    /// Its name.
    pub name: &'static str,
    /// Whether it is the line's, and so goes together with a crash in `--pairs`.
    pub of_the_line: bool,
    /// Does it.
    pub run: for<'a> fn(&'a mut Run) -> Ended<'a>,
}

macro_rules! fault {
    ($number:literal, $name:literal, $run:path) => {
        fault!($number, $name, $run, false)
    };
    ($number:literal, $name:literal, $run:path, $of_the_line:literal) => {
        Fault {
            number: $number,
            name: $name,
            of_the_line: $of_the_line,
            run: |run| Box::pin($run(run)),
        }
    };
}

/// All of them.
pub const FAULTS: &[Fault] = &[
    fault!(1, "line_down_for_72_hours", network::line_down_for_72_hours, true),
    fault!(2, "flapping_line", network::flapping_line, true),
    fault!(3, "half_open_line", network::half_open_line, true),
    fault!(4, "acknowledgements_vanish", network::acknowledgements_vanish, true),
    fault!(5, "slow_line_with_scans_queued", network::slow_line_with_scans_queued, true),
    fault!(6, "loss_delay_and_disorder", messages::loss_delay_and_disorder, true),
    fault!(7, "messages_doubled_swapped_and_late", messages::doubled_swapped_and_late, true),
    fault!(8, "bits_flip_inside_the_encryption", messages::bits_flip, true),
    fault!(9, "broker_killed", broker::killed),
    fault!(10, "broker_session_lost_or_kept", broker::session_lost_or_kept),
    fault!(11, "broker_halted", broker::halted),
    fault!(12, "broker_limits_hit", broker::limits_hit),
    fault!(13, "hub_away_for_24_hours", broker::hub_away),
    fault!(14, "certificate_not_let_in_any_more", broker::not_let_in),
    fault!(15, "certificate_expires_in_an_outage", certificates::expires_in_an_outage),
    fault!(16, "center_killed_at_every_step", crashes::center_at_every_step),
    fault!(17, "hub_killed_at_every_step", crashes::hub_at_every_step),
    fault!(18, "power_cut", cuts::power_cut),
    fault!(19, "disk_full_at_the_center", disks::full_at_the_center),
    fault!(20, "disk_full_and_read_only_at_the_hub", disks::full_at_the_hub),
    fault!(21, "damaged_page_at_the_center", restores::damaged_page),
    fault!(22, "restored_backup_and_cloned_disk", restores::restored_and_cloned),
    fault!(23, "clock_jumps", clocks::jumps),
    fault!(24, "poison", poison::poison),
    fault!(25, "hand_over_split_at_each_step", hands::split_at_each_step),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_has_every_number_once_and_no_name_twice() {
        let numbers: Vec<u8> = FAULTS.iter().map(|fault| fault.number).collect();
        assert_eq!(numbers, (1..=25).collect::<Vec<u8>>());
        let names: std::collections::BTreeSet<_> = FAULTS.iter().map(|fault| fault.name).collect();
        assert_eq!(names.len(), FAULTS.len());
    }
}

//! The 25 faults, by number and name.

use crate::province::Crash;
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
    /// The crashes that it goes together with in `--pairs`; none where it is not the network's.
    pub crashes: &'static [Crash],
    /// Does it.
    pub run: for<'a> fn(&'a mut Run) -> Ended<'a>,
}

const NONE: &[Crash] = &[];
const EACH: &[Crash] = &Crash::ALL;
/// Where the fault itself takes the broker away, or the hub.
const WITHOUT_BROKER: &[Crash] = &[Crash::Center, Crash::Hub];
const WITHOUT_HUB: &[Crash] = &[Crash::Center, Crash::Broker];

macro_rules! fault {
    ($number:literal, $name:literal, $run:path) => {
        fault!($number, $name, $run, NONE)
    };
    ($number:literal, $name:literal, $run:path, $crashes:ident) => {
        Fault { number: $number, name: $name, crashes: $crashes, run: |run| Box::pin($run(run)) }
    };
}

/// All of them.
pub const FAULTS: &[Fault] = &[
    fault!(1, "line_down_for_72_hours", network::line_down_for_72_hours, EACH),
    fault!(2, "flapping_line", network::flapping_line, EACH),
    fault!(3, "half_open_line", network::half_open_line, EACH),
    fault!(4, "acknowledgements_vanish", network::acknowledgements_vanish, EACH),
    fault!(5, "slow_line_with_scans_queued", network::slow_line_with_scans_queued, EACH),
    fault!(6, "loss_delay_and_disorder", messages::loss_delay_and_disorder, EACH),
    fault!(7, "messages_doubled_swapped_and_late", messages::doubled_swapped_and_late, EACH),
    fault!(8, "bits_flip_inside_the_encryption", messages::bits_flip, EACH),
    fault!(9, "broker_killed", broker::killed, WITHOUT_BROKER),
    fault!(10, "broker_session_lost_or_kept", broker::session_lost_or_kept, WITHOUT_BROKER),
    fault!(11, "broker_halted", broker::halted, EACH),
    fault!(12, "broker_limits_hit", broker::limits_hit, EACH),
    fault!(13, "hub_away_for_24_hours", broker::hub_away, WITHOUT_HUB),
    fault!(14, "certificate_not_let_in_any_more", broker::not_let_in, EACH),
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

    /// From the line itself to a broker that lets the center in no more.
    const LAST_OF_THE_NETWORK: u8 = 14;

    #[test]
    fn the_list_has_every_number_once_and_no_name_twice() {
        let numbers: Vec<u8> = FAULTS.iter().map(|fault| fault.number).collect();
        assert_eq!(numbers, (1..=25).collect::<Vec<u8>>());
        let names: std::collections::BTreeSet<_> = FAULTS.iter().map(|fault| fault.name).collect();
        assert_eq!(names.len(), FAULTS.len());
    }

    #[test]
    fn every_fault_of_the_network_goes_with_each_crash_that_it_is_not_itself() {
        for fault in FAULTS {
            let of_the_network = fault.number <= LAST_OF_THE_NETWORK;
            assert_eq!(!fault.crashes.is_empty(), of_the_network, "{}", fault.name);
            let itself = match fault.name {
                "broker_killed" | "broker_session_lost_or_kept" => Some(Crash::Broker),
                "hub_away_for_24_hours" => Some(Crash::Hub),
                _ => None,
            };
            let missing = Crash::ALL.into_iter().find(|crash| !fault.crashes.contains(crash));
            assert!(!of_the_network || missing == itself, "{} lacks {missing:?}", fault.name);
        }
    }
}

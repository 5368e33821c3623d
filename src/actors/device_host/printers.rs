//! Which printer prints what. A ticket says nothing of a person: any printer will do, and a citizen at the
//! kiosk must not go without a number. A slip names a citizen, so it comes out where an officer stands:
//! at the counter's own printer, or at one that the settings name for slips.

use devices::class::ticket_printer::Document;
use devices::{Class, DeviceConfig};
use domain::ids::CounterNumber;

/// The printers of the settings.
#[derive(Debug, Default)]
pub(super) struct Printers {
    /// By their ids, in order.
    all: Vec<(String, Option<CounterNumber>)>,
    /// Those that may print slips of every counter, the first one first.
    for_slips: Vec<String>,
}

impl Printers {
    pub(super) fn new(devices: &[DeviceConfig], for_slips: Vec<String>) -> Self {
        let mut all: Vec<_> = devices
            .iter()
            .filter(|device| {
                devices::driver(&device.driver)
                    .is_some_and(|driver| driver.class == Class::TicketPrinter)
            })
            .map(|device| (device.id.clone(), device.counter.map(CounterNumber)))
            .collect();
        all.sort();
        Self { all, for_slips }
    }

    /// The printer of a document that a counter wants, or a kiosk.
    pub(super) fn of(&self, document: &Document, counter: Option<CounterNumber>) -> Option<&str> {
        match document {
            Document::Ticket(_) => self.of_ticket(counter),
            // What is drawn in dots may be anything: it is treated as a slip.
            Document::Slip(_) | Document::Raster(_) => self.of_slip(counter?),
        }
    }

    /// A printer at the counter, or one that stands at no counter, or any.
    fn of_ticket(&self, counter: Option<CounterNumber>) -> Option<&str> {
        let first = |wanted: &dyn Fn(Option<CounterNumber>) -> bool| {
            self.all.iter().find(|(_, place)| wanted(*place))
        };
        first(&|place| counter.is_some() && place == counter)
            .or_else(|| first(&|place| place.is_none()))
            .or_else(|| first(&|_| true))
            .map(|(id, _)| id.as_str())
    }

    /// The counter's own printer, or one for slips.
    pub(super) fn of_slip(&self, counter: CounterNumber) -> Option<&str> {
        let own = self.all.iter().find(|(_, place)| *place == Some(counter));
        let shared =
            || self.for_slips.iter().find(|name| self.all.iter().any(|(id, _)| id == *name));
        own.map(|(id, _)| id.as_str()).or_else(|| shared().map(String::as_str))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use devices::TransportConfig;
    use devices::class::ticket_printer::{SlipLayout, TicketLayout};

    fn printers(all: &[(&str, Option<u16>)], for_slips: &[&str]) -> Printers {
        let device = |(id, counter): &(&str, Option<u16>)| DeviceConfig {
            id: (*id).to_owned(),
            driver: "printer_escpos".to_owned(),
            transport: TransportConfig::Tcp { address: "127.0.0.1:9100".to_owned() },
            counter: *counter,
            settings: toml::Table::new(),
        };
        let devices: Vec<DeviceConfig> = all.iter().map(device).collect();
        Printers::new(&devices, for_slips.iter().map(|id| (*id).to_owned()).collect())
    }

    #[test]
    fn a_slip_never_comes_out_in_the_hall_or_at_another_counter() {
        let slip = Document::Slip(SlipLayout::default());
        let at = |printers: &Printers, counter| {
            printers.of(&slip, Some(CounterNumber(counter))).map(str::to_owned)
        };
        let house = printers(&[("hall", None), ("desk-2", Some(2))], &[]);
        assert_eq!(at(&house, 2).as_deref(), Some("desk-2"));
        assert_eq!(at(&house, 1), None);
        assert_eq!(house.of(&slip, None), None);
        let with_shared =
            printers(&[("hall", None), ("desk-2", Some(2)), ("office", None)], &["gone", "office"]);
        assert_eq!(at(&with_shared, 1).as_deref(), Some("office"));
        assert_eq!(at(&with_shared, 2).as_deref(), Some("desk-2"), "the own one comes first");
    }

    #[test]
    fn a_ticket_comes_out_somewhere_as_long_as_there_is_a_printer() {
        let ticket = Document::Ticket(TicketLayout::default());
        let house = printers(&[("desk-2", Some(2)), ("hall", None)], &[]);
        assert_eq!(house.of(&ticket, None), Some("hall"));
        assert_eq!(house.of(&ticket, Some(CounterNumber(1))), Some("hall"));
        assert_eq!(house.of(&ticket, Some(CounterNumber(2))), Some("desk-2"));
        let only = printers(&[("desk-2", Some(2))], &[]);
        assert_eq!(only.of(&ticket, None), Some("desk-2"));
        assert_eq!(printers(&[], &[]).of(&ticket, None), None);
    }
}

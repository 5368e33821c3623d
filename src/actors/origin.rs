//! Who asks, from where, and under which request key.

/// Stands beside every command that writes: it goes into the journal's entry.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    /// Who: an officer's id, a device's name, `citizen`, `center`.
    pub actor: String,
    /// From which device; empty when none.
    pub device: String,
    /// The caller's key against doing it twice: a repeated request with the same key gets the first
    /// answer for 7 days.
    pub request: Option<String>,
    /// Stands in the hall, where anybody may press: what it asks for is bounded.
    pub kiosk: bool,
    /// May do nothing at a counter that somebody else has open. The head of the center may.
    pub own_counter_only: bool,
}

impl Origin {
    /// An officer at a device.
    #[must_use]
    pub fn officer(officer: &str, device: &str) -> Self {
        Self { actor: officer.to_owned(), device: device.to_owned(), ..Self::default() }
    }

    /// A device on behalf of a citizen: a tablet, another system.
    #[must_use]
    pub fn device(device: &str) -> Self {
        Self { actor: device.to_owned(), device: device.to_owned(), ..Self::default() }
    }

    /// A kiosk.
    #[must_use]
    pub fn kiosk(device: &str) -> Self {
        Self { kiosk: true, ..Self::device(device) }
    }

    /// The center itself: a printer's answer, something that came from the hub.
    #[must_use]
    pub fn center() -> Self {
        Self { actor: "center".to_owned(), ..Self::default() }
    }

    /// The same, bound to the counter that the actor has open.
    #[must_use]
    pub fn at_own_counter(mut self, only: bool) -> Self {
        self.own_counter_only = only;
        self
    }

    /// The same with a request key.
    #[must_use]
    pub fn with_request(mut self, key: Option<&str>) -> Self {
        self.request = key.map(str::to_owned);
        self
    }
}

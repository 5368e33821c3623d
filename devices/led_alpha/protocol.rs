//! The Alpha protocol, sending side: wishes and the time in, packets out.

use std::time::{Duration, Instant};

use super::picture::{Picture, draw};
use super::settings::{Colour, Settings, TextForm};
use crate::class::sign::{SignMode, SignShow, fold_ascii};

pub(super) const SOH: u8 = 0x01;
pub(super) const STX: u8 = 0x02;
pub(super) const ETX: u8 = 0x03;
pub(super) const EOT: u8 = 0x04;
pub(super) const ESC: u8 = 0x1B;
/// Inside a TEXT file: show the STRING file whose label follows.
pub(super) const CALL_STRING: u8 = 0x10;
/// Inside a TEXT file: show the DOTS PICTURE whose label follows.
pub(super) const CALL_PICTURE: u8 = 0x14;
/// Where the line is to be still for [`DELAY_MS`]. A mark between the protocol and the loop, which is no
/// byte of a line of seven bits and is never sent.
pub(super) const DELAY: u8 = 0xFF;
/// A sign makes room for a picture so long, between its width and its rows. Milliseconds.
pub(super) const DELAY_MS: u64 = 100;
/// The middle line: the only position on which all libraries agree.
const MIDDLE: u8 = 0x20;
const HOLD: u8 = b'b';
const FLASH: u8 = b'c';
const TEXT_FILE: u8 = b'A';
const STRING_FILE: u8 = b'S';
const PICTURE_FILE: u8 = b'P';
/// Ends a row of a picture.
pub(super) const ROW_END: u8 = 0x0D;
const DARK: u8 = b'0';
/// The TEXT file that hides all others while it is not empty.
pub(super) const PRIORITY_FILE: u8 = b'0';
/// Characters that the STRING file holds: longer labels are cut.
pub(super) const LABEL_LENGTH_MAX: usize = 16;
const TEST_TEXT: &str = "TEST 8888";

/// Packets of one sign.
#[derive(Clone, Debug)]
pub(super) struct Packets {
    sign_type: u8,
    address: [u8; 2],
    checksum: bool,
}

impl Packets {
    pub(super) fn new(settings: &Settings) -> Self {
        let mut address = [b'0'; 2];
        address.iter_mut().zip(settings.address.bytes()).for_each(|(to, from)| *to = from);
        let sign_type = settings.sign_type.bytes().next().unwrap_or(b'Z');
        Self { sign_type, address, checksum: settings.checksum }
    }

    fn packet(&self, command: &[u8]) -> Vec<u8> {
        // Five nulls let a sign measure the line's speed.
        let mut packet = vec![0, 0, 0, 0, 0, SOH, self.sign_type];
        packet.extend_from_slice(&self.address);
        let body = packet.len();
        packet.push(STX);
        packet.extend_from_slice(command);
        if self.checksum {
            packet.push(ETX);
            let sent = packet[body..].iter().filter(|byte| **byte != DELAY);
            let sum = sent.fold(0u16, |sum, byte| sum.wrapping_add((*byte).into()));
            packet.extend_from_slice(format!("{sum:04X}").as_bytes());
        }
        packet.push(EOT);
        packet
    }

    /// Sets up the sign's memory: TEXT file A of 0x100 bytes, shown always, STRING file S of 0x10.
    pub(super) fn memory(&self) -> Vec<u8> {
        self.packet(b"E$AAU0100FFFFSBL00100000")
    }

    /// Sets up the memory of a sign of drawn texts: TEXT file A, and DOTS PICTURE P of three colours.
    pub(super) fn picture_memory(&self, rows: u8, columns: u8) -> Vec<u8> {
        self.packet(format!("E$AAU0100FFFFPDL{rows:02X}{columns:02X}2000").as_bytes())
    }

    /// The picture. It is no wider than the memory was set up for.
    pub(super) fn picture(&self, picture: &Picture, colour: Colour) -> Vec<u8> {
        let (height, width) = (picture.rows.len(), picture.width());
        let mut command = vec![b'I', PICTURE_FILE];
        command.extend_from_slice(format!("{height:02X}{width:02X}").as_bytes());
        command.push(DELAY);
        let lit = match colour {
            Colour::Red => b'1',
            Colour::Green => b'2',
            Colour::Amber => b'3',
        };
        for row in &picture.rows {
            command.extend(row.iter().map(|dot| if *dot { lit } else { DARK }));
            command.push(ROW_END);
        }
        self.packet(&command)
    }

    /// TEXT file A: shows the picture, or nothing.
    pub(super) fn picture_text(&self, mode: SignMode, shown: bool) -> Vec<u8> {
        let mode = match mode {
            SignMode::Hold => HOLD,
            SignMode::Flash => FLASH,
        };
        let mut command = vec![b'A', TEXT_FILE, ESC, MIDDLE, mode];
        if shown {
            command.extend([CALL_PICTURE, PICTURE_FILE]);
        }
        self.packet(&command)
    }

    /// TEXT file A: shows the STRING, steady.
    pub(super) fn frame_text(&self) -> Vec<u8> {
        self.packet(&[b'A', TEXT_FILE, ESC, MIDDLE, HOLD, CALL_STRING, STRING_FILE])
    }

    /// The number; the sign does not blank for it.
    pub(super) fn string(&self, label: &str) -> Vec<u8> {
        let mut command = vec![b'G', STRING_FILE];
        command.extend(shown(label));
        self.packet(&command)
    }

    /// A flashing text over everything else.
    pub(super) fn priority(&self, text: &str) -> Vec<u8> {
        let mut command = vec![b'A', PRIORITY_FILE, ESC, MIDDLE, FLASH];
        command.extend(shown(text));
        self.packet(&command)
    }

    /// The priority text away.
    pub(super) fn clear_priority(&self) -> Vec<u8> {
        self.packet(&[b'A', PRIORITY_FILE])
    }

    /// A steady TEXT file, as other programs write it; used to compare with them.
    #[cfg(test)]
    pub(super) fn plain_text(&self, text: &str) -> Vec<u8> {
        let mut command = vec![b'A', TEXT_FILE, ESC, MIDDLE, HOLD];
        command.extend(shown(text));
        self.packet(&command)
    }
}

fn shown(label: &str) -> Vec<u8> {
    fold_ascii(label).bytes().take(LABEL_LENGTH_MAX).collect()
}

/// What one sign is to show, over time.
#[derive(Debug)]
pub(super) struct Sign {
    packets: Packets,
    /// How a text is drawn; nothing where the sign writes it by itself.
    drawn: Option<Drawn>,
    flash: Duration,
    resend: Duration,
    label: String,
    /// While something flashes, until when.
    flashing: Option<Instant>,
    resend_at: Instant,
    /// It went dark since it was set up.
    set_up_due: bool,
}

impl Sign {
    pub(super) fn new(settings: &Settings, now: Instant) -> Self {
        let resend = Duration::from_secs(settings.resend_s);
        Self {
            packets: Packets::new(settings),
            drawn: Drawn::of(settings),
            flash: Duration::from_secs(settings.flash_s),
            resend,
            label: String::new(),
            flashing: None,
            resend_at: now + resend,
            set_up_due: false,
        }
    }

    /// The line is open: the sign may be another one than before, so it is set up anew. A call
    /// flashes for what is left of its time.
    pub(super) fn connected(&mut self, show: &SignShow, now: Instant) -> Vec<u8> {
        let mut bytes = self.set_up();
        let age = now.saturating_duration_since(show.at);
        if age < self.flash {
            bytes.extend(self.show(show, now));
            self.flashing = self.flashing.map(|until| until - age);
        } else {
            let steady = SignShow { mode: SignMode::Hold, ..show.clone() };
            bytes.extend(self.show(&steady, now));
        }
        self.set_up_due = false;
        bytes
    }

    fn set_up(&self) -> Vec<u8> {
        match &self.drawn {
            Some(drawn) => self.packets.picture_memory(drawn.rows, drawn.columns),
            None => [self.packets.memory(), self.packets.frame_text()].concat(),
        }
    }

    /// A new wish.
    pub(super) fn show(&mut self, show: &SignShow, now: Instant) -> Vec<u8> {
        self.label = show.label.clone().unwrap_or_default();
        self.resend_at = now + self.resend;
        self.set_up_due |= self.label.is_empty();
        if show.mode == SignMode::Flash && !self.label.is_empty() {
            self.flashing = Some(now + self.flash);
            if let Some(drawn) = &self.drawn {
                return drawn.packets(&self.packets, &self.label, SignMode::Flash);
            }
            // First the packet that people see; the steady number under it follows.
            let mut bytes = self.packets.priority(&self.label);
            bytes.extend(self.packets.string(&self.label));
            bytes
        } else {
            self.flashing = None;
            self.steady()
        }
    }

    /// A technician's try: a flashing text for a moment, the number stays underneath.
    pub(super) fn try_it(&mut self, now: Instant) -> Vec<u8> {
        self.flashing = Some(now + self.flash);
        self.packets.priority(TEST_TEXT)
    }

    /// When [`Self::tick`] has something to do.
    pub(super) fn due(&self) -> Instant {
        self.flashing.map_or(self.resend_at, |until| until.min(self.resend_at))
    }

    /// Time has passed.
    pub(super) fn tick(&mut self, now: Instant) -> Vec<u8> {
        if self.flashing.is_some_and(|until| now >= until) {
            self.flashing = None;
            // A picture is drawn again: a try may have cost it.
            return match self.drawn {
                Some(_) => self.steady(),
                None => self.packets.clear_priority(),
            };
        }
        if now >= self.resend_at {
            self.resend_at = now + self.resend;
            // A sign that lost its power on an open line may have lost its memory with it, and nobody hears
            // of that. Setting it up blanks it, so it is done once each time that it is dark anyway.
            let dark = self.flashing.is_none() && self.label.is_empty();
            if dark && std::mem::take(&mut self.set_up_due) {
                return [self.set_up(), self.steady()].concat();
            }
            return match (self.flashing, &self.drawn) {
                (None, _) => self.steady(),
                (Some(_), None) => self.packets.string(&self.label),
                // Drawn again when the flashing ends.
                (Some(_), Some(_)) => Vec::new(),
            };
        }
        Vec::new()
    }

    fn steady(&self) -> Vec<u8> {
        if let Some(drawn) = &self.drawn {
            return drawn.packets(&self.packets, &self.label, SignMode::Hold);
        }
        let mut bytes = self.packets.string(&self.label);
        bytes.extend(self.packets.clear_priority());
        bytes
    }
}

/// How a text is drawn.
#[derive(Clone, Copy, Debug)]
struct Drawn {
    rows: u8,
    columns: u8,
    colour: Colour,
}

impl Drawn {
    fn of(settings: &Settings) -> Option<Self> {
        let Settings { text, rows, columns, colour, .. } = *settings;
        (text == TextForm::Bitmap).then_some(Self { rows, columns, colour })
    }

    /// Everything that makes the sign show this text, whatever it showed.
    fn packets(&self, packets: &Packets, label: &str, mode: SignMode) -> Vec<u8> {
        let picture = draw(label, self.rows.into(), self.columns.into());
        let shown = picture.width() > 0;
        let mut bytes = packets.clear_priority();
        if shown {
            bytes.extend(packets.picture(&picture, self.colour));
        }
        bytes.extend(packets.picture_text(mode, shown));
        bytes
    }
}

//! ESC/POS, the printer's side: bytes to sheets of paper. Used by the simulator.

use crate::class::ticket_printer::Bitmap;

/// Rows that one sheet may have; more is counted as cut off.
const SHEET_ROWS_MAX: usize = 20_000;
/// Largest block of data that one command may announce.
const COMMAND_LENGTH_MAX: usize = 1024 * 1024;
/// Longest line of text.
const TEXT_LENGTH_MAX: usize = 1024;
/// Height of a line of text, in dots.
const LINE_ROWS: usize = 30;

/// A piece of paper that was cut off.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    /// Its dots.
    pub dots: Bitmap,
    /// Lines that came as text.
    pub texts: Vec<String>,
    /// Texts of QR codes that came as such.
    pub codes: Vec<String>,
    /// Rows beyond what a sheet holds.
    pub rows_cut_off: usize,
}

/// What one command did.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Done {
    /// It printed or fed rows.
    Rows(usize),
    /// It cut the sheet off.
    Cut(Box<Sheet>),
    /// It asks for the paper sensor's state, in order.
    AsksPaper,
    /// It changed a setting, or was skipped.
    Nothing,
}

/// The decoder.
#[derive(Debug)]
pub(super) struct Decoder {
    width: usize,
    pending: Vec<u8>,
    sheet: Sheet,
    text: Vec<u8>,
    code: Vec<u8>,
    /// Commands that it does not know.
    pub(super) unknown: u64,
}

enum Parsed {
    /// Needs more bytes.
    Short,
    /// That many bytes belong to the command.
    Whole(usize, Done),
}

impl Decoder {
    pub(super) fn new(width: usize) -> Self {
        Self {
            width,
            pending: Vec::new(),
            sheet: blank(width),
            text: Vec::new(),
            code: Vec::new(),
            unknown: 0,
        }
    }

    /// Bytes that were received and not worked off.
    pub(super) fn waiting(&self) -> usize {
        self.pending.len()
    }

    /// Receives bytes.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
    }

    /// Throws away what waits, and what is printed but not cut.
    pub(super) fn clear(&mut self) {
        self.pending.clear();
        self.text.clear();
    }

    /// Works off one command; none when the next one has not come whole.
    pub(super) fn step(&mut self) -> Option<Done> {
        let pending = std::mem::take(&mut self.pending);
        let parsed = self.parse(&pending);
        self.pending = pending;
        match parsed {
            Parsed::Short => None,
            Parsed::Whole(length, done) => {
                self.pending.drain(..length);
                Some(done)
            }
        }
    }

    fn parse(&mut self, bytes: &[u8]) -> Parsed {
        let nothing = |length: usize| {
            if bytes.len() < length { Parsed::Short } else { Parsed::Whole(length, Done::Nothing) }
        };
        match bytes {
            [] | [0x10 | 0x1B | 0x1C | 0x1D] => Parsed::Short,
            [b'\n', ..] => Parsed::Whole(1, Done::Rows(self.end_line())),
            // Executed when it arrived.
            [0x10, 0x04 | 0x05, ..] => nothing(3),
            [0x10, 0x14] => Parsed::Short,
            [0x10, 0x14, 0x08, ..] => nothing(10),
            [0x10, 0x14, ..] => nothing(5),
            [0x1B, command, rest @ ..] => self.escape(*command, rest, &nothing),
            [0x1C, b'.' | b'&', ..] => nothing(2),
            [0x1C, ..] => nothing(3),
            [0x1D, command, rest @ ..] => self.group(*command, rest, &nothing),
            [byte, ..] => {
                if *byte >= b' ' {
                    if self.text.len() < TEXT_LENGTH_MAX {
                        self.text.push(*byte);
                    }
                } else if *byte != b'\r' && *byte != 0 {
                    self.unknown += 1;
                }
                nothing(1)
            }
        }
    }

    fn escape(&mut self, command: u8, rest: &[u8], nothing: &dyn Fn(usize) -> Parsed) -> Parsed {
        match (command, rest) {
            (b'@', _) => {
                self.text.clear();
                nothing(2)
            }
            (b'2' | b'<', _) => nothing(2),
            (b'd', [lines, ..]) => {
                let rows = self.end_line();
                let fed = self.feed(usize::from(*lines) * LINE_ROWS);
                Parsed::Whole(3, Done::Rows(rows + fed))
            }
            (b'J', [rows, ..]) => {
                let ended = self.end_line();
                let fed = self.feed(usize::from(*rows));
                Parsed::Whole(3, Done::Rows(ended + fed))
            }
            (b'd' | b'J', []) => Parsed::Short,
            (b'$' | b'\\', _) => nothing(4),
            (b'p', _) => nothing(5),
            (b'*', [mode, low, high, ..]) => {
                // Column images: not printed by this simulator, but stepped over in whole.
                self.unknown += 1;
                let columns = usize::from(u16::from_le_bytes([*low, *high]));
                nothing(5 + columns * if *mode >= 32 { 3 } else { 1 })
            }
            (b'*', _) => Parsed::Short,
            (b'D', tabs) => match tabs.iter().position(|tab| *tab == 0) {
                Some(end) => nothing(2 + end + 1),
                None if tabs.len() > 32 => nothing(2),
                None => Parsed::Short,
            },
            (
                b'!' | b'-' | b'3' | b' ' | b'E' | b'G' | b'M' | b'R' | b'V' | b'a' | b't' | b'{'
                | b'r' | b'=',
                _,
            ) => nothing(3),
            _ => {
                self.unknown += 1;
                nothing(2)
            }
        }
    }

    fn group(&mut self, command: u8, rest: &[u8], nothing: &dyn Fn(usize) -> Parsed) -> Parsed {
        match (command, rest) {
            (b'v', [b'0', _mode, xl, xh, yl, yh, data @ ..]) => {
                let row_bytes = usize::from(u16::from_le_bytes([*xl, *xh]));
                let rows = usize::from(u16::from_le_bytes([*yl, *yh]));
                let length = row_bytes * rows;
                if length > COMMAND_LENGTH_MAX {
                    self.unknown += 1;
                    return nothing(8);
                }
                match data.get(..length) {
                    None => Parsed::Short,
                    Some(data) => {
                        let ended = self.end_line();
                        self.raster(data, row_bytes);
                        Parsed::Whole(8 + length, Done::Rows(ended + rows))
                    }
                }
            }
            (b'v', short) if short.len() < 6 => Parsed::Short,
            (b'V', [65 | 66 | 97 | 98 | 103 | 104, ..]) if rest.len() < 2 => Parsed::Short,
            (b'V', [mode, ..]) => {
                let length = if matches!(mode, 65 | 66 | 97 | 98 | 103 | 104) { 4 } else { 3 };
                self.end_line();
                let sheet = std::mem::replace(&mut self.sheet, blank(self.width));
                Parsed::Whole(length, Done::Cut(Box::new(sheet)))
            }
            (b'r', [_, ..]) => Parsed::Whole(3, Done::AsksPaper),
            (b'(', [kind, low, high, data @ ..]) => {
                let length = usize::from(u16::from_le_bytes([*low, *high]));
                match data.get(..length) {
                    None => Parsed::Short,
                    Some(data) => {
                        let rows = if *kind == b'k' { self.qr(data) } else { 0 };
                        Parsed::Whole(5 + length, Done::Rows(rows))
                    }
                }
            }
            (b'V' | b'r', []) | (b'(', _) => Parsed::Short,
            (b'L' | b'W' | b'P' | b'$' | b'\\', _) => nothing(4),
            (b'a' | b'!' | b'B' | b'h' | b'w' | b'H' | b'f' | b'b', _) => nothing(3),
            (b'k', [mode @ 65..=255, length, ..]) => {
                self.unknown += 1;
                let _ = mode;
                nothing(4 + usize::from(*length))
            }
            (b'k', [_, data @ ..]) => match data.iter().position(|byte| *byte == 0) {
                Some(end) => {
                    self.unknown += 1;
                    nothing(3 + end + 1)
                }
                None if data.len() > 255 => nothing(3),
                None => Parsed::Short,
            },
            (b'k', []) => Parsed::Short,
            _ => {
                self.unknown += 1;
                nothing(2)
            }
        }
    }

    fn raster(&mut self, data: &[u8], row_bytes: usize) {
        if row_bytes == 0 {
            return;
        }
        let paper = self.sheet.dots.row_bytes();
        for row in data.chunks(row_bytes) {
            let top = self.sheet.dots.rows.len();
            if self.feed(1) == 1 && self.sheet.dots.rows.len() > top {
                let width = paper.min(row.len());
                self.sheet.dots.rows[top..top + width].copy_from_slice(&row[..width]);
            }
        }
    }

    /// Feeds blank rows; answers how many were asked for.
    fn feed(&mut self, rows: usize) -> usize {
        let dots = &mut self.sheet.dots;
        let room = SHEET_ROWS_MAX.saturating_sub(dots.height);
        self.sheet.rows_cut_off += rows.saturating_sub(room);
        dots.height += rows.min(room);
        dots.rows.resize(dots.height * dots.row_bytes(), 0);
        rows
    }

    fn end_line(&mut self) -> usize {
        if self.text.is_empty() {
            return 0;
        }
        let line = std::mem::take(&mut self.text);
        self.sheet.texts.push(String::from_utf8_lossy(&line).into_owned());
        self.feed(LINE_ROWS)
    }

    /// Function 80 stores a text, function 81 prints it; sizes and error levels are taken as read.
    fn qr(&mut self, data: &[u8]) -> usize {
        match data {
            [49, 80, 48, text @ ..] => {
                self.code = text.to_vec();
                0
            }
            [49, 81, 48, ..] => {
                let ended = self.end_line();
                let text = String::from_utf8_lossy(&self.code).into_owned();
                let drawn = qrcode::QrCode::new(&self.code).map_or(0, |code| self.draw(&code));
                self.sheet.codes.push(text);
                ended + drawn
            }
            _ => 0,
        }
    }

    fn draw(&mut self, code: &qrcode::QrCode) -> usize {
        const MODULE: usize = 4;
        let (side, top) = (code.width(), self.sheet.dots.height);
        let rows = self.feed(side * MODULE);
        for (index, color) in code.to_colors().into_iter().enumerate() {
            if color == qrcode::Color::Dark {
                for dot in 0..MODULE * MODULE {
                    let x = index % side * MODULE + dot % MODULE;
                    self.sheet.dots.blacken(x, top + index / side * MODULE + dot / MODULE);
                }
            }
        }
        rows
    }
}

fn blank(width: usize) -> Sheet {
    Sheet { dots: Bitmap::new(width, 0), texts: Vec::new(), codes: Vec::new(), rows_cut_off: 0 }
}

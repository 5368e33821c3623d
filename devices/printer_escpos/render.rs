//! Tickets and slips as dots.
//!
//! Fonts come from the system (Debian's fonts-noto-core, else DejaVu) or from the settings. Glyphs
//! are cut at half coverage, without dithering: thermal paper shows that sharpest.

use std::path::{Path, PathBuf};

use ab_glyph::{Font, FontVec, GlyphId, PxScale, ScaleFont, point};
use qrcode::{Color, QrCode};
use unicode_normalization::UnicodeNormalization;

use crate::class::ticket_printer::{Bitmap, Document, SlipLayout, TicketLayout};

/// Rows that one document may have: 1.5 m of paper. The rest is cut off.
const ROWS_MAX: usize = 12_000;
const REPRINT_MARK: &str = "BẢN IN LẠI";
/// The width that the sizes below are meant for.
const DESIGN_WIDTH: f32 = 576.0;

/// Regular or bold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    Bold,
}

/// The font of the system, where there is one.
pub(super) fn system_font(weight: Weight) -> Option<PathBuf> {
    let candidates = match weight {
        Weight::Regular => [
            "/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf",
            "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
        ],
        Weight::Bold => [
            "/usr/share/fonts/truetype/noto/NotoSans-Bold.ttf",
            "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf",
        ],
    };
    candidates.iter().map(PathBuf::from).find(|path| path.is_file())
}

/// Why there is no type.
#[derive(Debug, thiserror::Error)]
pub(super) enum FontError {
    #[error("no font: install fonts-noto-core, or name a file in the device's settings")]
    None,
    #[error("font {0}: {1}")]
    Unreadable(PathBuf, std::io::Error),
    #[error("font {0} is not a font")]
    Malformed(PathBuf),
}

/// The two fonts, and the center's own sign where it has one.
pub(super) struct Type {
    regular: FontVec,
    bold: FontVec,
    /// Stands above the center's name on tickets.
    logo: Option<Bitmap>,
}

impl Type {
    /// Loads the fonts; an empty path takes the system's.
    pub(super) fn load(regular: &str, bold: &str) -> Result<Self, FontError> {
        let (regular, bold) = (load(regular, Weight::Regular)?, load(bold, Weight::Bold)?);
        Ok(Self { regular, bold, logo: None })
    }

    /// The same with a center's own sign.
    pub(super) fn with_logo(self, logo: Option<Bitmap>) -> Self {
        Self { logo, ..self }
    }

    fn font(&self, weight: Weight) -> &FontVec {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        }
    }

    /// Draws a document at a width.
    pub(super) fn draw(&self, document: &Document, width: usize) -> Bitmap {
        let mut sheet = Sheet::new(self, width);
        match document {
            Document::Ticket(ticket) => sheet.ticket(ticket),
            Document::Slip(slip) => sheet.slip(slip),
            Document::Raster(bitmap) => return bitmap.clone(),
        }
        sheet.paper
    }
}

fn load(path: &str, weight: Weight) -> Result<FontVec, FontError> {
    let path = if path.is_empty() {
        system_font(weight).ok_or(FontError::None)?
    } else {
        Path::new(path).to_owned()
    };
    match std::fs::read(&path) {
        Ok(bytes) => FontVec::try_from_vec(bytes).map_err(|_| FontError::Malformed(path)),
        Err(error) => Err(FontError::Unreadable(path, error)),
    }
}

#[derive(Clone, Copy)]
enum Align {
    Left,
    Center,
}

struct Sheet<'a> {
    fonts: &'a Type,
    paper: Bitmap,
    /// Sizes are given for 80 mm paper and shrink with the width.
    scale: f32,
}

impl<'a> Sheet<'a> {
    fn new(fonts: &'a Type, width: usize) -> Self {
        let scale = width as f32 / DESIGN_WIDTH;
        Self { fonts, paper: Bitmap::new(width, 0), scale }
    }

    fn ticket(&mut self, ticket: &TicketLayout) {
        let fonts = self.fonts;
        if let Some(logo) = &fonts.logo {
            self.picture(logo);
        }
        for line in &ticket.title {
            self.text(line, 35.0, Weight::Bold, Align::Center);
        }
        self.reprint_mark(ticket.reprint);
        self.space(10.0);
        self.text(&ticket.heading, 36.0, Weight::Regular, Align::Center);
        self.fitted(&ticket.label, 210.0);
        for line in &ticket.lines {
            self.text(line, 38.0, Weight::Regular, Align::Center);
        }
        self.code(ticket.qr.as_deref());
        self.rule();
        for line in &ticket.footer {
            self.text(line, 32.0, Weight::Regular, Align::Center);
        }
        self.space(16.0);
    }

    fn slip(&mut self, slip: &SlipLayout) {
        for line in &slip.title {
            self.text(line, 36.0, Weight::Bold, Align::Center);
        }
        self.reprint_mark(slip.reprint);
        self.space(10.0);
        self.text(&slip.heading, 40.0, Weight::Bold, Align::Center);
        self.fitted(&slip.code, 76.0);
        for (name, value) in &slip.fields {
            self.text(name, 28.0, Weight::Regular, Align::Left);
            self.text(value, 38.0, Weight::Bold, Align::Left);
        }
        if !slip.items.is_empty() {
            self.rule();
            for (index, item) in slip.items.iter().enumerate() {
                self.text(&format!("{}. {item}", index + 1), 34.0, Weight::Regular, Align::Left);
            }
        }
        self.code(slip.qr.as_deref());
        self.rule();
        for line in &slip.footer {
            self.text(line, 32.0, Weight::Regular, Align::Center);
        }
        self.space(16.0);
    }

    /// Dots as they are, in the middle; what is wider than the paper loses its right edge.
    fn picture(&mut self, dots: &Bitmap) {
        let (top, left) = (self.paper.height, self.paper.width.saturating_sub(dots.width) / 2);
        self.grow(dots.height);
        for (y, x) in (0..dots.height).flat_map(|y| (0..dots.width).map(move |x| (y, x))) {
            if dots.black(x, y) {
                self.paper.blacken(left + x, top + y);
            }
        }
        self.space(10.0);
    }

    /// The mark in a frame, so that nobody takes a copy for the first paper.
    fn reprint_mark(&mut self, reprint: bool) {
        if !reprint {
            return;
        }
        self.space(8.0);
        let top = self.paper.height;
        self.space(6.0);
        self.text(REPRINT_MARK, 44.0, Weight::Bold, Align::Center);
        self.space(6.0);
        let (left, right) = (self.paper.width / 5, self.paper.width * 4 / 5);
        let bottom = self.paper.height;
        for y in top..bottom {
            let edge = y < top + 3 || y + 3 >= bottom;
            for x in left..right {
                if edge || x < left + 3 || x + 3 >= right {
                    self.paper.blacken(x, y);
                }
            }
        }
        self.space(8.0);
    }

    fn space(&mut self, rows: f32) {
        self.grow((rows * self.scale).ceil() as usize);
    }

    fn grow(&mut self, rows: usize) {
        let height = (self.paper.height + rows).min(ROWS_MAX);
        self.paper.rows.resize(height * self.paper.row_bytes(), 0);
        self.paper.height = height;
    }

    fn rule(&mut self) {
        self.space(10.0);
        let top = self.paper.height;
        self.grow(2);
        for y in top..self.paper.height {
            for x in 0..self.paper.width {
                self.paper.blacken(x, y);
            }
        }
        self.space(10.0);
    }

    /// One line, as large as fits.
    fn fitted(&mut self, text: &str, largest: f32) {
        let text: String = text.nfc().collect();
        let largest = largest * self.scale;
        let width = line_width(self.fonts.font(Weight::Bold), &text, largest);
        let room = self.paper.width as f32 * 0.96;
        let size = if width > room { largest * room / width } else { largest };
        self.line(&text, size, Weight::Bold, Align::Center);
    }

    /// A paragraph, broken at spaces.
    fn text(&mut self, text: &str, size: f32, weight: Weight, align: Align) {
        let text: String = text.nfc().collect();
        let size = size * self.scale;
        for line in broken(self.fonts.font(weight), &text, size, self.paper.width as f32) {
            self.line(&line, size, weight, align);
        }
    }

    fn line(&mut self, text: &str, size: f32, weight: Weight, align: Align) {
        let font = self.fonts.font(weight);
        let scaled = font.as_scaled(PxScale::from(size));
        let top = self.paper.height;
        // Stacked marks such as Ế reach above the ascent of many fonts: a little room over it.
        let room = size * 0.06;
        self.grow((size + room).ceil() as usize);
        let baseline = top as f32 + room + scaled.ascent();
        let mut x = match align {
            Align::Left => 0.0,
            Align::Center => {
                ((self.paper.width as f32 - line_width(font, text, size)) / 2.0).max(0.0)
            }
        };
        let mut before: Option<GlyphId> = None;
        for letter in text.chars() {
            let id = scaled.glyph_id(letter);
            x += before.map_or(0.0, |before| scaled.kern(before, id));
            let glyph = id.with_scale_and_position(PxScale::from(size), point(x, baseline));
            if let Some(outline) = font.outline_glyph(glyph) {
                let bounds = outline.px_bounds();
                let paper = &mut self.paper;
                outline.draw(|dx, dy, coverage| {
                    let (x, y) = (bounds.min.x + dx as f32, bounds.min.y + dy as f32);
                    if coverage >= 0.5 && x >= 0.0 && y >= 0.0 {
                        paper.blacken(x as usize, y as usize);
                    }
                });
            }
            x += scaled.h_advance(id);
            before = Some(id);
        }
    }

    /// The QR code in whole dots, with its quiet zone. A text too long for one is left out: the
    /// number above it is what counts.
    fn code(&mut self, text: Option<&str>) {
        let Some(code) = text.and_then(|text| QrCode::new(text).ok()) else { return };
        let modules = code.width();
        let module = ((self.paper.width * 2 / 5) / (modules + 8)).max(2);
        let side = modules * module;
        let left = self.paper.width.saturating_sub(side) / 2;
        let top = self.paper.height + 4 * module;
        self.grow(side + 8 * module);
        for (index, color) in code.to_colors().into_iter().enumerate() {
            if color == Color::Dark {
                let (x, y) = (left + index % modules * module, top + index / modules * module);
                for dot in 0..module * module {
                    self.paper.blacken(x + dot % module, y + dot / module);
                }
            }
        }
    }
}

fn line_width(font: &FontVec, text: &str, size: f32) -> f32 {
    let scaled = font.as_scaled(PxScale::from(size));
    let mut before = None;
    text.chars().map(|letter| scaled.glyph_id(letter)).fold(0.0, |width, id| {
        let kern = before.map_or(0.0, |before| scaled.kern(before, id));
        before = Some(id);
        width + kern + scaled.h_advance(id)
    })
}

/// Lines that fit. Breaks at plain spaces only, so that a no-break space keeps «số 12» together;
/// a single word that is too wide is broken inside.
fn broken(font: &FontVec, text: &str, size: f32, width: f32) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if line_width(font, &longer, size) <= width {
            line = longer;
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for letter in word.chars() {
            line.push(letter);
            if line_width(font, &line, size) > width && line.chars().count() > 1 {
                line.pop();
                lines.push(std::mem::take(&mut line));
                line.push(letter);
            }
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

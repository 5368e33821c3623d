//! A text as dots, for a sign whose firmware has no Vietnamese: capitals of [`super::font`] with their
//! marks, 7 rows high or 16.
//!
//! Seven rows hold two rows of marks over letters of five. A letter with a dot below stands one row
//! higher, and its circumflex or breve is one row high. Sixteen rows are the same doubled, with a row of
//! its own for the dot. A text without any mark, as a number is, fills the height.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::font::{DOT_BELOW, GLYPHS, Glyph, HORN, flat_shape, glyph, shape, tone};
use crate::class::sign::fold_ascii;

/// Letters of a text that are looked at; the sign's width ends it earlier.
const LETTERS_MAX: usize = 60;
/// Rows of a letter below its marks.
const BODY_ROWS: usize = 5;
/// Which row of a letter each row of a text without marks is.
const STRETCHED: [usize; 7] = [0, 1, 1, 2, 3, 3, 4];
/// Rows of the small form, and from how many rows on it is doubled.
const SMALL_ROWS: usize = 7;
const DOUBLED_FROM: usize = 16;

/// Lit and dark dots: rows from the top, all of one length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Picture {
    pub(super) rows: Vec<Vec<bool>>,
}

impl Picture {
    /// Columns.
    pub(super) fn width(&self) -> usize {
        self.rows.first().map_or(0, Vec::len)
    }
}

/// Draws a text. A letter that would pass the last column, and all behind it, are left out.
pub(super) fn draw(text: &str, rows: usize, columns_max: usize) -> Picture {
    let scale = if rows >= DOUBLED_FROM { 2 } else { 1 };
    let units = (rows / scale).max(SMALL_ROWS);
    let letters = letters(text);
    let marked = letters.iter().any(|letter| !letter.marks.is_empty());
    let mut canvas: Vec<Vec<bool>> = vec![Vec::new(); units];
    for letter in &letters {
        let block = letter.block(units, marked);
        let (before, width) = (canvas[0].len(), block[0].len());
        let gap = usize::from(before > 0);
        if (before + gap + width) * scale > columns_max {
            break;
        }
        for (row, dots) in canvas.iter_mut().zip(block) {
            row.extend(std::iter::repeat_n(false, gap));
            row.extend(dots);
        }
    }
    let wide = canvas.into_iter().map(|row| {
        row.into_iter().flat_map(|dot| std::iter::repeat_n(dot, scale)).collect::<Vec<bool>>()
    });
    Picture { rows: wide.flat_map(|row| std::iter::repeat_n(row, scale)).collect() }
}

/// A letter and what stands over, beside and under it.
struct Letter {
    glyph: &'static Glyph,
    marks: Vec<char>,
}

fn letters(text: &str) -> Vec<Letter> {
    let mut letters: Vec<Letter> = Vec::new();
    for sign in text.to_uppercase().nfd() {
        if is_combining_mark(sign) {
            if let Some(letter) = letters.last_mut()
                && is_drawn(sign)
                && !letter.marks.contains(&sign)
            {
                letter.marks.push(sign);
            }
            continue;
        }
        if letters.len() >= LETTERS_MAX {
            break;
        }
        letters.push(Letter { glyph: glyph_of(sign), marks: Vec::new() });
    }
    letters
}

/// A mark of no Vietnamese letter is left out, so that nothing leaves its row.
fn is_drawn(mark: char) -> bool {
    mark == HORN || mark == DOT_BELOW || shape(mark).is_some() || tone(mark).is_some()
}

/// What has no letter of its own is drawn as a text sign would show it: a dash, a space, a question mark.
fn glyph_of(sign: char) -> &'static Glyph {
    let folded = || fold_ascii(sign.encode_utf8(&mut [0; 4])).chars().next().and_then(glyph);
    let unknown = || glyph('?').unwrap_or(&GLYPHS[0].1);
    glyph(sign).or_else(folded).unwrap_or_else(unknown)
}

impl Letter {
    /// The letter in a block as high as the picture's small form.
    fn block(&self, units: usize, marked: bool) -> Vec<Vec<bool>> {
        let has = |mark: char| self.marks.contains(&mark);
        let top = match (marked, has(DOT_BELOW) && units == SMALL_ROWS) {
            (false, _) => 0,
            (true, true) => 1,
            (true, false) => 2,
        };
        let above = self.above(top);
        let width = self.glyph[0].len();
        let marks_width = above.first().map_or(0, String::len);
        let at = marks_width.saturating_sub(width) / 2;
        let marks_at = width.saturating_sub(marks_width) / 2;
        let horn = usize::from(has(HORN));
        let whole = (at + width + horn).max(marks_at + marks_width);
        let mut block = vec![vec![false; whole]; units];
        if marked {
            lay(&mut block, self.glyph, top, at);
        } else {
            lay(&mut block, &STRETCHED.map(|row| self.glyph[row]), top, at);
        }
        lay(&mut block, &above, top - above.len(), marks_at);
        if has(HORN) {
            lay(&mut block, &["#", "#"], top - 1, at + width);
        }
        if has(DOT_BELOW) {
            lay(&mut block, &["#"], top + BODY_ROWS, at + width / 2);
        }
        block
    }

    /// The marks over it, as many rows as there are or as fit under the picture's edge.
    fn above(&self, top: usize) -> Vec<String> {
        let first = |find: fn(char) -> Option<[&'static str; 2]>| {
            self.marks.iter().find_map(|mark| find(*mark))
        };
        if top < 2 {
            let flat = self.marks.iter().find_map(|mark| flat_shape(*mark));
            return flat.into_iter().filter(|_| top == 1).map(str::to_owned).collect();
        }
        match (first(shape), first(tone)) {
            (Some(shape), Some(tone)) => {
                shape.iter().zip(tone).map(|(left, right)| format!("{left}.{right}")).collect()
            }
            (Some(mark), None) | (None, Some(mark)) => mark.map(str::to_owned).to_vec(),
            (None, None) => Vec::new(),
        }
    }
}

/// Lights the dots of a pattern; what would lie outside stays dark.
fn lay<S: AsRef<str>>(block: &mut [Vec<bool>], pattern: &[S], top: usize, left: usize) {
    for (row, line) in block.iter_mut().skip(top).zip(pattern) {
        for (dot, sign) in row.iter_mut().skip(left).zip(line.as_ref().bytes()) {
            *dot |= sign == b'#';
        }
    }
}

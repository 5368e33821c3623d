//! What a page may hold. A form's fields come from what people typed or a card said: their number
//! and length are bounded, and characters that no font has, or that would turn the line around, do
//! not reach the page.

use domain::text_fold::is_unseen;
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

use crate::fonts::Fonts;
use crate::protocol::Refusal;

/// One field.
const FIELD_CHARACTERS_MAX: usize = 4000;
/// Fields, list items and objects together.
const VALUES_MAX: usize = 5000;
const DEPTH_MAX: usize = 8;
/// Stands for a character that no font has; every font of ours has it.
const REPLACEMENT: char = '?';

/// The data ready for the page, and what was replaced.
pub fn prepare(data: &Value, fonts: &Fonts) -> Result<(Value, Vec<String>), Refusal> {
    if !data.is_object() {
        return Err(Refusal::new("forms.not_understood", "the data is an object of fields"));
    }
    let mut walk = Walk { fonts, values: 0, replaced: Vec::new() };
    let data = walk.value(data, 0)?;
    let warnings = walk.replaced.iter().map(|character| {
        format!("no font has the character U+{:04X}; it was replaced", u32::from(*character))
    });
    Ok((data, warnings.collect()))
}

struct Walk<'a> {
    fonts: &'a Fonts,
    values: usize,
    replaced: Vec<char>,
}

impl Walk<'_> {
    fn value(&mut self, value: &Value, depth: usize) -> Result<Value, Refusal> {
        self.values += 1;
        if self.values > VALUES_MAX || depth > DEPTH_MAX {
            let reason = format!("a form has at most {VALUES_MAX} values, {DEPTH_MAX} deep");
            return Err(Refusal::new("forms.too_large", reason));
        }
        Ok(match value {
            Value::String(text) => Value::String(self.text(text)?),
            Value::Array(items) => Value::Array(
                items.iter().map(|item| self.value(item, depth + 1)).collect::<Result<_, _>>()?,
            ),
            Value::Object(fields) => {
                let mut prepared = serde_json::Map::new();
                for (name, field) in fields {
                    prepared.insert(self.text(name)?, self.value(field, depth + 1)?);
                }
                Value::Object(prepared)
            }
            plain => plain.clone(),
        })
    }

    fn text(&mut self, text: &str) -> Result<String, Refusal> {
        if text.chars().count() > FIELD_CHARACTERS_MAX {
            let reason = format!("a field has at most {FIELD_CHARACTERS_MAX} characters");
            return Err(Refusal::new("forms.too_large", reason));
        }
        Ok(text.nfc().filter(|c| !is_unwanted(*c)).map(|c| self.character(c)).collect())
    }

    fn character(&mut self, character: char) -> char {
        if character == '\t' {
            return ' ';
        }
        if character == '\n' || self.fonts.cover(character) {
            return character;
        }
        // The list is for the log; a handful tells enough.
        if self.replaced.len() < 10 && !self.replaced.contains(&character) {
            self.replaced.push(character);
        }
        REPLACEMENT
    }
}

/// Control characters, what nobody sees, and what only means something to a layout: soft hyphens, choices
/// of a glyph, notes between lines.
fn is_unwanted(character: char) -> bool {
    let control = character.is_control() && character != '\n' && character != '\t';
    control
        || is_unseen(character)
        || matches!(character, '\u{ad}' | '\u{fe00}'..='\u{fe0f}' | '\u{fff9}'..='\u{fffb}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fonts() -> Fonts {
        let folder = std::path::PathBuf::from("/usr/share/fonts/truetype/noto");
        crate::fonts::load(&[folder]).unwrap()
    }

    #[test]
    fn a_name_arrives_composed_and_without_what_turns_the_line_around() {
        let separate: String = "Nguyễn Thị Ẵm".nfd().collect();
        let (data, warnings) =
            prepare(&json!({ "name": format!("\u{202e}{separate}\u{0}") }), &fonts()).unwrap();
        assert_eq!(data["name"], "Nguyễn Thị Ẵm");
        assert!(warnings.is_empty());
    }

    #[test]
    fn a_character_without_a_font_is_replaced_and_reported() {
        let (data, warnings) = prepare(&json!({ "name": "Lan 😀" }), &fonts()).unwrap();
        assert_eq!(data["name"], "Lan ?");
        assert_eq!(warnings, ["no font has the character U+1F600; it was replaced"]);
    }

    #[test]
    fn fields_are_bounded_in_length_number_and_depth() {
        let fonts = fonts();
        let long = json!({ "name": "a".repeat(FIELD_CHARACTERS_MAX + 1) });
        let many = json!({ "papers": vec![1; VALUES_MAX] });
        let mut deep = json!(1);
        for _ in 0..DEPTH_MAX {
            deep = json!([deep]);
        }
        for data in [long, many, json!({ "deep": deep })] {
            assert_eq!(prepare(&data, &fonts).unwrap_err().code, "forms.too_large");
        }
    }
}

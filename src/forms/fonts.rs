//! The fonts of the forms: Noto Serif for the text, Noto Sans for numbers and small print. They are
//! looked for by file name, because a folder of fonts may hold hundreds.

use std::path::PathBuf;

use typst::foundations::Bytes;
use typst::text::Font;

const FAMILIES: [&str; 2] = ["NotoSerif", "NotoSans"];
const STYLES: [&str; 4] = ["Regular", "Bold", "Italic", "BoldItalic"];
/// Every letter of Vietnamese with every tone, and the signs of money.
const LETTERS: &str = "aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệghiìỉĩíịklmnoòỏõóọôồổỗốộơờởỡớợpqrstuùủũúụưừửữứựvxyỳỷỹýỵ\
    AÀẢÃÁẠĂẰẲẴẮẶÂẦẨẪẤẬBCDĐEÈẺẼÉẸÊỀỂỄẾỆGHIÌỈĨÍỊKLMNOÒỎÕÓỌÔỒỔỖỐỘƠỜỞỠỚỢPQRSTUÙỦŨÚỤƯỪỬỮỨỰVXYỲỶỸÝỴ₫?…–“”";

/// All loaded fonts.
pub struct Fonts(Vec<Font>);

impl Fonts {
    /// For the engine.
    pub fn list(&self) -> Vec<Font> {
        self.0.clone()
    }

    /// Whether every font has this character, so that it appears whatever the template chose.
    pub fn cover(&self, character: char) -> bool {
        self.0.iter().all(|font| font.info().coverage.contains(u32::from(character)))
    }
}

/// Loads all fonts, or says which is missing and what to install.
pub fn load(folders: &[PathBuf]) -> Result<Fonts, String> {
    let mut fonts = Vec::new();
    for family in FAMILIES {
        for style in STYLES {
            let name = format!("{family}-{style}.ttf");
            let path = folders.iter().map(|folder| folder.join(&name)).find(|path| path.is_file());
            let path = path.ok_or_else(|| {
                format!("the font {name} is missing: install fonts-noto-core (./provision/setup)")
            })?;
            let bytes = std::fs::read(&path).map_err(|err| format!("{}: {err}", path.display()))?;
            let font = Font::new(Bytes::new(bytes), 0)
                .ok_or_else(|| format!("{} is no font", path.display()))?;
            if let Some(letter) = missing(&font) {
                return Err(format!("{} lacks the letter {letter}", path.display()));
            }
            fonts.push(font);
        }
    }
    Ok(Fonts(fonts))
}

fn missing(font: &Font) -> Option<char> {
    LETTERS.chars().find(|letter| !font.info().coverage.contains(u32::from(*letter)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_letters_is_whole() {
        let marked = LETTERS.chars().filter(|c| c.is_alphabetic() && !c.is_ascii()).count();
        assert_eq!(marked, 134);
    }

    #[test]
    fn a_missing_font_is_named_with_its_package() {
        let Err(reason) = load(&[PathBuf::from("/nonexistent")]) else { panic!("loaded") };
        assert!(reason.contains("NotoSerif-Regular.ttf") && reason.contains("fonts-noto-core"));
    }
}

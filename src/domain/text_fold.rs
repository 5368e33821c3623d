//! Vietnamese text at the edge and in the search index.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// One spelling per word: NFC, and the two letters that look like Đ become Đ (keyboards and old
/// files give U+00D0 and U+0189, which lower to other letters).
pub fn normalise(text: &str) -> String {
    text.nfc()
        .map(|c| match c {
            '\u{00D0}' | '\u{0189}' => 'Đ',
            '\u{00F0}' | '\u{0256}' => 'đ',
            other => other,
        })
        .collect()
}

/// The key for searching: lower case, without tones and marks, đ as d, single spaces.
/// "Nguyễn  Thị ĐÀO" and "nguyen thi dao" have the same key, and so have "hoà" and "hòa".
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in normalise(text).nfd().filter(|c| !is_combining_mark(*c)) {
        match c {
            'đ' | 'Đ' => folded.push('d'),
            c if c.is_whitespace() || c.is_control() => {
                if !folded.is_empty() && !folded.ends_with(' ') {
                    folded.push(' ');
                }
            }
            c => folded.extend(c.to_lowercase()),
        }
    }
    while folded.ends_with(' ') {
        folded.pop();
    }
    folded
}

/// Whether every word of the query stands in the text, both folded; the words may be cut short.
pub fn found_in(folded_text: &str, query: &str) -> bool {
    let query = fold(query);
    query.split(' ').all(|word| folded_text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_typed_without_tones_is_found() {
        assert_eq!(fold("  Nguyễn\u{00a0}Thị  ĐÀO "), "nguyen thi dao");
        assert_eq!(fold("Hoà"), fold("Hòa"));
        assert!(found_in(&fold("Đăng ký khai sinh"), "khai sinh dang"));
        assert!(!found_in(&fold("Đăng ký khai sinh"), "khai tử"));
        assert!(found_in(&fold("Đăng ký khai sinh"), ""));
    }

    #[test]
    fn decomposed_text_and_look_alike_letters_become_one_spelling() {
        let decomposed: String = "Nguyễn".nfd().collect();
        assert_ne!(decomposed, "Nguyễn");
        assert_eq!(normalise(&decomposed), "Nguyễn");
        assert_eq!(normalise("\u{00D0}ặng \u{0189}ình"), "Đặng Đình");
        assert_eq!(fold("\u{00D0}ẶNG"), "dang");
    }
}

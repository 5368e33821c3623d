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

/// Whether a character turns the direction of what stands beside it (Unicode's bidirectional marks,
/// embeddings, overrides and isolates). A name with one reads as another name, so names have none.
#[must_use]
pub fn turns_direction(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether nobody sees a character: it turns the direction of a line, joins or parts letters without a
/// sign of its own, or tells a program something about the text.
#[must_use]
pub fn is_unseen(c: char) -> bool {
    turns_direction(c)
        || matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
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

/// How well a text fits a query: the smaller, the better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// The words of the query stand side by side in one line of the text.
    Phrase,
    /// So they do, the last one cut short: somebody is still typing.
    Begun,
    /// Each of them begins some word of the text.
    Words,
}

/// How well folded lines fit a query, by whole words from their beginning: «so do» is found in «sổ đỏ»
/// before «hồ sơ ... đổi», and never in «hoso». Nothing for a query without a word.
pub fn fit(folded_lines: &str, query: &str) -> Option<Fit> {
    let query = fold(query);
    let wanted: Vec<&str> = words_of(&query).collect();
    let (last, before) = wanted.split_last()?;
    let mut begun = false;
    for line in folded_lines.lines() {
        let words: Vec<&str> = words_of(line).collect();
        for place in words.windows(wanted.len()) {
            let Some((end, begin)) = place.split_last() else { continue };
            if begin != before {
                continue;
            }
            if end == last {
                return Some(Fit::Phrase);
            }
            begun |= end.starts_with(*last);
        }
    }
    if begun {
        return Some(Fit::Begun);
    }
    let begins = |wanted: &&str| words_of(folded_lines).any(|word| word.starts_with(*wanted));
    wanted.iter().all(begins).then_some(Fit::Words)
}

fn words_of(folded: &str) -> impl Iterator<Item = &str> {
    folded.split(|sign: char| !sign.is_alphanumeric()).filter(|word| !word.is_empty())
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
    fn what_turns_a_line_around_is_known_and_no_letter_is_taken_for_it() {
        for mark in "\u{61c}\u{200e}\u{200f}\u{202a}\u{202e}\u{2066}\u{2069}".chars() {
            assert!(turns_direction(mark), "{mark:?}");
        }
        assert!(!"Nguyễn Thị Đào, أحمد, שרה <b>\u{200b}\u{feff}".chars().any(turns_direction));
    }

    #[test]
    fn what_nobody_sees_is_known_and_no_letter_space_or_combining_mark_is_taken_for_it() {
        for mark in
            "\u{61c}\u{200b}\u{200d}\u{200f}\u{202a}\u{202e}\u{2060}\u{206f}\u{feff}".chars()
        {
            assert!(is_unseen(mark), "{mark:?}");
        }
        assert!(!"Nguyễn e\u{302}\u{303} Đào, أحمد\u{a0}<b>\u{2010}".chars().any(is_unseen));
    }

    #[test]
    fn words_side_by_side_fit_better_than_words_apart_and_the_inside_of_a_word_does_not() {
        let lines = format!("{}\n{}\n", fold("Đăng ký biến động"), fold("làm sổ đỏ; sang tên"));
        assert_eq!(fit(&lines, "so do"), Some(Fit::Phrase));
        assert_eq!(fit(&lines, "Sổ Đỏ"), Some(Fit::Phrase));
        assert_eq!(fit(&lines, "làm sổ đ"), Some(Fit::Begun));
        assert_eq!(fit(&lines, "ten so"), Some(Fit::Words));
        assert_eq!(fit(&lines, "ien dong"), None);
        // Two lines are two texts.
        assert_eq!(fit(&lines, "dong lam"), Some(Fit::Words));
        for nothing in ["", "  ", "-.-", "khai sinh"] {
            assert_eq!(fit(&lines, nothing), None, "{nothing:?}");
        }
        assert!(Fit::Phrase < Fit::Begun && Fit::Begun < Fit::Words);
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

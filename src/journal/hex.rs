//! Bytes as lower-case hexadecimal text, for hashes and signatures in JSON and in logs.

/// The text of some bytes.
pub fn encode(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

/// The bytes of a text; `None` if it is not lower-case hexadecimal of even length. Upper case is
/// refused so that one value has one text.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    digits.chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

/// A text of exactly `N` bytes, such as a SHA-256.
pub fn decode_array<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != N * 2 { None } else { decode(text)?.try_into().ok() }
}

fn digit(letter: u8) -> Option<u8> {
    match letter {
        b'0'..=b'9' => Some(letter - b'0'),
        b'a'..=b'f' => Some(letter - b'a' + 10),
        _ => None,
    }
}

/// For `#[serde(with = "hex::array")]` on `[u8; N]`.
pub mod array {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    /// Writes the bytes as text.
    pub fn serialize<S: Serializer, const N: usize>(
        bytes: &[u8; N],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.serialize_str(&super::encode(bytes))
    }

    /// Reads exactly `N` bytes.
    pub fn deserialize<'de, D: Deserializer<'de>, const N: usize>(
        from: D,
    ) -> Result<[u8; N], D::Error> {
        let text = String::deserialize(from)?;
        super::decode_array(&text)
            .ok_or_else(|| D::Error::custom("not hexadecimal of the right length"))
    }
}

/// For `#[serde(with = "hex::arrays")]` on `Vec<[u8; N]>`.
pub mod arrays {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    /// Writes each as text.
    pub fn serialize<S: Serializer, const N: usize>(
        arrays: &[[u8; N]],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(arrays.iter().map(|bytes| super::encode(bytes)))
    }

    /// Reads them; the message around them is bounded by who reads it.
    pub fn deserialize<'de, D: Deserializer<'de>, const N: usize>(
        from: D,
    ) -> Result<Vec<[u8; N]>, D::Error> {
        let texts = Vec::<String>::deserialize(from)?;
        let arrays = texts.iter().map(|text| super::decode_array(text)).collect::<Option<_>>();
        arrays.ok_or_else(|| D::Error::custom("not hexadecimal of the right length"))
    }
}

/// For `#[serde(with = "hex::bytes")]` on `Vec<u8>`.
pub mod bytes {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    /// Writes the bytes as text.
    pub fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&super::encode(bytes))
    }

    /// Reads any number of bytes; the message around it is bounded by who reads it.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        super::decode(&text).ok_or_else(|| D::Error::custom("not hexadecimal"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_bytes_are_one_another() {
        assert_eq!(encode(&[0, 15, 16, 255]), "000f10ff");
        assert_eq!(decode("000f10ff"), Some(vec![0, 15, 16, 255]));
        assert_eq!(decode_array::<2>("0a0b"), Some([10, 11]));
        assert_eq!(decode_array::<2>("0a"), None);
        assert_eq!(decode("0A"), None);
        assert_eq!(decode("0"), None);
        assert_eq!(decode("đ"), None);
    }
}

//! What goes over the pipe: a length of four bytes, big-endian, then JSON; bounds by name.

use std::fmt;
use std::io::{self, Read, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::render::Rendered;

/// A request is a slip's data, some kilobytes; a larger one is a mistake.
pub const REQUEST_BYTES_MAX: usize = 512 * 1024;
/// A frame that announces more than this is not read to its end: the stream is given up.
const SKIP_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// What a QR code holds at the most here, so that it stays readable on paper.
const QR_CHARACTERS_MAX: usize = 300;
/// Template names are folder names.
const NAME_CHARACTERS_MAX: usize = 40;

/// One form to render.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The template's folder.
    pub template: String,
    /// Its fields.
    pub data: Value,
    /// The moment that stands in the file as its creation; the same request gives the same bytes.
    pub timestamp: Timestamp,
    /// The text of the QR code, when the form has one.
    #[serde(default)]
    pub qr: Option<String>,
}

impl Request {
    /// Reads and checks a request.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.len() > REQUEST_BYTES_MAX {
            return Err(too_large());
        }
        let request: Self = serde_json::from_slice(bytes)
            .map_err(|err| Refusal::new("forms.not_understood", err.to_string()))?;
        let name = &request.template;
        let is_name = (1..=NAME_CHARACTERS_MAX).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !is_name {
            return Err(Refusal::new("forms.bad_name", "a template's name is like `slip`"));
        }
        if request.qr.as_ref().is_some_and(|qr| qr.chars().count() > QR_CHARACTERS_MAX) {
            let reason = format!("a QR code holds at most {QR_CHARACTERS_MAX} characters");
            return Err(Refusal::new("forms.too_large", reason));
        }
        Ok(request)
    }
}

/// Why a form was not rendered. The place is for whoever edits the template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Stable, dotted.
    pub code: String,
    /// In English, for the log.
    pub message: String,
    /// The template file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// From 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
}

impl Refusal {
    /// A refusal without a place.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), file: None, line: None }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.code)?;
        if let (Some(file), Some(line)) = (&self.file, self.line) {
            write!(f, "{file}:{line}: ")?;
        }
        f.write_str(&self.message)
    }
}

fn too_large() -> Refusal {
    Refusal::new("forms.too_large", format!("a request has at most {REQUEST_BYTES_MAX} bytes"))
}

/// What goes back.
#[derive(Debug, Serialize)]
pub struct Answer {
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pdf: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pages: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Refusal>,
}

impl Answer {
    /// With the PDF in base64.
    pub fn rendered(rendered: &Rendered) -> Self {
        Self {
            ok: true,
            pdf: Some(STANDARD.encode(&rendered.pdf)),
            pages: Some(rendered.pages),
            warnings: rendered.warnings.clone(),
            error: None,
        }
    }

    /// With the reason.
    pub fn refused(refusal: Refusal) -> Self {
        Self { ok: false, pdf: None, pages: None, warnings: Vec::new(), error: Some(refusal) }
    }
}

/// The next request; `None` at the end of the input. A request that is too large is read over, so
/// that the next one is found.
pub fn read_frame(input: &mut impl Read) -> io::Result<Option<Result<Vec<u8>, Refusal>>> {
    let mut length = [0_u8; 4];
    // The end of the input between two requests is the ordinary way to stop.
    match input.read(&mut length)? {
        0 => return Ok(None),
        4 => {}
        read => input.read_exact(length.get_mut(read..).unwrap_or_default())?,
    }
    let length = u64::from(u32::from_be_bytes(length));
    if length > SKIP_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "this is no request"));
    }
    if length > REQUEST_BYTES_MAX as u64 {
        let skipped = io::copy(&mut input.take(length), &mut io::sink())?;
        let whole = skipped == length;
        return if whole { Ok(Some(Err(too_large()))) } else { Ok(None) };
    }
    let mut bytes = Vec::new();
    input.take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 != length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Some(Ok(bytes)))
}

/// Sends an answer.
pub fn write_frame(output: &mut impl Write, answer: &Answer) -> io::Result<()> {
    let bytes = serde_json::to_vec(answer)?;
    let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    output.write_all(&length.to_be_bytes())?;
    output.write_all(&bytes)?;
    output.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(bytes: &[u8]) -> Vec<u8> {
        let mut frame = u32::try_from(bytes.len()).unwrap().to_be_bytes().to_vec();
        frame.extend(bytes);
        frame
    }

    #[test]
    fn a_request_that_is_too_large_is_read_over_and_the_next_one_found() {
        let mut stream = framed(&vec![b'a'; REQUEST_BYTES_MAX + 1]);
        stream.extend(framed(b"next"));
        let mut input = stream.as_slice();
        assert_eq!(read_frame(&mut input).unwrap().unwrap().unwrap_err().code, "forms.too_large");
        assert_eq!(read_frame(&mut input).unwrap().unwrap().unwrap(), b"next");
        assert!(read_frame(&mut input).unwrap().is_none());
    }

    #[test]
    fn what_is_no_stream_of_requests_ends_it() {
        assert!(read_frame(&mut b"GET / HTTP/1.1".as_slice()).is_err());
        assert!(read_frame(&mut [0, 0, 0, 9, b'x'].as_slice()).is_err());
        assert!(read_frame(&mut [0, 0].as_slice()).is_err());
    }

    #[test]
    fn a_name_stays_in_its_folder() {
        for name in ["", "../slip", "a/b", "SLIP", "slip.typ", "đơn"] {
            let text = serde_json::json!({
                "template": name, "data": {}, "timestamp": "2026-11-23T01:00:00Z",
            });
            let refusal = Request::parse(text.to_string().as_bytes()).unwrap_err();
            assert_eq!(refusal.code, "forms.bad_name", "{name}");
        }
    }
}

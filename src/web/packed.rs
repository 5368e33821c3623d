//! The embedded texts (pages, scripts, styles, the guide) packed once with gzip at its best, not anew
//! for each browser: while one waits, only the fastest level could be afforded, and a hall's screens
//! all load at the same time after a power cut.
//!
//! gzip alone: every browser of the centers takes it, the oldest of them no zstd.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

use actix_web::http::StatusCode;
use actix_web::http::header::{self, AcceptEncoding, Encoding};
use actix_web::web::Bytes;
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use flate2::Compression;
use flate2::write::GzEncoder;

/// Packed texts that are kept. A binary embeds some dozens; only a debug build, which reads its folder,
/// meets more of them, when the pages are built anew again and again: then all are forgotten.
const TEXTS_MAX: usize = 512;

/// Packed texts by the SHA-256 of what they hold. Only embedded files come in here, so nobody outside
/// decides how many there are.
#[derive(Debug)]
pub(crate) struct Packed(Mutex<BTreeMap<[u8; 32], Bytes>>);

impl Packed {
    /// Nothing packed yet.
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    /// A text packed: at the first question now, afterwards as it was. `None` when it cannot be packed;
    /// it is sent as it is then.
    pub(crate) fn of(&self, digest: [u8; 32], plain: &[u8]) -> Option<Bytes> {
        // Held while packing: two screens that ask for the same text have it packed once.
        let mut texts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = texts.get(&digest) {
            return Some(known.clone());
        }
        let packed = Bytes::from(gzip(plain).ok()?);
        if texts.len() >= TEXTS_MAX {
            texts.clear();
        }
        texts.insert(digest, packed.clone());
        Some(packed)
    }
}

/// Whether a media type is of a text. Fonts, pictures and sounds are packed already.
pub(crate) fn is_text(kind: &str) -> bool {
    kind.starts_with("text/")
        || kind.starts_with("image/svg")
        || kind.contains("json")
        || kind.contains("javascript")
}

/// Whether who asks takes gzip.
pub(crate) fn takes_gzip(request: &impl HttpMessage) -> bool {
    let supported = [Encoding::gzip(), Encoding::identity()];
    let accepted = request.get_header::<AcceptEncoding>();
    let best = accepted.and_then(|accepted| accepted.negotiate(supported.iter()));
    best == Some(Encoding::gzip())
}

/// A text that was made for this answer alone, packed in little time where who asks takes it.
pub fn answer_made(
    request: &HttpRequest,
    status: StatusCode,
    (kind, caching): (&'static str, &'static str),
    text: String,
) -> HttpResponse {
    let mut response = HttpResponse::build(status);
    response
        .insert_header((header::CONTENT_TYPE, kind))
        .insert_header((header::CACHE_CONTROL, caching))
        .insert_header((header::VARY, "accept-encoding"));
    let quickly = Compression::fast();
    match takes_gzip(request).then(|| gzip_at(quickly, text.as_bytes()).ok()).flatten() {
        Some(packed) => response.insert_header((header::CONTENT_ENCODING, "gzip")).body(packed),
        None => response.body(text),
    }
}

fn gzip(plain: &[u8]) -> std::io::Result<Vec<u8>> {
    gzip_at(Compression::best(), plain)
}

fn gzip_at(effort: Compression, plain: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut packing = GzEncoder::new(Vec::new(), effort);
    packing.write_all(plain)?;
    packing.finish()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use actix_web::test::TestRequest;

    use super::*;

    fn unpacked(packed: &[u8]) -> String {
        let mut plain = String::new();
        flate2::read::GzDecoder::new(packed).read_to_string(&mut plain).unwrap();
        plain
    }

    #[actix_web::test]
    async fn a_text_made_for_one_answer_is_packed_where_that_is_taken() {
        let text = "Còn 3 người chờ trước. ".repeat(100);
        let made = async |encoding: &str| {
            let request = TestRequest::get()
                .insert_header((header::ACCEPT_ENCODING, encoding))
                .to_http_request();
            let caching = ("text/html; charset=utf-8", "no-store");
            let answer = answer_made(&request, StatusCode::OK, caching, text.clone());
            let packed = answer.headers().contains_key(header::CONTENT_ENCODING);
            (packed, actix_web::body::to_bytes(answer.into_body()).await.unwrap())
        };
        let (packed, body) = made("gzip").await;
        assert!(packed && body.len() < text.len() / 4);
        assert_eq!(unpacked(&body), text);
        assert_eq!(made("identity").await, (false, Bytes::from(text.clone())));
    }

    #[test]
    fn a_text_is_packed_once_and_is_the_same_text() {
        let packed = Packed::new();
        let plain = "Mời số A0001 đến quầy 3. ".repeat(1_000);
        let first = packed.of([1; 32], plain.as_bytes()).unwrap();
        assert_eq!(unpacked(&first), plain);
        assert!(first.len() < plain.len() / 20, "{} bytes", first.len());
        let again = packed.of([1; 32], plain.as_bytes()).unwrap();
        assert_eq!(again.as_ptr(), first.as_ptr(), "packed a second time");
        let other = packed.of([2; 32], b"xin").unwrap();
        assert_eq!(unpacked(&other), "xin");
    }

    #[test]
    fn no_more_texts_are_kept_than_there_is_room_for() {
        let packed = Packed::new();
        for number in 0..=u16::try_from(TEXTS_MAX).unwrap() {
            let mut digest = [0; 32];
            digest[..2].copy_from_slice(&number.to_be_bytes());
            packed.of(digest, &number.to_be_bytes()).unwrap();
            assert!(packed.0.lock().unwrap().len() <= TEXTS_MAX);
        }
        assert_eq!(packed.0.lock().unwrap().len(), 1);
    }

    #[test]
    fn texts_are_packed_and_what_is_packed_already_is_not() {
        for kind in
            ["text/html; charset=utf-8", "text/javascript", "application/json", "image/svg+xml"]
        {
            assert!(is_text(kind), "{kind}");
        }
        for kind in ["font/woff2", "image/png", "audio/mpeg", "application/octet-stream"] {
            assert!(!is_text(kind), "{kind}");
        }
    }

    #[test]
    fn only_who_takes_gzip_gets_it() {
        let takes = |accepted: &str| {
            takes_gzip(
                &TestRequest::default().insert_header(("accept-encoding", accepted)).to_request(),
            )
        };
        assert!(takes("gzip"));
        assert!(takes("gzip, deflate, br, zstd"));
        for accepted in ["br", "zstd, br", "identity", "gzip;q=0, br"] {
            assert!(!takes(accepted), "{accepted}");
        }
        assert!(!takes_gzip(&TestRequest::default().to_request()), "who says nothing");
    }
}

//! Reads a body that is larger than JSON may be (a scan), with a bound on its size and on how long
//! it may stand still. The whole request stays under [`crate::Limits::request_time`].

use std::time::Duration;

use actix_web::web::{Bytes, BytesMut, Payload};
use futures_util::StreamExt;
use tokio::time::timeout;

use crate::problem::Problem;

/// A sender that sends nothing for so long is given up.
const STALL_MAX: Duration = Duration::from_secs(10);

/// The whole body, or `input.too_large` as soon as it exceeds `bytes_max`, whatever length it
/// announced. A handler that takes large bodies also bounds how many it takes at once.
pub async fn collect(payload: Payload, bytes_max: usize) -> Result<Bytes, Problem> {
    collect_within(payload, bytes_max, STALL_MAX).await
}

async fn collect_within(
    mut payload: Payload,
    bytes_max: usize,
    stall_max: Duration,
) -> Result<Bytes, Problem> {
    let mut body = BytesMut::new();
    loop {
        let chunk = match timeout(stall_max, payload.next()).await {
            Err(_) => return Err(Problem::too_slow()),
            Ok(None) => return Ok(body.freeze()),
            Ok(Some(Err(_))) => return Err(Problem::invalid("the body ended early")),
            Ok(Some(Ok(chunk))) => chunk,
        };
        if body.len().saturating_add(chunk.len()) > bytes_max {
            return Err(Problem::too_large());
        }
        body.extend_from_slice(&chunk);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::dev;
    use actix_web::error::PayloadError;
    use futures_util::stream;

    async fn of(chunks: Vec<Result<Bytes, PayloadError>>, ends: bool) -> Result<Bytes, Problem> {
        let sent = stream::iter(chunks);
        let stream =
            if ends { sent.boxed_local() } else { sent.chain(stream::pending()).boxed_local() };
        let mut payload = dev::Payload::Stream { payload: stream };
        let request = actix_web::test::TestRequest::default().to_http_request();
        let payload = <Payload as actix_web::FromRequest>::from_request(&request, &mut payload);
        collect_within(payload.await.unwrap(), 6, Duration::from_millis(50)).await
    }

    fn chunk(text: &'static str) -> Result<Bytes, PayloadError> {
        Ok(Bytes::from_static(text.as_bytes()))
    }

    #[actix_web::test]
    async fn a_body_is_taken_whole_up_to_its_bound_and_no_byte_further() {
        assert_eq!(of(vec![chunk("abc"), chunk("def")], true).await.unwrap(), "abcdef");
        let over = of(vec![chunk("abc"), chunk("defg")], false).await.unwrap_err();
        assert_eq!(over.code, "input.too_large");
    }

    #[actix_web::test]
    async fn a_body_that_stands_still_or_breaks_off_is_given_up() {
        assert_eq!(of(vec![chunk("abc")], false).await.unwrap_err().code, "input.too_slow");
        let broken = vec![chunk("abc"), Err(PayloadError::Incomplete(None))];
        assert_eq!(of(broken, true).await.unwrap_err().code, "input.invalid");
    }
}

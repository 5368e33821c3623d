//! The one shape in which a request is refused: a stable code for support, a sentence for the
//! person in Vietnamese and in English, and details for the page.
//!
//! The log gets the cause elsewhere; nothing of our internals goes out here.

use std::borrow::Cow;
use std::fmt;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, ResponseError, error, web};
use serde::Serialize;

use crate::guard;

/// A refusal on its way to the caller.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Problem {
    #[serde(skip)]
    #[schema(ignore)]
    status: StatusCode,
    /// Stable, dotted: `queue.nobody_waiting`.
    #[schema(value_type = String)]
    pub code: Cow<'static, str>,
    /// What happened and what to do next, in Vietnamese.
    pub message: String,
    /// The same in English.
    pub message_en: String,
    /// Facts for the page; an empty object when there are none.
    #[schema(value_type = Object)]
    pub details: serde_json::Value,
    #[serde(skip)]
    #[schema(ignore)]
    retry_after_s: Option<u32>,
}

impl Problem {
    /// A refusal with its status, code and sentences.
    pub fn new(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
        message_en: impl Into<String>,
    ) -> Self {
        Self {
            status,
            code: code.into(),
            message: message.into(),
            message_en: message_en.into(),
            details: serde_json::json!({}),
            retry_after_s: None,
        }
    }

    /// Adds facts for the page.
    #[must_use]
    pub fn with_details(mut self, details: serde_json::Value) -> Self {
        self.details = details;
        self
    }

    /// Says after how many seconds trying again makes sense (`Retry-After`).
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Nobody is signed in, or the device's token is unknown.
    pub fn not_signed_in() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "auth.not_signed_in",
            "Vui lòng đăng nhập để tiếp tục.",
            "Please sign in to continue.",
        )
    }

    /// The session was idle or open for too long.
    pub fn session_ended() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "auth.session_ended",
            "Phiên làm việc đã hết. Đăng nhập lại; phần đang nhập đã lưu.",
            "The session has ended. Sign in again; what you were entering is kept.",
        )
    }

    /// Login name or password is wrong; which of the two is not said.
    pub fn wrong_login() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "auth.wrong_login",
            "Tên đăng nhập hoặc mật khẩu không đúng. Vui lòng kiểm tra và nhập lại.",
            "The login name or the password is not right. Please check and enter them again.",
        )
    }

    /// Too many wrong passwords; the caller waits.
    pub fn wait_after_failures(seconds: u32) -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "auth.wait",
            format!("Đã nhập sai nhiều lần. Vui lòng thử lại sau {seconds} giây."),
            format!("Too many wrong attempts. Please try again in {seconds} seconds."),
        )
        .with_details(serde_json::json!({ "retry_after_s": seconds }))
        .retry_after(seconds)
    }

    /// The caller is known and may not do this.
    pub fn not_allowed() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "auth.not_allowed",
            "Tài khoản không có quyền này. Liên hệ quản trị đơn vị.",
            "This account may not do that. Please ask the unit's administrator.",
        )
    }

    /// The header `X-CSRF-Token` is missing or does not belong to the session.
    pub fn csrf() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "auth.csrf",
            "Yêu cầu không kèm mã xác nhận của phiên. Vui lòng tải lại trang.",
            "The request lacks the session's confirmation code. Please reload the page.",
        )
    }

    /// The request was sent by a page of another site.
    pub fn wrong_origin() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "auth.wrong_origin",
            "Yêu cầu đến từ một trang khác. Vui lòng mở đúng địa chỉ của trung tâm.",
            "The request comes from another site. Please open the center's own address.",
        )
    }

    /// There is nothing at this address, or no such thing.
    pub fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "input.not_found",
            "Không tìm thấy nội dung được yêu cầu.",
            "What was asked for was not found.",
        )
    }

    /// The address exists, the method does not.
    pub fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "input.method_not_allowed",
            "Địa chỉ này không nhận thao tác được gửi.",
            "This address does not take that method.",
        )
    }

    /// The body is not JSON, or not announced as JSON.
    pub fn not_json() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "input.not_json",
            "Nội dung gửi lên không phải là JSON.",
            "The body is not JSON.",
        )
    }

    /// A field that this request does not have.
    pub fn unknown_field(field: &str) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "input.unknown_field",
            format!("Không có trường “{field}” trong yêu cầu này."),
            format!("This request has no field \"{field}\"."),
        )
        .with_details(serde_json::json!({ "field": field }))
    }

    /// JSON of a wrong form: a missing field, a wrong type, an address that does not parse.
    pub fn invalid(reason: impl Into<String>) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "input.invalid",
            "Dữ liệu gửi lên chưa đúng mẫu. Vui lòng kiểm tra lại.",
            "The data sent does not have the right form. Please check it.",
        )
        .with_details(serde_json::json!({ "reason": reason.into() }))
    }

    /// The body is larger than this address takes.
    pub fn too_large() -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "input.too_large",
            "Nội dung gửi lên vượt quá dung lượng cho phép.",
            "The body is larger than allowed.",
        )
    }

    /// The body came too slowly.
    pub fn too_slow() -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            "input.too_slow",
            "Yêu cầu gửi quá chậm nên đã dừng. Vui lòng thử lại.",
            "The request took too long and was stopped. Please try again.",
        )
    }

    /// A queue of the server is full; trying again in a moment helps.
    pub fn busy() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "server.busy",
            "Hệ thống đang bận. Vui lòng thử lại sau giây lát.",
            "The system is busy. Please try again in a moment.",
        )
        .retry_after(1)
    }

    /// Something of ours failed; the cause stands in the log.
    pub fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "server.internal",
            "Chưa thực hiện được yêu cầu. Vui lòng thử lại; nếu vẫn lỗi, báo quản trị đơn vị.",
            "The request could not be carried out. Please try again; if it persists, tell the unit's administrator.",
        )
    }

    /// The sentence for a bare status, so that no error leaves without a body.
    pub fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::not_found(),
            StatusCode::METHOD_NOT_ALLOWED => Self::method_not_allowed(),
            StatusCode::PAYLOAD_TOO_LARGE => Self::too_large(),
            StatusCode::UNAUTHORIZED => Self::not_signed_in(),
            StatusCode::FORBIDDEN => Self::not_allowed(),
            StatusCode::REQUEST_TIMEOUT => Self::too_slow(),
            StatusCode::SERVICE_UNAVAILABLE => Self::busy(),
            other if other.is_client_error() => {
                let mut problem = Self::invalid(other.canonical_reason().unwrap_or("invalid"));
                problem.status = other;
                problem
            }
            _ => Self::internal(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message_en)
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut builder = HttpResponse::build(self.status);
        if let Some(seconds) = self.retry_after_s {
            builder.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        if self.status == StatusCode::REQUEST_TIMEOUT {
            builder.force_close();
        }
        let mut response = builder.json(self);
        guard::harden(response.headers_mut());
        response
    }
}

/// Turns an extractor's complaint about a JSON body into a [`Problem`].
pub fn of_json(err: error::JsonPayloadError, _: &HttpRequest) -> actix_web::Error {
    use error::JsonPayloadError as Json;
    match err {
        Json::OverflowKnownLength { .. } | Json::Overflow { .. } => Problem::too_large(),
        Json::Payload(error::PayloadError::Overflow) => Problem::too_large(),
        Json::Deserialize(err) if err.is_data() => of_serde(&err.to_string()),
        _ => Problem::not_json(),
    }
    .into()
}

/// Turns an extractor's complaint about the query string into a [`Problem`].
pub fn of_query(err: error::QueryPayloadError, _: &HttpRequest) -> actix_web::Error {
    of_serde(&err.to_string()).into()
}

/// Turns an extractor's complaint about the path into a [`Problem`]: such a thing does not exist.
pub fn of_path(_: error::PathError, _: &HttpRequest) -> actix_web::Error {
    Problem::not_found().into()
}

/// What is answered where no route matches.
pub async fn nothing_here() -> Result<HttpResponse, Problem> {
    Err(Problem::not_found())
}

/// Sets the extractors' limits and error shapes for everything configured beside it.
pub fn configure(json_bytes_max: usize, cfg: &mut web::ServiceConfig) {
    cfg.app_data(web::JsonConfig::default().limit(json_bytes_max).error_handler(of_json))
        .app_data(web::PayloadConfig::default().limit(json_bytes_max))
        .app_data(web::QueryConfig::default().error_handler(of_query))
        .app_data(web::PathConfig::default().error_handler(of_path));
}

fn of_serde(text: &str) -> Problem {
    // serde names the field between back-ticks: "unknown field `x`, expected ...".
    match text.split_once("unknown field `").and_then(|(_, rest)| rest.split_once('`')) {
        Some((field, _)) => Problem::unknown_field(&clip(field)),
        None => Problem::invalid(clip(text)),
    }
}

/// How much of what a caller sent stands in the answer, in characters; the rest is cut off.
const REPEATED_LENGTH_MAX: usize = 200;

fn clip(text: &str) -> String {
    text.chars().take(REPEATED_LENGTH_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_field_is_named() {
        let problem = of_serde("unknown field `pririty`, expected `service` at line 1 column 10");
        assert_eq!(problem.code, "input.unknown_field");
        assert_eq!(problem.details["field"], "pririty");
    }

    #[test]
    fn the_body_has_the_four_fields_and_no_status() {
        let body = serde_json::to_value(Problem::busy()).unwrap();
        let mut keys: Vec<_> = body.as_object().unwrap().keys().cloned().collect();
        keys.sort();
        assert_eq!(keys, ["code", "details", "message", "message_en"]);
    }
}

//! A citizen's or an officer's way to the center: HTTPS with the LAN authority's certificate, and
//! patience. A request that got no answer is sent again with the same key until it gets one, as a
//! page or another system would do; what was answered is what counts.

use anyhow::{Context, bail};
use reqwest::{Certificate, Client, Method, StatusCode};
use serde_json::Value;
use std::path::Path;
use std::time::Duration;
use tokio::time::Instant;

/// How long one request waits for its answer.
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// How long a person tries before the day counts as failed. A killed daemon is back far sooner.
const PATIENCE: Duration = Duration::from_secs(180);
/// The pause between two tries.
const PAUSE: Duration = Duration::from_millis(200);

/// Who sends.
#[derive(Debug, Clone)]
pub enum As {
    /// A kiosk, a tablet, a hall screen: its token.
    Device(String),
    /// An officer: name and password; the session is made when needed.
    Officer {
        /// The login name.
        login: String,
        /// The password.
        password: String,
    },
}

/// An answer: the status and the body.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The body, `Null` where there is none.
    pub body: Value,
}

impl Answer {
    /// Whether the request was granted.
    #[must_use]
    pub fn granted(&self) -> bool {
        self.status.is_success()
    }

    /// The refusal's code, empty when granted.
    #[must_use]
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or("")
    }
}

/// A client of one center.
#[derive(Debug)]
pub struct CenterClient {
    http: Client,
    base: String,
    who: As,
    csrf: Option<String>,
    tried_again: u64,
}

impl CenterClient {
    /// A client for `https://…` that trusts the given authority only.
    ///
    /// # Errors
    /// The authority's file cannot be read.
    pub fn new(base: &str, authority: &Path, who: As) -> anyhow::Result<Self> {
        let pem = std::fs::read(authority).with_context(|| authority.display().to_string())?;
        let http = Client::builder()
            .add_root_certificate(Certificate::from_pem(&pem)?)
            .cookie_store(true)
            .timeout(ANSWER_MAX)
            .build()?;
        Ok(Self { http, base: base.to_owned(), who, csrf: None, tried_again: 0 })
    }

    /// How often a request had to be sent once more so far.
    #[must_use]
    pub fn tried_again(&self) -> u64 {
        self.tried_again
    }

    /// Sends until there is an answer other than "busy" or "log in".
    ///
    /// # Errors
    /// Patience is over.
    pub async fn send(
        &mut self,
        method: Method,
        path: &str,
        key: Option<&str>,
        body: Option<&Value>,
    ) -> anyhow::Result<Answer> {
        self.persist(method, path, key, |request| match body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
    }

    /// Uploads a file.
    ///
    /// # Errors
    /// Patience is over.
    pub async fn upload(
        &mut self,
        path: &str,
        key: &str,
        media_type: &str,
        bytes: &[u8],
    ) -> anyhow::Result<Answer> {
        self.persist(Method::POST, path, Some(key), |request| {
            request.header("content-type", media_type.to_owned()).body(bytes.to_vec())
        })
        .await
    }

    async fn persist(
        &mut self,
        method: Method,
        path: &str,
        key: Option<&str>,
        fill: impl Fn(reqwest::RequestBuilder) -> reqwest::RequestBuilder,
    ) -> anyhow::Result<Answer> {
        let end = Instant::now() + PATIENCE;
        let mut last = String::from("no try");
        while Instant::now() < end {
            if matches!(self.who, As::Officer { .. })
                && self.csrf.is_none()
                && let Err(error) = self.log_in().await
            {
                last = format!("log-in: {error:#}");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
            let mut request = self.http.request(method.clone(), format!("{}{path}", self.base));
            if let As::Device(token) = &self.who {
                request = request.bearer_auth(token);
            }
            if let Some(csrf) = &self.csrf {
                request = request.header("x-csrf-token", csrf);
            }
            if let Some(key) = key {
                request = request.header("idempotency-key", key);
            }
            match fill(request).send().await {
                Ok(response) => {
                    let status = response.status();
                    let Ok(text) = response.text().await else {
                        last = "the answer broke off".to_owned();
                        tokio::time::sleep(PAUSE).await;
                        continue;
                    };
                    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
                    if status == StatusCode::UNAUTHORIZED && matches!(self.who, As::Officer { .. })
                    {
                        self.csrf = None;
                        last = "log in".to_owned();
                        continue;
                    }
                    let again = status == StatusCode::SERVICE_UNAVAILABLE
                        || status == StatusCode::TOO_MANY_REQUESTS;
                    if !again {
                        return Ok(Answer { status, body });
                    }
                    last = format!("{status}: {text}");
                }
                Err(error) => last = format!("{error:#}"),
            }
            self.tried_again += 1;
            tokio::time::sleep(PAUSE).await;
        }
        bail!("{method} {path}: no answer in {} s; the last try gave: {last}", PATIENCE.as_secs())
    }

    async fn log_in(&mut self) -> anyhow::Result<()> {
        let As::Officer { login, password } = &self.who else { return Ok(()) };
        let response = self
            .http
            .post(format!("{}/api/v1/session", self.base))
            .json(&serde_json::json!({ "login": login, "password": password }))
            .send()
            .await?;
        let status = response.status();
        let body: Value = response.json().await.unwrap_or(Value::Null);
        match body["csrf"].as_str() {
            Some(csrf) if status.is_success() => {
                self.csrf = Some(csrf.to_owned());
                Ok(())
            }
            _ => bail!("{status}: {body}"),
        }
    }
}

//! The daemon's side of the form renderer: starts `motcua-forms` when a form is wanted, stops it
//! when none was wanted for a minute, one form at a time.
//!
//! It has a thread of its own, so that any actor or handler may ask whatever runtime it stands in.
//! The renderer keeps nothing: after a crash or a form that takes too long it is ended, the caller
//! is told, and the next form starts a new one. The renderer's own code is the package `forms`; its
//! fields are listed in `config/forms/README.md`, and [`Slip`] writes them for form 01.

use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// Forms that wait for their turn; one more is answered "busy".
const WAITING_MAX: usize = 16;
/// An answer with a PDF in base64; a larger one is no answer of ours.
const ANSWER_BYTES_MAX: usize = 32 * 1024 * 1024;
/// After its input closed, the renderer has so long to end by itself.
const STOP_TIME: Duration = Duration::from_secs(2);

/// Where the renderer is and how long things may take.
#[derive(Debug, Clone)]
pub struct FormsSettings {
    /// The renderer.
    pub executable: PathBuf,
    /// The folder of the templates.
    pub templates: PathBuf,
    /// Folders with the Noto fonts; empty for Debian's.
    pub fonts: Vec<PathBuf>,
    /// Without a form for so long the renderer is stopped.
    pub idle: Duration,
    /// One form may take so long, the renderer's start included.
    pub time_max: Duration,
}

impl FormsSettings {
    /// The renderer that stands beside this executable.
    pub fn beside_this_executable(templates: PathBuf) -> io::Result<Self> {
        let executable = std::env::current_exe()?.with_file_name("motcua-forms");
        Ok(Self {
            executable,
            templates,
            fonts: Vec::new(),
            idle: Duration::from_secs(60),
            time_max: Duration::from_secs(20),
        })
    }
}

/// One form to render.
#[derive(Debug, Clone, Serialize)]
pub struct FormRequest {
    /// The template's folder: `slip`.
    pub template: String,
    /// Its fields.
    pub data: serde_json::Value,
    /// Stands in the file as its creation. The same request gives the same bytes.
    pub timestamp: jiff::Timestamp,
    /// The text of the QR code.
    pub qr: Option<String>,
}

/// A finished form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// PDF/A-2b.
    pub pdf: Vec<u8>,
    /// How many pages it has.
    pub pages: usize,
}

/// Why there is no form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormsError {
    /// Too many forms wait.
    #[error("too many forms wait to be rendered")]
    Busy,
    /// The renderer could not be started.
    #[error("the renderer {executable} cannot be started: {reason}")]
    NotStarted {
        /// What was tried.
        executable: String,
        /// What the system said.
        reason: String,
    },
    /// It took longer than [`FormsSettings::time_max`].
    #[error("the form took too long and was stopped")]
    TooSlow,
    /// The renderer ended in the middle; its own words stand in the log.
    #[error("the renderer ended before it answered: {0}")]
    Crashed(String),
    /// The renderer refused: a broken template, a missing field, data beyond the bounds.
    #[error("{code}: {message} ({file}:{line})")]
    Refused {
        /// `forms.bad_template` and the like.
        code: String,
        /// In English, for the log and for whoever edits the template.
        message: String,
        /// The template file; empty when the reason is not in a template.
        file: String,
        /// From 1; 0 when there is no file.
        line: usize,
    },
}

impl FormsError {
    /// Stable, for support.
    pub fn code(&self) -> &str {
        match self {
            Self::Busy => "forms.busy",
            Self::NotStarted { .. } => "forms.not_started",
            Self::TooSlow => "forms.too_slow",
            Self::Crashed(_) => "forms.crashed",
            Self::Refused { code, .. } => code,
        }
    }
}

/// Asks for forms; cheap to clone. The renderer ends with the last clone.
#[derive(Clone)]
pub struct FormsClient {
    jobs: mpsc::Sender<Job>,
    running: Arc<AtomicBool>,
}

struct Job {
    request: FormRequest,
    reply: oneshot::Sender<Result<Form, FormsError>>,
}

impl FormsClient {
    /// Starts the client's thread; the renderer itself is started by the first form.
    pub fn start(settings: FormsSettings) -> io::Result<Self> {
        let (jobs, waiting) = mpsc::channel(WAITING_MAX);
        let running = Arc::new(AtomicBool::new(false));
        let desk = Desk { settings, renderer: None, running: Arc::clone(&running) };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::Builder::new()
            .name("forms".to_owned())
            .spawn(move || runtime.block_on(desk.run(waiting)))?;
        Ok(Self { jobs, running })
    }

    /// Renders one form. A caller that stops waiting loses nothing but its form.
    pub async fn render(&self, request: FormRequest) -> Result<Form, FormsError> {
        let (reply, answer) = oneshot::channel();
        self.jobs.try_send(Job { request, reply }).map_err(|err| match err {
            mpsc::error::TrySendError::Full(_) => FormsError::Busy,
            mpsc::error::TrySendError::Closed(_) => ended(),
        })?;
        answer.await.unwrap_or_else(|_| Err(ended()))
    }

    /// Whether the renderer is there now; it is not when nothing was printed for a while.
    pub fn is_running(&self) -> bool {
        self.running.load(Ordering::Relaxed)
    }
}

fn ended() -> FormsError {
    FormsError::Crashed("the client's thread ended".to_owned())
}

/// What the thread owns.
struct Desk {
    settings: FormsSettings,
    renderer: Option<Renderer>,
    running: Arc<AtomicBool>,
}

struct Renderer {
    child: Child,
    input: ChildStdin,
    output: ChildStdout,
}

#[derive(Deserialize)]
struct Answer {
    ok: bool,
    #[serde(default)]
    pdf: String,
    #[serde(default)]
    pages: usize,
    #[serde(default)]
    warnings: Vec<String>,
    error: Option<Refused>,
}

#[derive(Deserialize)]
struct Refused {
    code: String,
    message: String,
    #[serde(default)]
    file: String,
    #[serde(default)]
    line: usize,
}

impl Desk {
    async fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        loop {
            let job = if self.renderer.is_some() {
                match timeout(self.settings.idle, jobs.recv()).await {
                    Ok(job) => job,
                    Err(_) => {
                        self.stop().await;
                        continue;
                    }
                }
            } else {
                jobs.recv().await
            };
            let Some(Job { request, reply }) = job else { break };
            if reply.is_closed() {
                continue;
            }
            let result = self.render(&request).await;
            if let Err(err) = &result {
                tracing::warn!(template = %request.template, code = err.code(), %err, "no form");
            }
            // A caller that went away needs no answer.
            let _ = reply.send(result);
        }
        self.stop().await;
    }

    async fn render(&mut self, request: &FormRequest) -> Result<Form, FormsError> {
        let result = match timeout(self.settings.time_max, self.try_render(request)).await {
            Ok(result) => result,
            Err(_) => Err(FormsError::TooSlow),
        };
        // After a refusal the stream is in order; after anything else nobody knows.
        if matches!(result, Err(FormsError::TooSlow | FormsError::Crashed(_))) {
            self.kill().await;
        }
        result
    }

    async fn try_render(&mut self, request: &FormRequest) -> Result<Form, FormsError> {
        let bytes = serde_json::to_vec(request).map_err(|err| crashed(&err))?;
        let renderer = self.renderer()?;
        let answer = match renderer.ask(&bytes).await {
            Ok(answer) => answer,
            Err(err) => {
                let status = renderer.child.try_wait().ok().flatten();
                return Err(status.map_or_else(|| crashed(&err), |status| crashed(&status)));
            }
        };
        let answer: Answer = serde_json::from_slice(&answer).map_err(|err| crashed(&err))?;
        if let Some(Refused { code, message, file, line }) = answer.error {
            return Err(FormsError::Refused { code, message, file, line });
        }
        if !answer.ok {
            return Err(crashed(&"an answer without a form and without a reason"));
        }
        for warning in answer.warnings {
            tracing::warn!(template = %request.template, warning, "a form was rendered with a warning");
        }
        let pdf = STANDARD.decode(answer.pdf).map_err(|err| crashed(&err))?;
        Ok(Form { pdf, pages: answer.pages })
    }

    /// The renderer, started when there is none or when it ended while nobody asked.
    fn renderer(&mut self) -> Result<&mut Renderer, FormsError> {
        let alive = self
            .renderer
            .as_mut()
            .is_some_and(|renderer| matches!(renderer.child.try_wait(), Ok(None)));
        if !alive {
            self.renderer = None;
        }
        match self.renderer {
            Some(ref mut renderer) => Ok(renderer),
            None => {
                let renderer = self.spawn()?;
                self.running.store(true, Ordering::Relaxed);
                Ok(self.renderer.insert(renderer))
            }
        }
    }

    fn spawn(&self) -> Result<Renderer, FormsError> {
        let not_started = |reason: String| FormsError::NotStarted {
            executable: self.settings.executable.display().to_string(),
            reason,
        };
        let mut command = Command::new(&self.settings.executable);
        command.arg("--templates").arg(&self.settings.templates);
        for folder in &self.settings.fonts {
            command.arg("--fonts").arg(folder);
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|err| not_started(err.to_string()))?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(not_started("it has no pipes".to_owned()));
        };
        Ok(Renderer { child, input, output })
    }

    /// Lets the renderer end by itself, for a moment.
    async fn stop(&mut self) {
        if let Some(Renderer { mut child, input, output }) = self.renderer.take() {
            drop((input, output));
            if timeout(STOP_TIME, child.wait()).await.is_err() {
                let _ = child.kill().await;
            }
        }
        self.running.store(false, Ordering::Relaxed);
    }

    async fn kill(&mut self) {
        if let Some(mut renderer) = self.renderer.take() {
            let _ = renderer.child.kill().await;
        }
        self.running.store(false, Ordering::Relaxed);
    }
}

impl Renderer {
    async fn ask(&mut self, request: &[u8]) -> io::Result<Vec<u8>> {
        let length = u32::try_from(request.len()).map_err(io::Error::other)?;
        self.input.write_all(&length.to_be_bytes()).await?;
        self.input.write_all(request).await?;
        self.input.flush().await?;
        let length = self.output.read_u32().await?;
        let length = usize::try_from(length).map_err(io::Error::other)?;
        if length > ANSWER_BYTES_MAX {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "this is no answer"));
        }
        let mut answer = vec![0; length];
        self.output.read_exact(&mut answer).await?;
        Ok(answer)
    }
}

fn crashed(reason: &impl std::fmt::Display) -> FormsError {
    FormsError::Crashed(reason.to_string())
}

/// The fields of form 01, the slip of receipt and appointment. Times are local, to the minute.
#[derive(Debug, Clone, Serialize)]
pub struct Slip {
    /// The center.
    pub unit: SlipUnit,
    /// Code and content.
    pub dossier: SlipDossier,
    /// Whose dossier it is.
    pub applicant: SlipPerson,
    /// Who handed it in, when that was someone else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub submitter: Option<SlipPerson>,
    /// What is applied for.
    pub procedure: SlipProcedure,
    /// What was received.
    pub papers: Vec<SlipPaper>,
    /// Names of papers that had to be there and were not.
    pub missing: Vec<String>,
    /// Sets of papers.
    pub sets: u16,
    /// When it was received.
    #[serde(serialize_with = "to_the_minute")]
    pub received_at: jiff::civil::DateTime,
    /// When the result is due; without it the slip says that the date follows.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "maybe_to_the_minute")]
    pub due_at: Option<jiff::civil::DateTime>,
    /// How the date was found, a sentence each.
    pub due_reasons: Vec<String>,
    /// How and where the result is handed out.
    pub result: SlipResult,
    /// What is to be paid.
    pub fee: SlipFee,
    /// The line of the register of dossiers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ledger: Option<SlipLedger>,
    /// Who received it.
    pub officer: SlipOfficer,
    /// Printed again.
    pub reprint: bool,
    /// What is marked as waiting for confirmation.
    pub needs_confirmation: Vec<SlipMark>,
}

impl Slip {
    /// The request for the renderer. The QR code is the dossier's code.
    pub fn into_request(self, timestamp: jiff::Timestamp) -> Result<FormRequest, FormsError> {
        let qr = Some(self.dossier.code.clone());
        let data = serde_json::to_value(self).map_err(|err| crashed(&err))?;
        Ok(FormRequest { template: "slip".to_owned(), data, timestamp, qr })
    }
}

/// A value of the slip that may wait for confirmation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SlipMark {
    /// How long the procedure takes.
    Limit,
    /// The appointed date.
    Due,
    /// The amount.
    Fee,
}

/// The center as the slip's head shows it.
#[derive(Debug, Clone, Serialize)]
pub struct SlipUnit {
    /// `Trung tâm Phục vụ hành chính công phường …`.
    pub name: String,
    /// The authority above it.
    pub parent: Option<String>,
    /// Stands before the date.
    pub place: String,
    /// For the line at the foot.
    pub address: Option<String>,
    /// For the line at the foot.
    pub phone: Option<String>,
}

/// Code and content of the dossier.
#[derive(Debug, Clone, Serialize)]
pub struct SlipDossier {
    /// Mã hồ sơ.
    pub code: String,
    /// What it is about, in a line.
    pub content: Option<String>,
}

/// A person or an organisation.
#[derive(Debug, Clone, Serialize)]
pub struct SlipPerson {
    /// As on the card.
    pub name: String,
    /// Of the card, or the tax number.
    pub id_number: Option<String>,
    /// Where to call.
    pub phone: Option<String>,
    /// As on the card.
    pub address: Option<String>,
    /// Where to write.
    pub email: Option<String>,
}

/// The procedure.
#[derive(Debug, Clone, Serialize)]
pub struct SlipProcedure {
    /// Its code.
    pub code: Option<String>,
    /// Its name.
    pub name: String,
    /// How long it takes, in words: `3 ngày làm việc`.
    pub limit: String,
}

/// One kind of paper received.
#[derive(Debug, Clone, Serialize)]
pub struct SlipPaper {
    /// Its name.
    pub name: String,
    /// Bản chính.
    pub originals: u16,
    /// Bản sao.
    pub copies: u16,
    /// A remark.
    pub note: Option<String>,
    /// Whether the catalogue's line waits for confirmation.
    pub needs_confirmation: bool,
}

/// How the result is handed out.
#[derive(Debug, Clone, Serialize)]
pub struct SlipResult {
    /// `nhận trực tiếp`, `qua bưu chính công ích`, `trực tuyến`.
    pub channel: String,
    /// Where.
    pub place: Option<String>,
}

/// What is to be paid.
#[derive(Debug, Clone, Serialize)]
pub struct SlipFee {
    /// `Some(0)` is free of charge, `None` is not known.
    pub amount_vnd: Option<u64>,
    /// `đã thu`, `chưa thu`, `miễn`.
    pub status: Option<String>,
    /// How it is counted.
    pub note: Option<String>,
}

/// A line of the register.
#[derive(Debug, Clone, Serialize)]
pub struct SlipLedger {
    /// Quyển số.
    pub book: String,
    /// Số thứ tự.
    pub number: String,
}

/// Who received the dossier.
#[derive(Debug, Clone, Serialize)]
pub struct SlipOfficer {
    /// Their name.
    pub name: String,
}

fn to_the_minute<S: serde::Serializer>(
    at: &jiff::civil::DateTime,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&at.strftime("%Y-%m-%dT%H:%M"))
}

fn maybe_to_the_minute<S: serde::Serializer>(
    at: &Option<jiff::civil::DateTime>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => to_the_minute(at, serializer),
        None => serializer.serialize_none(),
    }
}

//! The loop of one printer: prints what waits, asks for the status when idle.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::exchange::{End, Exchange, Step};
use super::logo;
use super::protocol;
use super::render::Type;
use super::settings::Settings;
use crate::class::Class;
use crate::class::ticket_printer::{
    Bitmap, Order, Paper, PrintJob, PrintOutcome, PrinterHandle, PrinterProblem, PrinterStatus,
};
use crate::config::{ConfigProblem, DeviceConfig, manifest_of, typed};
use crate::event::{DeviceState, EventKind, Events, Reporter};
use crate::manifest::SerialForm;
use crate::task::{DeviceHandle, DeviceTask};
use crate::transport::{Fault, Opener, Wire, read_some, write_all};

/// How often the status is asked while something is wrong: someone may just be mending it.
const POLL_IN_TROUBLE: Duration = Duration::from_secs(2);
/// Bytes of a job that are written at once; each part may take as long as a whole write.
const WRITTEN_AT_ONCE: usize = 4096;

pub(super) fn spawn(
    config: DeviceConfig,
    events: Events,
) -> Result<DeviceTask, Vec<ConfigProblem>> {
    let manifest = manifest_of(&super::DRIVER)?;
    let settings: Settings = typed(&manifest, &config)?;
    let form = SerialForm { baud: 9600, format: "8N1".to_owned() };
    let opener = Opener::new(config.transport.clone(), form);
    let (orders, waiting) = mpsc::channel(settings.queue_length_max);
    let (reporter, state) = events.reporter(&config.id);
    let task = tokio::spawn(async move {
        let printer = Printer {
            settings,
            opener,
            reporter,
            fonts: None,
            status: None,
            // Whatever ran before this start may have left half a ticket behind.
            left_unproved: true,
            trouble: None,
        };
        printer.run(waiting).await;
    });
    Ok(DeviceTask {
        id: config.id,
        driver: super::DRIVER.name,
        class: Class::TicketPrinter,
        transport: config.transport.describe(),
        counter: config.counter,
        handle: DeviceHandle::Printer(PrinterHandle { orders }),
        state,
        task,
    })
}

/// The sign above a ticket's title. It was there when the settings were checked; a number goes out
/// without it rather than not at all.
fn logo_of(settings: &Settings) -> Option<Bitmap> {
    if settings.logo.is_empty() {
        return None;
    }
    let read = logo::read(Path::new(&settings.logo), settings.paper_width_dots);
    read.inspect_err(|error| tracing::warn!(%error, file = %settings.logo, "tickets have no logo"))
        .ok()
}

struct Printer {
    settings: Settings,
    opener: Opener,
    reporter: Reporter,
    fonts: Option<Arc<Type>>,
    status: Option<PrinterStatus>,
    /// A job's bytes may still wait in the printer's buffer.
    left_unproved: bool,
    /// The code of the trouble that was reported last.
    trouble: Option<&'static str>,
}

impl Printer {
    /// Ends when every handle is gone.
    async fn run(mut self, mut waiting: mpsc::Receiver<Order>) {
        let mut poll_at = Instant::now();
        loop {
            tokio::select! {
                // A waiting citizen goes before a question about the status.
                biased;
                order = waiting.recv() => {
                    let Some(Order { job, answer }) = order else { return };
                    let outcome = self.print(job).await;
                    // The caller may have gone; the paper is out all the same.
                    let _ = answer.send(outcome);
                }
                () = tokio::time::sleep_until(poll_at.into()) => {
                    let _ = self.converse(None).await;
                }
            }
            let idle = Duration::from_millis(self.settings.poll_ms);
            let pause = if self.trouble.is_some() { idle.min(POLL_IN_TROUBLE) } else { idle };
            poll_at = Instant::now() + pause;
        }
    }

    async fn print(&mut self, job: PrintJob) -> PrintOutcome {
        let id = job.id.clone();
        let outcome = match self.draw(job).await {
            Ok(bitmap) => {
                let bytes = protocol::job(&bitmap, self.settings.block_rows, self.settings.cut);
                self.converse(Some(&bytes)).await
            }
            Err(detail) => {
                let code = "printer.font_missing";
                self.reporter.problem(code, detail);
                PrintOutcome::Blocked { problem: PrinterProblem::Error, code, sent: false }
            }
        };
        tracing::info!(job = %id, ?outcome, "print job");
        outcome
    }

    async fn draw(&mut self, job: PrintJob) -> Result<Bitmap, String> {
        let known = self.fonts.clone();
        let settings = self.settings.clone();
        let drawn = tokio::task::spawn_blocking(move || {
            let fonts = match known {
                Some(fonts) => fonts,
                None => {
                    let fonts = Type::load(&settings.font_regular, &settings.font_bold)
                        .map_err(|error| error.to_string())?;
                    Arc::new(fonts.with_logo(logo_of(&settings)))
                }
            };
            Ok::<_, String>((fonts.draw(&job.document, settings.paper_width_dots), fonts))
        });
        let (bitmap, fonts) = drawn.await.map_err(|error| error.to_string())??;
        self.fonts = Some(fonts);
        Ok(bitmap)
    }

    /// One connection: status, the job if there is one, its proof, status.
    async fn converse(&mut self, job: Option<&[u8]>) -> PrintOutcome {
        let (mut sent, mut answered) = (false, false);
        let outcome = match self.opener.open().await {
            Ok(mut wire) => match self.exchange(wire.as_mut(), job, &mut sent).await {
                Ok(end) => {
                    answered = end.status.is_some();
                    self.told(end);
                    end.outcome
                }
                Err(fault) => self.lost(&fault, sent),
            },
            Err(fault) => self.lost(&fault, false),
        };
        self.left_unproved = match outcome {
            PrintOutcome::Printed => false,
            PrintOutcome::Blocked { sent: true, .. } => true,
            // The order to clear went before the questions: who answered these has worked it off.
            PrintOutcome::Blocked { sent: false, .. } => self.left_unproved && !answered,
        };
        outcome
    }

    async fn exchange(
        &mut self,
        wire: &mut dyn Wire,
        job: Option<&[u8]>,
        sent: &mut bool,
    ) -> Result<End, Fault> {
        let now = Instant::now();
        let (mut exchange, first) =
            Exchange::start(&self.settings, job.is_some(), self.left_unproved, now);
        write_all(wire, &first).await?;
        let mut buffer = [0u8; 64];
        let mut heard = Vec::new();
        loop {
            let step = if let Some(byte) = heard.pop() {
                exchange.heard(byte, !heard.is_empty(), Instant::now())
            } else {
                tokio::select! {
                    read = read_some(wire, &mut buffer) => {
                        heard.extend(buffer[..read?].iter().rev());
                        // A printer that never stops talking must not outrun the deadline.
                        exchange.tick(Instant::now())
                    }
                    () = tokio::time::sleep_until(exchange.due().into()) => {
                        exchange.tick(Instant::now())
                    }
                }
            };
            match step {
                Step::Wait => {}
                Step::Send(bytes) => write_all(wire, &bytes).await?,
                Step::SendJob => {
                    *sent = exchange.has_sent();
                    for part in job.unwrap_or_default().chunks(WRITTEN_AT_ONCE) {
                        write_all(wire, part).await?;
                    }
                    exchange.sent(Instant::now());
                }
                Step::Done(end) => {
                    if let PrintOutcome::Blocked { sent: true, .. } = end.outcome {
                        // If this does not get through, the next job clears first.
                        if let Err(fault) = self.clear(wire).await {
                            tracing::debug!(%fault, "the printer's buffer is not cleared yet");
                        }
                    }
                    return Ok(end);
                }
            }
        }
    }

    /// Throws away what waits in the printer: otherwise it comes out by itself when someone puts
    /// paper in, beside the second try. A status asked behind it tells that it has arrived.
    async fn clear(&self, wire: &mut dyn Wire) -> Result<(), Fault> {
        write_all(wire, &protocol::CLEAR).await?;
        write_all(wire, &protocol::ask_status(1)).await?;
        let answered = async {
            let mut buffer = [0u8; 16];
            loop {
                let count = read_some(wire, &mut buffer).await?;
                if buffer[..count].iter().any(|byte| protocol::is_status(*byte)) {
                    return Ok(());
                }
            }
        };
        let timeout = Duration::from_millis(self.settings.status_timeout_ms);
        tokio::time::timeout(timeout, answered).await.unwrap_or(Err(Fault::Stuck))
    }

    fn told(&mut self, end: End) {
        if let Some(status) = end.status
            && self.status != Some(status)
        {
            self.status = Some(status);
            self.reporter.tell(EventKind::PrinterStatus { status });
        }
        match end.outcome {
            PrintOutcome::Printed => {
                self.trouble = None;
                let near_end = end.status.is_some_and(|status| status.paper == Paper::NearEnd);
                let reason = if near_end { "printer.paper_near_end" } else { "device.ready" };
                self.reporter.state(DeviceState::Online, reason, "");
            }
            PrintOutcome::Blocked { problem, code, .. } => {
                if problem == PrinterProblem::Unknown && self.trouble != Some(code) {
                    let detail = "its answers do not say whether it prints".to_owned();
                    self.reporter.problem(code, detail);
                }
                self.trouble = Some(code);
                self.reporter.state(DeviceState::Degraded, code, "");
            }
        }
    }

    fn lost(&mut self, fault: &Fault, sent: bool) -> PrintOutcome {
        let code = fault.code();
        self.trouble = Some(code);
        self.reporter.state(DeviceState::Offline, code, &fault.to_string());
        let problem = if sent { PrinterProblem::Unknown } else { PrinterProblem::Offline };
        PrintOutcome::Blocked { problem, code, sent }
    }
}

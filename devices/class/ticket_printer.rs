//! The printer of tickets and short slips.

use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};

use crate::task::TryOutcome;

/// Something to print. The id is only for logs and the simulator.
#[derive(Clone, Debug, PartialEq)]
pub struct PrintJob {
    /// The center's id of the job.
    pub id: String,
    /// What to print.
    pub document: Document,
}

/// What can be printed.
#[derive(Clone, Debug, PartialEq)]
pub enum Document {
    /// A number slip.
    Ticket(TicketLayout),
    /// A short slip of a dossier.
    Slip(SlipLayout),
    /// Ready dots.
    Raster(Bitmap),
}

/// A number slip, from top to bottom. The driver sets type sizes, wraps lines and draws the code.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TicketLayout {
    /// Name of the center, centered and bold.
    pub title: Vec<String>,
    /// Small line above the number: «SỐ THỨ TỰ».
    pub heading: String,
    /// The number, as large as the paper allows.
    pub label: String,
    /// Service, people ahead, time of issue: centered lines.
    pub lines: Vec<String>,
    /// Text of the QR code, when there is one.
    pub qr: Option<String>,
    /// Small lines at the foot.
    pub footer: Vec<String>,
    /// Prints the mark «BẢN IN LẠI».
    pub reprint: bool,
}

/// A short slip of a dossier.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SlipLayout {
    /// Name of the center, centered and bold.
    pub title: Vec<String>,
    /// What it is: «GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ».
    pub heading: String,
    /// The dossier's code, large.
    pub code: String,
    /// Name and value, the name small above the value.
    pub fields: Vec<(String, String)>,
    /// Papers received, as a list.
    pub items: Vec<String>,
    /// Text of the QR code, when there is one.
    pub qr: Option<String>,
    /// Small lines at the foot.
    pub footer: Vec<String>,
    /// Prints the mark «BẢN IN LẠI».
    pub reprint: bool,
}

/// Dots, one bit each, rows padded to whole bytes, leftmost dot in the highest bit, 1 = black.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bitmap {
    /// Dots in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `height` rows of `width.div_ceil(8)` bytes.
    pub rows: Vec<u8>,
}

impl Bitmap {
    /// A white one.
    pub fn new(width: usize, height: usize) -> Self {
        Self { width, height, rows: vec![0; width.div_ceil(8) * height] }
    }

    /// Bytes in a row.
    pub fn row_bytes(&self) -> usize {
        self.width.div_ceil(8)
    }

    /// Whether a dot is black; outside is white.
    pub fn black(&self, x: usize, y: usize) -> bool {
        x < self.width
            && y < self.height
            && self.rows[y * self.row_bytes() + x / 8] & (0x80 >> (x % 8)) != 0
    }

    /// Blackens a dot; outside is ignored.
    pub fn blacken(&mut self, x: usize, y: usize) {
        if x < self.width && y < self.height {
            let bytes = self.row_bytes();
            self.rows[y * bytes + x / 8] |= 0x80 >> (x % 8);
        }
    }
}

/// What the printer's status bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PrinterStatus {
    /// It takes data.
    pub ready: bool,
    /// The cover is open.
    pub cover_open: bool,
    /// The paper.
    pub paper: Paper,
    /// The cutter is stuck.
    pub cutter_error: bool,
    /// An error that only a technician ends.
    pub unrecoverable: bool,
    /// An error that ends by itself, such as a hot head.
    pub recoverable: bool,
    /// Someone feeds paper by the button.
    pub feeding: bool,
}

impl PrinterStatus {
    /// The first thing that keeps it from printing.
    pub fn problem(&self) -> Option<(PrinterProblem, &'static str)> {
        if self.cover_open {
            Some((PrinterProblem::CoverOpen, "printer.cover_open"))
        } else if self.paper == Paper::Out {
            Some((PrinterProblem::PaperOut, "printer.paper_out"))
        } else if self.cutter_error {
            Some((PrinterProblem::Error, "printer.cutter"))
        } else if self.unrecoverable {
            Some((PrinterProblem::Error, "printer.broken"))
        } else if self.recoverable {
            Some((PrinterProblem::Error, "printer.hot"))
        } else if !self.ready {
            Some((PrinterProblem::Offline, "printer.offline"))
        } else {
            None
        }
    }
}

/// How much paper there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Paper {
    /// Enough.
    Present,
    /// The roll is nearly at its end: change it soon.
    NearEnd,
    /// None.
    Out,
}

/// What keeps a job from being printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrinterProblem {
    /// Put paper in.
    PaperOut,
    /// Close the cover.
    CoverOpen,
    /// Switched off, unplugged, unreachable.
    Offline,
    /// It reports an error of its own.
    Error,
    /// It did not say, or said something that is no answer.
    Unknown,
}

/// What came of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrintOutcome {
    /// The printer itself answered, after the last byte, that it has worked it off.
    Printed,
    /// Not printed, as far as the printer says.
    Blocked {
        /// Why.
        problem: PrinterProblem,
        /// The reason more finely, stable: `printer.cutter`, `printer.no_answer`, ...
        code: &'static str,
        /// Whether bytes had left: then paper may have come out all the same, and a second try
        /// should carry the reprint mark. Without it a second try is safe.
        sent: bool,
    },
}

pub(crate) struct Order {
    pub(crate) job: PrintJob,
    pub(crate) answer: oneshot::Sender<PrintOutcome>,
}

/// Commands of a printer. Jobs wait in a bounded queue and are printed in order.
#[derive(Clone)]
pub struct PrinterHandle {
    pub(crate) orders: mpsc::Sender<Order>,
}

impl PrinterHandle {
    /// Prints, and answers when the printer has said what came of it. A full queue, or a stopped
    /// driver, is answered at once as blocked with `sent: false`.
    pub async fn print(&self, job: PrintJob) -> PrintOutcome {
        let (answer, outcome) = oneshot::channel();
        let code = match self.orders.try_send(Order { job, answer }) {
            Ok(()) => {
                return outcome.await.unwrap_or(PrintOutcome::Blocked {
                    // The task ended in the middle: nobody can say what the printer did.
                    problem: PrinterProblem::Unknown,
                    code: "printer.stopped",
                    sent: true,
                });
            }
            Err(mpsc::error::TrySendError::Full(_)) => "printer.queue_full",
            Err(mpsc::error::TrySendError::Closed(_)) => "printer.stopped",
        };
        PrintOutcome::Blocked { problem: PrinterProblem::Offline, code, sent: false }
    }

    /// Prints a test page.
    pub async fn try_it(&self) -> TryOutcome {
        let page = TicketLayout {
            title: vec!["TRANG IN THỬ".to_owned()],
            heading: "Ế Ổ Ữ Ặ Đ · ế ổ ữ ặ đ".to_owned(),
            label: "A000".to_owned(),
            lines: vec!["Không phải phiếu số thứ tự".to_owned()],
            qr: Some("motcua".to_owned()),
            ..TicketLayout::default()
        };
        let job = PrintJob { id: "try".to_owned(), document: Document::Ticket(page) };
        match self.print(job).await {
            PrintOutcome::Printed => TryOutcome { done: true, code: "device.tried" },
            PrintOutcome::Blocked { code, .. } => TryOutcome { done: false, code },
        }
    }
}

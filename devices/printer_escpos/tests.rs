//! Jobs against an independent encoder, conversations, trouble, and the paper that comes out.

use std::time::Instant;

use proptest::prelude::*;

use super::decoder::{Decoder, Done, Sheet};
use super::exchange::{Exchange, Step};
use super::protocol::{self, is_status};
use super::render::Type;
use super::settings::Settings;
use super::sim::{self, Condition, Control, Mood, Options};
use crate::class::ticket_printer::{
    Bitmap, Document, Paper, PrintJob, PrintOutcome, PrinterProblem, SlipLayout, TicketLayout,
};
use crate::tests::{capture, config, event, peer, reason, state_event};
use crate::{DeviceState, DeviceTask, EventKind, Events, TransportConfig, spawn};

const QUICK: &str = "status_timeout_ms = 300\nprint_timeout_ms = 700\npoll_ms = 100";

fn settings() -> Settings {
    Settings {
        paper_width_dots: 576,
        font_regular: String::new(),
        font_bold: String::new(),
        logo: String::new(),
        cut: true,
        block_rows: 128,
        status_timeout_ms: 1000,
        print_timeout_ms: 10_000,
        poll_ms: 15_000,
        queue_length_max: 32,
    }
}

fn ticket() -> TicketLayout {
    TicketLayout {
        title: vec!["TRUNG TÂM PHỤC VỤ HÀNH CHÍNH CÔNG".into(), "PHƯỜNG CAO XANH".into()],
        heading: "SỐ THỨ TỰ".into(),
        label: "A012".into(),
        lines: vec![
            "Hộ tịch, chứng thực".into(),
            "Còn 3 người chờ trước".into(),
            "08:15 ngày 23/11/2026".into(),
        ],
        qr: Some("motcua:06658-1:A012:2026-11-23".into()),
        footer: vec!["Mời đến đúng quầy khi số được gọi.".into()],
        reprint: false,
    }
}

fn job(id: &str) -> PrintJob {
    PrintJob { id: id.to_owned(), document: Document::Ticket(ticket()) }
}

/// The 16 x 8 picture of the recording.
fn diagonal() -> Bitmap {
    let mut bitmap = Bitmap::new(16, 8);
    for row in 0..8 {
        bitmap.blacken(row, row);
        bitmap.blacken(row + 8, row);
    }
    bitmap
}

fn decode(bytes: &[u8]) -> (Vec<Sheet>, u64) {
    let mut decoder = Decoder::new(576);
    decoder.push(bytes);
    let mut sheets = Vec::new();
    while let Some(done) = decoder.step() {
        if let Done::Cut(sheet) = done {
            sheets.push(*sheet);
        }
    }
    assert_eq!(decoder.waiting(), 0, "everything was worked off");
    (sheets, decoder.unknown)
}

#[test]
fn our_raster_is_the_recorded_one_and_python_escpos_sends_the_same() {
    let ours = protocol::raster(&diagonal(), 128);
    assert_eq!(ours, capture("printer_escpos", "raster_diagonal.hex"));
    let script = r#"
from escpos.printer import Dummy
from PIL import Image
picture = Image.new("1", (16, 8), 1)
for row in range(8):
    picture.putpixel((row, row), 0)
    picture.putpixel((row + 8, row), 0)
printer = Dummy()
printer.image(picture, impl="bitImageRaster", center=False)
out.write(printer.output)
"#;
    assert_eq!(ours, peer(script, b""));
}

#[test]
fn a_whole_drawn_ticket_is_the_same_raster_in_python_escpos() {
    let fonts = Type::load("", "").expect("fonts: run ./provision/setup");
    let drawn = fonts.draw(&Document::Ticket(ticket()), 576);
    let script = r#"
from escpos.printer import Dummy
from PIL import Image
data = sys.stdin.buffer.read()
height = len(data) // 72
picture = Image.frombytes("1", (576, height), bytes(255 - byte for byte in data))
printer = Dummy()
printer.image(picture, impl="bitImageRaster", fragment_height=128, center=False)
out.write(printer.output)
"#;
    let theirs = peer(script, &drawn.rows);
    assert!(protocol::raster(&drawn, 128) == theirs, "{} bytes from python-escpos", theirs.len());
}

#[test]
fn the_simulator_understands_what_python_escpos_sends() {
    let script = r#"
from escpos.printer import Dummy
from PIL import Image
printer = Dummy()
printer.set(align="center", bold=True, double_height=True)
printer.text("SO THU TU\n")
printer.set(align="left", bold=False, normal_textsize=True)
printer.text("Quay 3\n")
picture = Image.new("1", (16, 8), 1)
for row in range(8):
    picture.putpixel((row, row), 0)
    picture.putpixel((row + 8, row), 0)
printer.image(picture, impl="bitImageRaster", center=False)
printer.qr("motcua:A012", native=True, size=4)
printer.cut()
printer.text("next\n")
printer.cut(mode="PART")
out.write(printer.output)
"#;
    let (sheets, unknown) = decode(&peer(script, b""));
    assert_eq!(unknown, 0);
    assert_eq!(sheets.len(), 2);
    assert_eq!(sheets[0].texts, ["SO THU TU", "Quay 3"]);
    assert_eq!(sheets[0].codes, ["motcua:A012"]);
    let dots = &sheets[0].dots;
    let found = (0..dots.height)
        .any(|top| (0..8).all(|row| (0..16).all(|x| dots.black(x, top + row) == (x % 8 == row))));
    assert!(found, "the picture is on the paper");
    assert_eq!(sheets[1].texts, ["next"]);
}

#[test]
fn recorded_status_bytes_say_what_is_wrong() {
    let read = |name: &str| {
        let bytes: [u8; 4] = capture("printer_escpos", name).try_into().expect("four status bytes");
        assert!(bytes.into_iter().all(is_status));
        protocol::status(bytes)
    };
    assert_eq!(read("status_ready.hex").problem(), None);
    assert_eq!(read("status_ready.hex").paper, Paper::NearEnd);
    let out = read("status_paper_out.hex").problem();
    assert_eq!(out, Some((PrinterProblem::PaperOut, "printer.paper_out")));
    let open = read("status_cover_open.hex").problem();
    assert_eq!(open, Some((PrinterProblem::CoverOpen, "printer.cover_open")));
}

/// What the line brings to a conversation.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Line {
    /// A byte that nothing had followed when it was read.
    Byte(u8),
    /// A byte that more came with.
    Followed(u8),
    /// Silence until the deadline.
    Silence,
}

/// Plays what the line brings, then silence. Answers with the outcome too, how often a status was
/// begun.
fn converse(line: &[Line]) -> (PrintOutcome, usize) {
    let mut now = Instant::now();
    let (mut exchange, first) = Exchange::start(&settings(), true, false, now);
    let begins = |bytes: &[u8]| usize::from(bytes == protocol::ask_status(1));
    let mut begun = begins(&first);
    for brought in line.iter().chain(std::iter::repeat_n(&Line::Silence, 10)) {
        let step = match *brought {
            Line::Byte(byte) => exchange.heard(byte, false, now),
            Line::Followed(byte) => exchange.heard(byte, true, now),
            Line::Silence => {
                now = exchange.due();
                exchange.tick(now)
            }
        };
        match step {
            Step::SendJob => exchange.sent(now),
            Step::Done(end) => return (end.outcome, begun),
            Step::Send(bytes) => begun += begins(&bytes),
            Step::Wait => {}
        }
    }
    panic!("the conversation does not end");
}

fn play(line: &[Line]) -> PrintOutcome {
    converse(line).0
}

fn answers(bytes: &[u8]) -> Vec<Line> {
    bytes.iter().copied().map(Line::Byte).collect()
}

/// The only ways to "printed", said once more and otherwise: what the line brings is read as a
/// whole, from left to right, without states.
fn says_printed(line: &[Line]) -> bool {
    let is_answer = |brought: &Line| matches!(brought, Line::Byte(byte) if byte & 0x93 == 0x12);
    let well = |four: &[Line]| match four {
        [Line::Byte(printer), Line::Byte(offline), Line::Byte(error), Line::Byte(paper)] => {
            printer & 0x08 == 0
                && offline & (0x04 | 0x20) == 0
                && error & (0x08 | 0x20 | 0x40) == 0
                && paper & 0x60 == 0
        }
        _ => false,
    };
    let mut rest = line;
    for _ in 0..3 {
        let noise =
            rest.iter().take_while(|brought| !is_answer(brought) && **brought != Line::Silence);
        rest = &rest[noise.count()..];
        let run = rest.iter().take(4).take_while(|brought| is_answer(brought)).count();
        let (status, later) = rest.split_at(run);
        if run == 4 {
            let unasked = later.iter().take_while(|brought| {
                matches!(brought, Line::Byte(byte) | Line::Followed(byte) if byte & 0x93 == 0x12)
            });
            let after = &later[unasked.count()..];
            return well(status)
                && after.len() >= 5
                && [0x00, 0x03, 0x0C, 0x0F].map(Line::Byte).contains(&after[0])
                && after[1..5].iter().all(is_answer)
                && well(&after[1..5]);
        }
        // Text between the answers: once more, after a silence. Silence there: nobody answers.
        let noise = later.iter().take_while(|brought| **brought != Line::Silence).count();
        if run == 0 || noise == 0 {
            return false;
        }
        rest = later.get(noise + 1..).unwrap_or_default();
    }
    false
}

/// A right conversation.
const RIGHT: [u8; 9] = [0x12, 0x12, 0x12, 0x12, 0x00, 0x12, 0x12, 0x12, 0x12];

fn any_line() -> impl Strategy<Value = Line> {
    let byte = prop_oneof![
        3 => Just(0x12u8),
        1 => prop_oneof![Just(0x1E), Just(0x16), Just(0x72), Just(0x32)],
        2 => prop_oneof![Just(0x00), Just(0x03), Just(0x0C), Just(0x0F)],
        1 => prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'A'), Just(b'2')],
        1 => any::<u8>(),
    ];
    prop_oneof![
        6 => byte.clone().prop_map(Line::Byte),
        1 => byte.prop_map(Line::Followed),
        2 => Just(Line::Silence),
    ]
}

#[test]
fn a_job_is_printed_only_after_status_proof_and_status() {
    let ready = [0x12; 4];
    let whole = [&ready[..], &[0x00], &ready].concat();
    assert_eq!(play(&answers(&whole)), PrintOutcome::Printed);
    for missing in 0..whole.len() {
        let outcome = play(&answers(&whole[..missing]));
        assert!(
            matches!(outcome, PrintOutcome::Blocked { problem: PrinterProblem::Unknown, .. }),
            "without answer {missing}: {outcome:?}"
        );
    }
}

#[test]
fn nothing_is_sent_to_a_printer_that_is_not_ready() {
    for (name, problem) in [
        ("status_paper_out.hex", PrinterProblem::PaperOut),
        ("status_cover_open.hex", PrinterProblem::CoverOpen),
    ] {
        match play(&answers(&capture("printer_escpos", name))) {
            PrintOutcome::Blocked { problem: found, sent: false, .. } => assert_eq!(found, problem),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn a_printer_that_proves_and_then_reports_an_end_of_paper_is_not_believed() {
    let mut bytes = vec![0x12; 4];
    bytes.push(0x00);
    bytes.extend(capture("printer_escpos", "status_paper_out.hex"));
    let outcome = play(&answers(&bytes));
    assert!(matches!(
        outcome,
        PrintOutcome::Blocked { problem: PrinterProblem::PaperOut, sent: true, .. }
    ));
}

#[test]
fn an_unasked_status_byte_is_no_proof() {
    let mut bytes = answers(&[0x12; 4]);
    bytes.extend(answers(&[0x12, 0x12]));
    bytes.push(Line::Silence); // no proof in time
    bytes.extend(answers(&[0x12; 4]));
    assert_eq!(
        play(&bytes),
        PrintOutcome::Blocked {
            problem: PrinterProblem::Unknown,
            code: "printer.no_proof",
            sent: true
        }
    );
}

#[test]
fn a_web_server_on_the_printers_port_is_rubbish() {
    let bytes = answers(&capture("printer_escpos", "not_a_printer.hex"));
    let rubbish = PrintOutcome::Blocked {
        problem: PrinterProblem::Unknown,
        code: "printer.rubbish",
        sent: false,
    };
    assert_eq!(play(&bytes), rubbish);
}

const RUBBISH_AFTER_THE_JOB: PrintOutcome =
    PrintOutcome::Blocked { problem: PrinterProblem::Unknown, code: "printer.rubbish", sent: true };

#[test]
fn text_after_the_job_is_no_proof_and_leaves_the_outcome_unknown() {
    for text in ["\r", "\n", "A", "OK\r\n", "HTTP/1.1 400 Bad Request\r\n"] {
        let mut line = answers(&RIGHT[..4]);
        line.extend(answers(text.as_bytes()));
        line.push(Line::Silence);
        line.extend(answers(&RIGHT[5..]));
        assert_eq!(play(&line), RUBBISH_AFTER_THE_JOB, "{text:?}");
    }
}

#[test]
fn text_beside_a_proof_leaves_the_outcome_unknown() {
    for at in 4..RIGHT.len() {
        let mut line = answers(&RIGHT);
        line.insert(at, Line::Byte(b'A'));
        if at > 5 {
            // The status is asked again; that it is a whole one then makes no proof of the text.
            line.push(Line::Silence);
            line.extend(answers(&RIGHT[5..]));
        }
        assert_eq!(play(&line), RUBBISH_AFTER_THE_JOB, "text before answer {at}");
    }
}

#[test]
fn text_between_the_answers_of_a_status_makes_it_be_asked_again_and_not_for_ever() {
    let mut line = answers(&[0x12, 0x12, b'A', 0x12, 0x12]);
    line.push(Line::Silence);
    line.extend(answers(&RIGHT));
    assert_eq!(converse(&line), (PrintOutcome::Printed, 3));
    let disturbed = [answers(&[0x12, b'A']), vec![Line::Silence]].concat();
    let (outcome, begun) = converse(&disturbed.repeat(5));
    let rubbish = PrintOutcome::Blocked {
        problem: PrinterProblem::Unknown,
        code: "printer.rubbish",
        sent: false,
    };
    assert_eq!((outcome, begun), (rubbish, 3));
}

#[test]
fn four_letters_of_a_time_that_come_at_once_are_no_status() {
    let at_once = b"2222".map(Line::Followed);
    let mut line = at_once[..3].to_vec();
    line.push(Line::Byte(b'2'));
    assert!(matches!(
        play(&line),
        PrintOutcome::Blocked { code: "printer.rubbish", sent: false, .. }
    ));
}

proptest! {
    #[test]
    fn dots_come_out_as_they_went_in(
        rows in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 72), 1..300),
        block in 8usize..256,
    ) {
        let bitmap = Bitmap { width: 576, height: rows.len(), rows: rows.concat() };
        let bytes = protocol::job(&bitmap, block, true);
        let (sheets, unknown) = decode(&bytes);
        prop_assert_eq!(unknown, 0);
        prop_assert_eq!(&sheets[0].dots, &bitmap);
    }

    #[test]
    fn no_bytes_break_the_decoder(bytes in proptest::collection::vec(any::<u8>(), 0..4000)) {
        let mut decoder = Decoder::new(576);
        decoder.push(&bytes);
        let mut steps = 0;
        while decoder.step().is_some() {
            steps += 1;
            prop_assert!(steps <= bytes.len(), "each step takes a byte");
        }
    }

    #[test]
    fn no_answers_make_a_job_printed_but_the_right_ones(
        noise in proptest::collection::vec(any_line(), 0..40),
        disturbances in proptest::collection::vec((any_line(), any::<prop::sample::Index>()), 0..4),
        right in any::<bool>(),
    ) {
        let mut line = if right { answers(&RIGHT) } else { noise };
        for (brought, at) in disturbances {
            line.insert(at.index(line.len() + 1), brought);
        }
        let (outcome, begun) = converse(&line);
        prop_assert_eq!(outcome == PrintOutcome::Printed, says_printed(&line), "{:?}", outcome);
        prop_assert!(begun <= 6, "a status is begun at most three times before and after");
    }

    #[test]
    fn any_text_can_be_drawn(text in "\\PC{0,200}", width in prop_oneof![Just(384usize), Just(576)]) {
        let fonts = Type::load("", "").expect("fonts: run ./provision/setup");
        let layout = TicketLayout {
            title: vec![text.clone()],
            label: text.chars().take(30).collect(),
            lines: vec![text.clone()],
            qr: Some(text),
            ..TicketLayout::default()
        };
        let drawn = fonts.draw(&Document::Ticket(layout), width);
        prop_assert_eq!(drawn.rows.len(), drawn.height * width / 8);
    }
}

#[test]
fn stacked_vietnamese_marks_are_not_clipped() {
    // Each mark adds dots: a letter with it has more than the letter without.
    let fonts = Type::load("", "").expect("fonts: run ./provision/setup");
    let dots = |text: &str| {
        let layout = TicketLayout { title: vec![text.to_owned()], ..TicketLayout::default() };
        let drawn = fonts.draw(&Document::Ticket(layout), 576);
        drawn.rows.iter().map(|byte| byte.count_ones()).sum::<u32>()
    };
    for (plain, hat, stacked) in
        [("E", "Ê", "Ế"), ("O", "Ô", "Ổ"), ("A", "Ă", "Ẵ"), ("U", "Ư", "Ữ")]
    {
        assert!(dots(plain) < dots(hat) && dots(hat) < dots(stacked), "{stacked}");
    }
    assert!(dots("D") < dots("Đ") && dots("A") < dots("Ạ"));
    assert_eq!(dots("Ế"), dots("E\u{0302}\u{0301}"), "composed and decomposed are one");
}

#[test]
fn a_long_line_is_broken_at_spaces_and_nothing_is_lost_at_the_edges() {
    let fonts = Type::load("", "").expect("fonts: run ./provision/setup");
    let slip = SlipLayout {
        title: vec!["TRUNG TÂM PHỤC VỤ HÀNH CHÍNH CÔNG PHƯỜNG CAO XANH, TỈNH QUẢNG NINH".into()],
        heading: "GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ".into(),
        code: "H49.50.05.13-261123-0975".into(),
        fields: vec![
            ("Thủ tục".into(), "Đăng ký khai sinh có yếu tố nước ngoài tại Ủy ban nhân dân".into()),
            ("Hẹn trả".into(), "11:30 thứ Ba, 24/11/2026".into()),
        ],
        items: vec!["Tờ khai đăng ký khai sinh (bản chính)".into(), "Giấy chứng sinh".into()],
        qr: Some("motcua:dossier".into()),
        footer: vec!["Mời giữ giấy này để nhận kết quả.".into()],
        reprint: true,
    };
    for width in [576, 384] {
        let drawn = fonts.draw(&Document::Slip(slip.clone()), width);
        let touches = |x: usize| (0..drawn.height).filter(|y| drawn.black(x, *y)).count();
        // Only the two rules, two rows each, run to the edge.
        assert!(touches(width - 1) <= 8, "{width}: text runs over the edge");
        assert!(drawn.height > 500 && drawn.height < 3000, "{width}: {}", drawn.height);
    }
}

#[test]
fn a_reprint_carries_its_mark() {
    let fonts = Type::load("", "").expect("fonts: run ./provision/setup");
    let first = fonts.draw(&Document::Ticket(ticket()), 576);
    let again = TicketLayout { reprint: true, ..ticket() };
    let again = fonts.draw(&Document::Ticket(again), 576);
    assert!(again.height > first.height);
}

#[test]
fn a_font_that_is_missing_is_named_in_the_settings() {
    let config = config(
        "printer_escpos",
        TransportConfig::Tcp { address: "127.0.0.1:9100".to_owned() },
        "font_regular = \"/no/such/font.ttf\"",
    );
    let (events, _heard) = Events::channel(1);
    let tokio = tokio::runtime::Runtime::new().expect("a runtime");
    let _inside = tokio.enter();
    let problems = spawn(config, events).err().expect("a mistake");
    assert_eq!(problems[0].code, "settings.no_such_file");
    assert!(problems[0].works.contains("font_regular"));
}

struct Bench {
    control: Control,
    task: DeviceTask,
    heard: tokio::sync::mpsc::Receiver<crate::DeviceEvent>,
    _server: crate::transport::simulated::Server,
}

async fn bench(options: Options, settings: &str) -> Bench {
    let control = Control::new(&options).expect("a printer");
    let server = sim::serve_tcp(([127, 0, 0, 1], 0).into(), &control).await.expect("an address");
    let address = server.address.expect("TCP").to_string();
    let (events, heard) = Events::channel(256);
    let config = config("printer_escpos", TransportConfig::Tcp { address }, settings);
    let task = spawn(config, events).expect("right settings");
    Bench { control, task, heard, _server: server }
}

impl Bench {
    async fn print(&self, id: &str) -> PrintOutcome {
        self.task.printer().expect("a printer").print(job(id)).await
    }

    fn change(&self, change: impl FnOnce(&mut Condition)) {
        self.control.change(change);
    }
}

fn blocked(problem: PrinterProblem, code: &'static str, sent: bool) -> PrintOutcome {
    PrintOutcome::Blocked { problem, code, sent }
}

#[tokio::test]
async fn a_ticket_is_printed_and_its_paper_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("printer.jsonl");
    let options = Options {
        paper: Some(folder.path().to_owned()),
        log: Some(log.clone()),
        rows_per_s: Some(4000),
        ..Options::default()
    };
    let mut bench = bench(options, QUICK).await;
    assert_eq!(bench.print("1").await, PrintOutcome::Printed);
    assert_eq!(state_event(&mut bench.heard, DeviceState::Online).await, "device.ready");
    let fonts = Type::load("", "").expect("fonts");
    let drawn = fonts.draw(&Document::Ticket(ticket()), 576);
    let sheets = bench.control.sheets();
    assert_eq!(sheets.len(), 1);
    assert_eq!(sheets[0].dots, drawn, "what was drawn is on the paper");
    let picture = image::open(folder.path().join("sheet-00001.png")).expect("a picture").to_luma8();
    assert_eq!(picture.height() as usize, drawn.height);
    let log = std::fs::read_to_string(log).expect("a log");
    let line: serde_json::Value = serde_json::from_str(log.trim()).expect("one line");
    assert_eq!(line["event"], "cut");
    assert_eq!(line["rows"], drawn.height);
}

#[tokio::test]
async fn paper_out_is_told_before_anything_is_sent_and_new_paper_prints_once() {
    let mut bench = bench(Options::default(), QUICK).await;
    bench.change(|now| now.paper = Paper::Out);
    let out = blocked(PrinterProblem::PaperOut, "printer.paper_out", false);
    assert_eq!(bench.print("1").await, out);
    assert_eq!(state_event(&mut bench.heard, DeviceState::Degraded).await, "printer.paper_out");
    bench.change(|now| now.paper = Paper::Present);
    assert_eq!(bench.print("1").await, PrintOutcome::Printed);
    assert_eq!(bench.control.sheets().len(), 1);
    assert_eq!(state_event(&mut bench.heard, DeviceState::Online).await, "device.ready");
}

#[tokio::test]
async fn paper_that_ends_in_the_middle_is_not_printed_and_comes_out_once_after_all() {
    let bench = bench(Options::default(), QUICK).await;
    bench.change(|now| now.rows_left = Some(200));
    let out = blocked(PrinterProblem::PaperOut, "printer.paper_out", true);
    assert_eq!(bench.print("1").await, out);
    bench.change(|now| {
        now.paper = Paper::Present;
        now.rows_left = None;
    });
    assert_eq!(bench.print("1").await, PrintOutcome::Printed);
    assert_eq!(bench.control.sheets().len(), 1, "the rest of the first try was cleared");
}

#[tokio::test]
async fn an_open_cover_a_stuck_cutter_and_offline_have_their_own_codes() {
    let bench = bench(Options::default(), QUICK).await;
    bench.change(|now| now.cover_open = true);
    let open = blocked(PrinterProblem::CoverOpen, "printer.cover_open", false);
    assert_eq!(bench.print("1").await, open);
    bench.change(|now| {
        now.cover_open = false;
        now.cutter_stuck = true;
    });
    let stuck = blocked(PrinterProblem::Error, "printer.cutter", false);
    assert_eq!(bench.print("1").await, stuck);
    bench.change(|now| {
        now.cutter_stuck = false;
        now.offline = true;
    });
    let offline = blocked(PrinterProblem::Offline, "printer.offline", false);
    assert_eq!(bench.print("1").await, offline);
    bench.change(|now| now.offline = false);
    assert_eq!(bench.print("1").await, PrintOutcome::Printed);
}

#[tokio::test]
async fn a_printer_that_answers_rubbish_is_an_event_with_a_code_and_never_printed() {
    let mut bench = bench(Options::default(), QUICK).await;
    bench.change(|now| now.mood = Mood::Rubbish);
    let rubbish = blocked(PrinterProblem::Unknown, "printer.rubbish", false);
    assert_eq!(bench.print("1").await, rubbish);
    let told = event(&mut bench.heard, |kind| matches!(kind, EventKind::Problem { .. })).await;
    assert!(matches!(told, EventKind::Problem { code: "printer.rubbish", .. }), "{told:?}");
    assert_eq!(bench.control.sheets().len(), 0);
    bench.change(|now| now.mood = Mood::Sane);
    reason(&mut bench.task.state(), "device.ready").await;
    assert_eq!(bench.print("1").await, PrintOutcome::Printed);
}

#[tokio::test]
async fn a_print_server_that_says_ok_instead_of_the_proof_is_not_believed() {
    let bench = bench(Options::default(), QUICK).await;
    bench.change(|now| now.mood = Mood::Chatty);
    let rubbish = blocked(PrinterProblem::Unknown, "printer.rubbish", true);
    assert_eq!(bench.print("1").await, rubbish);
    bench.change(|now| now.mood = Mood::Sane);
    assert_eq!(bench.print("1").await, PrintOutcome::Printed);
}

#[tokio::test]
async fn half_a_ticket_of_an_earlier_run_is_cleared_before_new_paper_is_put_in() {
    use tokio::io::AsyncWriteExt;
    let control = Control::new(&Options::default()).expect("a printer");
    let server = sim::serve_tcp(([127, 0, 0, 1], 0).into(), &control).await.expect("an address");
    let address = server.address.expect("TCP");
    control.change(|now| now.rows_left = Some(4));
    // The daemon that was killed: its job is in the printer, and the paper ended in the middle.
    let left = protocol::job(&diagonal(), 4, true);
    let mut wire = tokio::net::TcpStream::connect(address).await.expect("connected");
    wire.write_all(&left).await.expect("sent");
    crate::tests::until(&mut control.condition(), |now| now.paper == Paper::Out).await;
    drop(wire);

    let (events, mut heard) = Events::channel(256);
    let transport = TransportConfig::Tcp { address: address.to_string() };
    let task = spawn(config("printer_escpos", transport, QUICK), events).expect("right settings");
    assert_eq!(state_event(&mut heard, DeviceState::Degraded).await, "printer.paper_out");
    control.change(|now| now.paper = Paper::Present);
    reason(&mut task.state(), "device.ready").await;
    let printer = task.printer().expect("a printer");
    assert_eq!(printer.print(job("1")).await, PrintOutcome::Printed);
    assert_eq!(control.sheets().len(), 1, "only the new one came out");
}

#[tokio::test]
async fn a_printer_that_falls_silent_after_the_job_leaves_the_outcome_unknown() {
    let bench = bench(Options { rows_per_s: Some(2000), ..Options::default() }, QUICK).await;
    let mut condition = bench.control.condition();
    let silence = async {
        // Its first row falls out of the roll's count: the job has begun.
        bench.change(|now| now.rows_left = Some(100_000));
        crate::tests::until(&mut condition, |now| now.rows_left.is_some_and(|left| left < 100_000))
            .await;
        bench.change(|now| now.mood = Mood::Silent);
    };
    let (outcome, ()) = tokio::join!(bench.print("1"), silence);
    assert_eq!(outcome, blocked(PrinterProblem::Unknown, "printer.no_answer", true));
}

#[tokio::test]
async fn a_printer_that_is_unplugged_is_offline_once_and_recovers_alone() {
    let mut bench = bench(Options::default(), QUICK).await;
    assert_eq!(state_event(&mut bench.heard, DeviceState::Online).await, "device.ready");
    bench.control.unplug();
    let gone = blocked(PrinterProblem::Offline, "device.unreachable", false);
    while bench.print("1").await != gone {}
    bench.control.plug();
    reason(&mut bench.task.state(), "device.ready").await;
    assert_eq!(bench.print("1").await, PrintOutcome::Printed);
    let mut offline = 0;
    while let Ok(event) = bench.heard.try_recv() {
        if let EventKind::State { state: DeviceState::Offline, .. } = event.kind {
            offline += 1;
        }
    }
    assert_eq!(offline, 1);
}

#[tokio::test]
async fn dots_that_look_like_questions_to_old_firmware_do_not_confuse_the_outcome() {
    let bench = bench(Options::default(), QUICK).await;
    let mut rows = Vec::new();
    for row in 0..300usize {
        let mut bytes = [0u8; 72];
        bytes[row % 60..row % 60 + 3].copy_from_slice(&[0x10, 0x04, 1 + (row % 4) as u8]);
        rows.extend(bytes);
    }
    let bitmap = Bitmap { width: 576, height: 300, rows };
    let job = PrintJob { id: "dots".to_owned(), document: Document::Raster(bitmap.clone()) };
    let outcome = bench.task.printer().expect("a printer").print(job).await;
    assert_eq!(outcome, PrintOutcome::Printed);
    assert_eq!(bench.control.sheets()[0].dots, bitmap);
}

#[tokio::test]
async fn a_full_queue_answers_at_once_that_nothing_was_printed() {
    let settings = format!("{QUICK}\nqueue_length_max = 1");
    let bench = bench(Options { rows_per_s: Some(2000), ..Options::default() }, &settings).await;
    let printer = bench.task.printer().expect("a printer");
    let (first, second, third) =
        tokio::join!(printer.print(job("1")), printer.print(job("2")), printer.print(job("3")));
    let outcomes = [first, second, third];
    let full = blocked(PrinterProblem::Offline, "printer.queue_full", false);
    assert!(outcomes.contains(&full), "{outcomes:?}");
    assert_eq!(
        outcomes.iter().filter(|outcome| **outcome == PrintOutcome::Printed).count(),
        bench.control.sheets().len()
    );
}

#[tokio::test]
async fn the_control_port_takes_one_line_commands() {
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
    let bench = bench(Options::default(), QUICK).await;
    let address =
        sim::serve_commands(([127, 0, 0, 1], 0).into(), &bench.control).await.expect("a port");
    let (read, mut write) =
        tokio::net::TcpStream::connect(address).await.expect("connected").into_split();
    let mut lines = BufReader::new(read).lines();
    for (command, answer) in [("paper_out", "ok"), ("dance", "error"), ("state", "ok {")] {
        write.write_all(format!("{command}\n").as_bytes()).await.expect("written");
        let line = lines.next_line().await.expect("read").expect("a line");
        assert!(line.starts_with(answer), "{command}: {line}");
    }
    reason(&mut bench.task.state(), "printer.paper_out").await;
}

#[tokio::test]
async fn a_test_page_says_what_came_of_it() {
    let bench = bench(Options::default(), QUICK).await;
    let tried = bench.task.try_it().await;
    assert!(tried.done && tried.code == "device.tried");
    bench.change(|now| now.paper = Paper::Out);
    let tried = bench.task.try_it().await;
    assert!(!tried.done && tried.code == "printer.paper_out");
}

#[tokio::test]
async fn the_roll_that_nears_its_end_is_told_while_tickets_still_print() {
    let mut bench = bench(Options::default(), QUICK).await;
    bench.change(|now| now.paper = Paper::NearEnd);
    reason(&mut bench.task.state(), "printer.paper_near_end").await;
    assert_eq!(bench.print("1").await, PrintOutcome::Printed);
    let near = |kind: &EventKind| matches!(kind, EventKind::PrinterStatus { status } if status.paper == Paper::NearEnd);
    event(&mut bench.heard, near).await;
}

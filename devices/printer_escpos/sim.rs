//! A simulated ESC/POS printer: keeps its paper as pictures, has a cover, a roll and moods.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use image::{GrayImage, Luma};
use serde::Serialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{Notify, watch};

pub use super::decoder::Sheet;
use super::decoder::{Decoder, Done};
use super::protocol::CLEAR;
use crate::class::ticket_printer::{Bitmap, Paper};
use crate::transport::Wire;
use crate::transport::simulated::log::now_us;
use crate::transport::simulated::{Log, Place, Plug, Server, SimulatedLine, serve, serve_control};

/// What its receive buffer holds; a full one stops taking bytes, as the real ones do.
const BUFFER_LENGTH_MAX: usize = 64 * 1024;
/// Sheets that it remembers for tests; older ones are only in the folder.
const SHEETS_KEPT_MAX: usize = 64;

/// Settings of a simulated printer.
#[derive(Clone, Debug)]
pub struct Options {
    /// Dots across its paper.
    pub width: usize,
    /// Rows that it prints a second; none: at once. Real ones do about 1,200.
    pub rows_per_s: Option<u32>,
    /// Where it puts its paper as pictures.
    pub paper: Option<PathBuf>,
    /// Where it writes a line for each sheet.
    pub log: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self { width: 576, rows_per_s: None, paper: None, log: None }
    }
}

/// How it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Condition {
    /// The roll.
    pub paper: Paper,
    /// Rows until the roll ends, when that is near.
    pub rows_left: Option<usize>,
    /// The cover.
    pub cover_open: bool,
    /// Taken offline by its button.
    pub offline: bool,
    /// The cutter is stuck.
    pub cutter_stuck: bool,
    /// How it answers.
    pub mood: Mood,
    /// Sheets cut so far.
    pub sheets: u64,
}

impl Condition {
    fn prints(&self) -> bool {
        self.paper != Paper::Out && !self.cover_open && !self.offline && !self.cutter_stuck
    }

    fn answer(&self, question: u8) -> u8 {
        let bit = |set: bool, bit: u8| if set { bit } else { 0 };
        let out = self.paper == Paper::Out;
        0x12 | match question {
            1 => bit(!self.prints(), 0x08),
            2 => bit(self.cover_open, 0x04) | bit(out, 0x20) | bit(self.cutter_stuck, 0x40),
            3 => bit(self.cutter_stuck, 0x08),
            _ => bit(self.paper != Paper::Present, 0x0C) | bit(out, 0x60),
        }
    }
}

/// How it answers questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mood {
    /// As it should.
    Sane,
    /// With bytes that are no answers, text among them.
    Rubbish,
    /// Status bytes as it should, and text where the proof belongs: a print server in between.
    Chatty,
    /// Not at all.
    Silent,
}

/// The control of a simulated printer.
#[derive(Clone, Debug)]
pub struct Control {
    plug: Plug,
    condition: Arc<watch::Sender<Condition>>,
    machine: Arc<Mutex<Machine>>,
    changed: Arc<Notify>,
    options: Options,
    log: Log,
}

#[derive(Debug)]
struct Machine {
    decoder: Decoder,
    sheets: Vec<Sheet>,
    busy_until: Instant,
}

impl Control {
    /// A printer, plugged in, with paper.
    pub fn new(options: &Options) -> io::Result<Self> {
        if let Some(folder) = &options.paper {
            std::fs::create_dir_all(folder)?;
        }
        let machine = Machine {
            decoder: Decoder::new(options.width),
            sheets: Vec::new(),
            busy_until: Instant::now(),
        };
        let condition = Condition {
            paper: Paper::Present,
            rows_left: None,
            cover_open: false,
            offline: false,
            cutter_stuck: false,
            mood: Mood::Sane,
            sheets: 0,
        };
        Ok(Self {
            plug: Plug::new(),
            condition: Arc::new(watch::Sender::new(condition)),
            machine: Arc::new(Mutex::new(machine)),
            changed: Arc::default(),
            options: options.clone(),
            log: options.log.as_deref().map(Log::open).transpose()?.unwrap_or_default(),
        })
    }

    /// Puts the plug in.
    pub fn plug(&self) {
        self.plug.plug();
    }

    /// Pulls the plug.
    pub fn unplug(&self) {
        self.plug.unplug();
    }

    /// Changes how it is.
    pub fn change(&self, change: impl FnOnce(&mut Condition)) {
        self.condition.send_modify(change);
        self.changed.notify_waiters();
    }

    /// How it is, with changes.
    pub fn condition(&self) -> watch::Receiver<Condition> {
        self.condition.subscribe()
    }

    /// The last sheets, oldest first.
    pub fn sheets(&self) -> Vec<Sheet> {
        self.machine().sheets.clone()
    }

    /// Commands that it did not know.
    pub fn unknown_commands(&self) -> u64 {
        self.machine().decoder.unknown
    }

    /// A line inside this process for the driver's settings, served by this printer.
    pub async fn line(&self) -> io::Result<(SimulatedLine, Server)> {
        let line = SimulatedLine::new(self.plug.clone());
        let server = self.serve(Place::Line(line.clone())).await?;
        Ok((line, server))
    }

    async fn serve(&self, place: Place) -> io::Result<Server> {
        let control = self.clone();
        serve(place, self.plug.clone(), move |wire| control.clone().session(wire)).await
    }

    fn machine(&self) -> MutexGuard<'_, Machine> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn session(self, mut wire: Box<dyn Wire>) {
        let mut watcher = Watcher::default();
        let mut buffer = [0u8; 4096];
        loop {
            let changed = self.changed.notified();
            let mut replies = Vec::new();
            let busy_until = self.work(&mut replies);
            if !replies.is_empty() && wire.write_all(&replies).await.is_err() {
                return;
            }
            let room = BUFFER_LENGTH_MAX.saturating_sub(self.machine().decoder.waiting());
            let wanted = room.min(buffer.len());
            let wake = busy_until.unwrap_or_else(|| Instant::now() + Duration::from_secs(1));
            tokio::select! {
                read = wire.read(&mut buffer[..wanted]), if wanted > 0 => {
                    let Ok(count @ 1..) = read else {
                        // What was received stays in the buffer and is printed all the same.
                        while let Some(until) = self.work(&mut Vec::new()) {
                            tokio::time::sleep_until(until.into()).await;
                        }
                        return;
                    };
                    let answers = self.receive(&mut watcher, &buffer[..count]);
                    if !answers.is_empty() && wire.write_all(&answers).await.is_err() {
                        return;
                    }
                }
                () = changed => {}
                () = tokio::time::sleep_until(wake.into()) => {}
            }
        }
    }

    /// Takes bytes into the buffer; answers what is answered at once.
    fn receive(&self, watcher: &mut Watcher, bytes: &[u8]) -> Vec<u8> {
        let mut answers = Vec::new();
        let mut machine = self.machine();
        for byte in bytes {
            machine.decoder.push(&[*byte]);
            match watcher.take(*byte) {
                Some(AtOnce::Status(question)) => {
                    let condition = self.condition.borrow();
                    match condition.mood {
                        Mood::Sane | Mood::Chatty => answers.push(condition.answer(question)),
                        // Every letter of the time could be a status, the line's end a proof.
                        Mood::Rubbish => {
                            answers.extend_from_slice(b"\xFF\xFEHello 22:22:22\r\n\x00\x80");
                        }
                        Mood::Silent => {}
                    }
                }
                Some(AtOnce::Clear) => {
                    machine.decoder.clear();
                    if matches!(self.condition.borrow().mood, Mood::Sane | Mood::Chatty) {
                        answers.extend_from_slice(&[0x37, 0x25, 0x00]);
                    }
                }
                None => {}
            }
        }
        answers
    }

    /// Works off what waits as far as paper and time allow. Answers when to go on, if it stopped
    /// for the time that printing takes.
    fn work(&self, replies: &mut Vec<u8>) -> Option<Instant> {
        let mut machine = self.machine();
        loop {
            if machine.busy_until > Instant::now() {
                return Some(machine.busy_until);
            }
            if !self.condition.borrow().prints() {
                return None;
            }
            match machine.decoder.step()? {
                Done::Nothing => {}
                Done::AsksPaper => {
                    let condition = self.condition.borrow();
                    match condition.mood {
                        Mood::Sane if condition.paper == Paper::NearEnd => replies.push(0x03),
                        Mood::Sane => replies.push(0x00),
                        Mood::Rubbish => replies.extend_from_slice(b"\xFF\xFF\r\n"),
                        Mood::Chatty => replies.extend_from_slice(b"OK\r\n"),
                        Mood::Silent => {}
                    }
                }
                Done::Rows(rows) => {
                    let started = Instant::now();
                    let time = self.options.rows_per_s.map_or(Duration::ZERO, |rate| {
                        Duration::from_secs_f64(rows as f64 / f64::from(rate.max(1)))
                    });
                    machine.busy_until = started + time;
                    self.condition.send_if_modified(|condition| {
                        let Some(left) = condition.rows_left.as_mut() else { return false };
                        *left = left.saturating_sub(rows);
                        if *left == 0 {
                            condition.paper = Paper::Out;
                            condition.rows_left = None;
                        }
                        true
                    });
                }
                Done::Cut(sheet) => {
                    self.condition.send_modify(|condition| condition.sheets += 1);
                    self.keep(&sheet);
                    machine.sheets.push(*sheet);
                    if machine.sheets.len() > SHEETS_KEPT_MAX {
                        machine.sheets.remove(0);
                    }
                }
            }
        }
    }

    fn keep(&self, sheet: &Sheet) {
        #[derive(Serialize)]
        struct Line<'a> {
            at_us: u64,
            event: &'static str,
            sheet: u64,
            rows: usize,
            picture: Option<String>,
            texts: &'a [String],
            codes: &'a [String],
        }
        let number = self.condition.borrow().sheets;
        let mut picture = None;
        if let Some(folder) = &self.options.paper {
            let name = format!("sheet-{number:05}.png");
            match picture_of(&sheet.dots).save(folder.join(&name)) {
                Ok(()) => picture = Some(name),
                Err(error) => tracing::error!(%error, "the simulated printer's paper"),
            }
        }
        self.log.write(&Line {
            at_us: now_us(),
            event: "cut",
            sheet: number,
            rows: sheet.dots.height,
            picture,
            texts: &sheet.texts,
            codes: &sheet.codes,
        });
    }
}

/// Dots as a picture, black on white.
pub fn picture_of(dots: &Bitmap) -> GrayImage {
    let size = |dots: usize| u32::try_from(dots).unwrap_or(u32::MAX);
    GrayImage::from_fn(size(dots.width).max(1), size(dots.height).max(1), |x, y| {
        Luma([if dots.black(x as usize, y as usize) { 0 } else { 255 }])
    })
}

enum AtOnce {
    Status(u8),
    Clear,
}

/// Sees the commands that are executed when they arrive. Like old firmware it looks into raster
/// data too.
#[derive(Default)]
struct Watcher {
    last: [u8; 10],
}

impl Watcher {
    fn take(&mut self, byte: u8) -> Option<AtOnce> {
        self.last.rotate_left(1);
        self.last[9] = byte;
        match self.last {
            _ if self.last == CLEAR => Some(AtOnce::Clear),
            [.., 0x10, 0x04, question @ 1..=4] => Some(AtOnce::Status(question)),
            _ => None,
        }
    }
}

/// Serves a printer on a TCP address.
pub async fn serve_tcp(address: SocketAddr, control: &Control) -> io::Result<Server> {
    control.serve(Place::Tcp(address)).await
}

/// Takes one-line commands on a TCP port; a wrong one is answered with the list.
pub async fn serve_commands(address: SocketAddr, control: &Control) -> io::Result<SocketAddr> {
    let control = control.clone();
    serve_control(address, move |command| {
        let control = control.clone();
        async move { obey(&control, &command) }
    })
    .await
}

fn obey(control: &Control, command: &str) -> Result<String, String> {
    match command.split_once(' ').unwrap_or((command, "")) {
        ("paper_out", "") => control.change(|now| now.paper = Paper::Out),
        ("paper_out_after", rows) => {
            let rows = rows.parse().map_err(|_| "paper_out_after ROWS".to_owned())?;
            control.change(|now| now.rows_left = Some(rows));
        }
        ("paper_near_end", "") => control.change(|now| now.paper = Paper::NearEnd),
        ("paper_in", "") => control.change(|now| {
            now.paper = Paper::Present;
            now.rows_left = None;
        }),
        ("cover_open", "") => control.change(|now| now.cover_open = true),
        ("cover_closed", "") => control.change(|now| now.cover_open = false),
        ("offline", "") => control.change(|now| now.offline = true),
        ("online", "") => control.change(|now| now.offline = false),
        ("cutter_stuck", "") => control.change(|now| now.cutter_stuck = true),
        ("cutter_free", "") => control.change(|now| now.cutter_stuck = false),
        ("rubbish", "") => control.change(|now| now.mood = Mood::Rubbish),
        ("chatty", "") => control.change(|now| now.mood = Mood::Chatty),
        ("silent", "") => control.change(|now| now.mood = Mood::Silent),
        ("sane", "") => control.change(|now| now.mood = Mood::Sane),
        ("unplug", "") => control.unplug(),
        ("plug", "") => control.plug(),
        ("state", "") => {
            let condition = control.condition.borrow();
            return serde_json::to_string(&*condition).map_err(|error| error.to_string());
        }
        _ => {
            return Err("commands: paper_in, paper_out, paper_out_after ROWS, paper_near_end, \
                        cover_open, cover_closed, offline, online, cutter_stuck, cutter_free, \
                        rubbish, chatty, silent, sane, unplug, plug, state"
                .to_owned());
        }
    }
    Ok(String::new())
}

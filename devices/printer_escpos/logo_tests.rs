//! The center's own sign on its tickets.

use std::path::{Path, PathBuf};

use image::{GrayAlphaImage, LumaA};

use super::logo;
use super::render::Type;
use crate::class::ticket_printer::{Bitmap, Document, TicketLayout};
use crate::tests::config;
use crate::{Events, TransportConfig, spawn};

/// A picture with a black square in its upper left quarter, a white one beside it, and nothing below.
fn sign(folder: &Path, width: u32, height: u32) -> PathBuf {
    let picture =
        GrayAlphaImage::from_fn(width, height, |x, y| match (x < width / 2, y < height / 2) {
            (true, true) => LumaA([0, 255]),
            (false, true) => LumaA([255, 255]),
            _ => LumaA([0, 0]),
        });
    let path = folder.join(format!("logo-{width}x{height}.png"));
    picture.save(&path).expect("a file");
    path
}

fn drawn(logo: Option<Bitmap>, width: usize) -> Bitmap {
    let fonts = Type::load("", "").expect("fonts: run ./provision/setup").with_logo(logo);
    let layout = TicketLayout { title: vec!["CAO XANH".into()], ..TicketLayout::default() };
    fonts.draw(&Document::Ticket(layout), width)
}

#[test]
fn a_center_s_logo_stands_above_its_name_on_every_width_of_paper() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = sign(folder.path(), 40, 20);
    for width in [576, 384] {
        let dots = logo::read(&path, width).expect("a sign");
        let (with, without) = (drawn(Some(dots), width), drawn(None, width));
        let left = (width - 40) / 2;
        for (x, y, black) in [(0, 0, true), (19, 9, true), (20, 0, false), (0, 10, false)] {
            assert_eq!(with.black(left + x, y), black, "{width}: {x}, {y}");
        }
        // Below it stands what stood there before; a dot on the edge of a letter may fall otherwise.
        let moved = with.height - without.height;
        assert!(moved >= 20, "{width}: {moved}");
        let dots = |rows: &[u8]| rows.iter().map(|byte| byte.count_ones()).sum::<u32>();
        let (below, before) = (dots(&with.rows[moved * with.row_bytes()..]), dots(&without.rows));
        assert!(before > 500 && below.abs_diff(before) < before / 20, "{width}: {below}, {before}");
    }
}

#[test]
fn a_logo_that_is_no_picture_or_has_no_room_is_named_in_the_settings() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = folder.path().join("logo.png");
    std::fs::write(&text, "not a picture").expect("a file");
    let tokio = tokio::runtime::Runtime::new().expect("a runtime");
    let _inside = tokio.enter();
    for wrong in [
        PathBuf::from("/no/such/logo.png"),
        text,
        sign(folder.path(), 600, 20),
        sign(folder.path(), 40, 301),
    ] {
        let settings = format!("logo = \"{}\"", wrong.display());
        let address = "127.0.0.1:9100".to_owned();
        let config = config("printer_escpos", TransportConfig::Tcp { address }, &settings);
        let (events, _heard) = Events::channel(1);
        let problems = spawn(config, events).err().expect("a mistake");
        assert_eq!(problems[0].code, "settings.no_logo", "{}", wrong.display());
        assert!(problems[0].works.contains("logo"));
    }
}

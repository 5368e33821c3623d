//! `surface_kb_NAME`: what the first load of a surface fetches without fonts, as the server sends it to a
//! browser that takes gzip: the page, the scripts, styles and pictures that it names, and what those name
//! in turn. Without headers, and without what the page then asks the interface for.
//!
//! The limits stand in `dev/size.json` of the browser side, whose `dev/size.mjs` holds each build to them.

use crate::Effort;
use crate::figure::{Figure, Side};
use anyhow::{Context, ensure};
use reqwest::Client;
use reqwest::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderName};
use std::collections::BTreeMap;
use web::ServeOptions;

/// The names, by surface.
pub const NAMES: &[&str] = &[
    "surface_kb_hall",
    "surface_kb_kiosk",
    "surface_kb_tablet",
    "surface_kb_counter",
    "surface_kb_console",
    "surface_kb_status",
    "surface_kb_cho",
    "surface_kb_dat_lich",
];
/// Those that are built with the browser side.
const BUILT: &[&str] = &["console", "kiosk", "hall", "tablet", "counter", "dat-lich"];

const PREFIX: &str = "surface_kb_";
/// The limits of the surfaces by name, in KB of 1024 bytes.
const LIMITS_KB: &str = include_str!("../../../src/web/ui/dev/size.json");
const KB: f64 = 1024.0;
/// No page has as many files: one that seems to names them without end.
const FILES_MAX: usize = 100;
const FONTS: [&str; 3] = [".woff2", ".woff", ".ttf"];

/// Measures. One turn: the bytes are the same each time.
pub fn measure(names: &[&'static str], _effort: Effort) -> anyhow::Result<Vec<Figure>> {
    actix::System::new().block_on(async {
        let options = ServeOptions { workers: 1, ..ServeOptions::default() };
        let serving = web::serve(("127.0.0.1", 0), None, &options, |cfg| {
            hub::public::configure_sample(cfg);
            web::assets::configure(BUILT, cfg);
        })?;
        let base = serving.addresses.first().map(|address| format!("http://{address}"));
        let measured = match base {
            Some(base) => figures(names, &base).await,
            None => Err(anyhow::anyhow!("the pages are served nowhere")),
        };
        serving.stop().await;
        measured
    })
}

async fn figures(names: &[&'static str], base: &str) -> anyhow::Result<Vec<Figure>> {
    let http = Client::builder().no_proxy().build()?;
    let limits = limits()?;
    let mut all = Vec::new();
    for name in names.iter().copied() {
        let surface = surface_of(name).context("not a surface")?;
        let load = first_load(&http, base, &path_of(&surface)).await.context(name)?;
        let limit = *limits.get(&surface).context("no limit")?;
        let value = Side(vec![load.packed as f64 / KB]);
        let beside = format!("{} files, unpacked {:.1} KB", load.files, load.plain as f64 / KB);
        all.push(Figure::within(name, value, "KB", limit, beside));
    }
    Ok(all)
}

/// The surface of a figure: an address has a hyphen where a figure's name has none.
fn surface_of(name: &str) -> Option<String> {
    Some(name.strip_prefix(PREFIX)?.replace('_', "-"))
}

/// What a browser opens: of a ticket what its QR code holds.
fn path_of(surface: &str) -> String {
    match surface {
        "status" => hub::public::sample::ticket_path(),
        other => format!("/{other}"),
    }
}

fn limits() -> anyhow::Result<BTreeMap<String, f64>> {
    serde_json::from_str(LIMITS_KB).context("the limits of the surfaces")
}

/// What is fetched: files, bytes as sent, bytes unpacked.
#[derive(Debug, Default)]
struct Load {
    files: usize,
    packed: usize,
    plain: usize,
}

async fn first_load(http: &Client, base: &str, page: &str) -> anyhow::Result<Load> {
    let mut paths = vec![page.to_owned()];
    let mut load = Load::default();
    while let Some(path) = paths.get(load.files).cloned() {
        ensure!(paths.len() <= FILES_MAX, "more than {FILES_MAX} files");
        let address = format!("{base}{path}");
        let plain = get(http, &address, "identity").await?;
        load.packed += get(http, &address, "gzip").await?.len();
        load.plain += plain.len();
        load.files += 1;
        for path in named_in(&String::from_utf8_lossy(&plain)) {
            let font = FONTS.iter().any(|ending| path.ends_with(ending));
            if !font && !paths.contains(&path) {
                paths.push(path);
            }
        }
    }
    ensure!(load.files > 1, "the page names no file");
    Ok(load)
}

/// A file as it is sent.
async fn get(http: &Client, address: &str, encoding: &str) -> anyhow::Result<Vec<u8>> {
    let answer = http.get(address).header(ACCEPT_ENCODING, encoding).send().await?;
    let status = answer.status();
    ensure!(status.is_success(), "{address}: {status}; ./provision/setup builds the pages");
    let header =
        |name: HeaderName| answer.headers().get(name).and_then(|value| value.to_str().ok());
    let picture = header(CONTENT_TYPE).is_some_and(|kind| kind.starts_with("image/"));
    let packed = header(CONTENT_ENCODING) == Some("gzip");
    ensure!(picture || packed == (encoding == "gzip"), "{address} as {encoding}: {packed}");
    Ok(answer.bytes().await?.to_vec())
}

/// The files that a page, a script or a style has fetched as soon as it is there: not those that a script
/// may import later.
fn named_in(text: &str) -> Vec<String> {
    const BEFORE: [&str; 5] = ["src=\"", "href=\"", "from\"", "import\"", "url("];
    let mut all = Vec::new();
    for before in BEFORE {
        for rest in text.split(before).skip(1) {
            let rest = rest.trim_start_matches(['"', '\'']);
            let Some((name, _)) = rest.split_once(['"', '\'', ')']) else { continue };
            // Scripts and styles all lie in one folder, so a neighbour does, too.
            match name.strip_prefix("./") {
                Some(neighbour) => all.push(format!("/assets/{neighbour}")),
                None if name.starts_with("/assets/") => all.push(name.to_owned()),
                None => {}
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pages that the province shows to everybody: the one that a ticket's QR code opens and the list of
    /// centers, both as full as on a busy morning, and the one where a time is booked.
    const OF_THE_HUB: [&str; 3] = ["status", "cho", "dat-lich"];

    #[test]
    fn every_surface_that_people_open_has_a_figure_and_a_limit() {
        let limits = limits().unwrap();
        let measured: Vec<String> = NAMES.iter().filter_map(|name| surface_of(name)).collect();
        for surface in motcua::api::SURFACES.iter().chain(&OF_THE_HUB) {
            assert!(measured.iter().any(|one| one == surface), "{surface}");
            assert!(limits.contains_key(*surface), "{surface}");
        }
        assert_eq!(NAMES.len(), motcua::api::SURFACES.len() + OF_THE_HUB.len());
        assert!(motcua::api::SURFACES.iter().all(|surface| BUILT.contains(surface)));
    }

    #[test]
    fn what_a_page_fetches_at_once_is_found_and_what_it_may_fetch_later_is_not() {
        let page = r#"<link rel="icon" href="/assets/icon.svg"><a href="/help">?</a>
            <script type="module" crossorigin src="/assets/hall-1.js"></script>"#;
        assert_eq!(named_in(page), ["/assets/hall-1.js", "/assets/icon.svg"]);
        let script =
            r#"import{a as b}from"./react-1.js";import"./format-1.js";import("./later-1.js")"#;
        assert_eq!(named_in(script), ["/assets/react-1.js", "/assets/format-1.js"]);
        let style = "@font-face{src:url(/assets/a.woff2)}.b{background:url('/assets/b.svg')}";
        assert_eq!(named_in(style), ["/assets/a.woff2", "/assets/b.svg"]);
    }
}

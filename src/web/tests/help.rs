//! The user guide as a reader meets it: every page served, no link into nothing, nothing inline.

use std::collections::BTreeSet;

use unicode_normalization::is_nfc;

use super::client::{Answer, ask};
use crate::help::{Guide, STYLE};
use crate::{ServeOptions, Serving, assets, help, serve};

fn open() -> Serving {
    let options = ServeOptions { workers: 1, ..ServeOptions::default() };
    let configure = |cfg: &mut actix_web::web::ServiceConfig| {
        help::configure(cfg);
        assets::configure(&["console"], cfg);
    };
    serve("127.0.0.1:0", None, &options, configure).unwrap()
}

async fn get(serving: &Serving, path: &str) -> Answer {
    ask(serving.addresses[0], "GET", path, &[], "").await
}

/// Address and text of every page.
fn pages() -> Vec<(String, String)> {
    let names = Guide::iter().filter(|name| name.ends_with(".html"));
    let found: Vec<_> = names
        .map(|name| {
            let text = String::from_utf8(Guide::get(&name).unwrap().data.to_vec()).unwrap();
            match name.trim_end_matches(".html") {
                "index" => ("/help".to_owned(), text),
                page => (format!("/help/{page}"), text),
            }
        })
        .collect();
    assert!(found.len() >= 7, "the guide has lost pages");
    found
}

/// The values of an attribute in a page.
fn values<'a>(page: &'a str, attribute: &str) -> Vec<&'a str> {
    let start = format!(" {attribute}=\"");
    page.split(&start).skip(1).map(|rest| rest.split_once('"').unwrap().0).collect()
}

#[actix_web::test]
async fn every_page_of_the_guide_is_served_and_asked_for_again_by_its_tag() {
    let serving = open();
    for (path, text) in pages() {
        let page = get(&serving, &path).await;
        assert_eq!((page.status, page.body.as_str()), (200, text.as_str()), "{path}");
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"), "{path}");
        assert_eq!(page.header("cache-control"), Some("no-cache"), "{path}");
        let known = [("If-None-Match", page.header("etag").unwrap())];
        let again = ask(serving.addresses[0], "GET", &path, &known, "").await;
        assert_eq!(again.status, 304, "{path}");
    }
    assert_eq!(get(&serving, "/help/").await.status, 200);
    let style = get(&serving, &format!("/help/{STYLE}")).await;
    assert_eq!(
        (style.status, style.header("content-type")),
        (200, Some("text/css; charset=utf-8"))
    );
    serving.stop().await;
}

#[actix_web::test]
async fn a_page_that_the_guide_has_not_is_refused_like_any_other() {
    let serving = open();
    for path in
        ["/help/x", "/help/index", "/help/officer.html", "/help/officer/x", "/help/..%2fhelp.rs"]
    {
        let answer = get(&serving, path).await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "input.not_found"), "{path}");
    }
    serving.stop().await;
}

#[actix_web::test]
async fn every_link_of_the_guide_leads_somewhere() {
    let serving = open();
    let pages = pages();
    for (path, text) in &pages {
        let ids = values(text, "id");
        let distinct: BTreeSet<_> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len(), "{path} has an id twice");
        for link in values(text, "href") {
            let (target, id) = link.split_once('#').unwrap_or((link, ""));
            let target = if target.is_empty() { path } else { target };
            // The guide is served by the center and by the hub; only `/` is there at both.
            if target == "/" {
                continue;
            }
            assert!(target.starts_with("/help"), "{path}: {link} leads out of the guide");
            assert_eq!(get(&serving, target).await.status, 200, "{path}: {link}");
            if !id.is_empty() {
                let (_, there) = pages.iter().find(|(known, _)| known == target).unwrap();
                assert!(values(there, "id").contains(&id), "{path}: {link} has no such part");
            }
        }
        let linked: BTreeSet<_> = values(text, "href").into_iter().collect();
        for (other, _) in &pages {
            assert!(linked.contains(other.as_str()), "{path} does not lead to {other}");
        }
    }
    serving.stop().await;
}

#[test]
fn nothing_in_the_guide_is_inline_or_from_elsewhere() {
    for (path, text) in pages() {
        let low = text.to_lowercase();
        for unwanted in ["<script", "<style", " style=", "javascript:", " src=", "<iframe"] {
            assert!(!low.contains(unwanted), "{path} has {unwanted}");
        }
        let handler = low.split_whitespace().find(|word| {
            let name = word.split('=').next().unwrap_or_default();
            word.contains("=\"") && name.starts_with("on")
        });
        assert_eq!(handler, None, "{path}");
    }
}

#[test]
fn every_page_names_its_language_and_is_composed_vietnamese_with_an_english_part() {
    for (path, text) in pages() {
        assert!(text.starts_with("<!doctype html>\n<html lang=\"vi\">"), "{path}");
        assert!(text.contains("<section id=\"english\" lang=\"en\">"), "{path}");
        assert!(is_nfc(&text), "{path} has letters apart from their marks");
        assert_eq!(text.matches("<h1").count(), 1, "{path}");
        assert_eq!(text.matches("aria-current=\"page\"").count(), 1, "{path}");
    }
}

#[test]
fn the_guide_names_the_keys_of_the_console_and_the_keys_of_the_day_s_report() {
    let read = |file: &str| {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        std::fs::read_to_string(&path).unwrap_or_else(|err| panic!("{}: {err}", path.display()))
    };
    let page = |name: &str| {
        let found = pages().into_iter().find(|(path, _)| path.ends_with(name));
        found.unwrap().1
    };

    let bar = read("ui/src/console/TicketBar.tsx");
    let (_, list) = bar.split_once("const KEYS").unwrap();
    let (list, _) = list.split_once("];").unwrap();
    let keys: Vec<_> = list.split('\'').filter(|part| part.starts_with('F')).collect();
    assert!(!keys.is_empty());
    let officer = page("officer");
    for key in keys {
        assert!(officer.contains(&format!("<td><kbd>{key}</kbd></td>")), "{key}");
    }

    let report = read("../cli/day/report.rs");
    let (_, fields) = report.split_once("pub struct Report {").unwrap();
    let (fields, _) = fields.split_once("\n}").unwrap();
    let names = fields.lines().filter_map(|line| line.trim().strip_prefix("pub "));
    let names: Vec<_> = names.filter_map(|line| line.split(':').next()).collect();
    assert!(!names.is_empty());
    let proof = page("proof");
    for name in names {
        assert!(proof.contains(&format!("<code>{name}</code>")), "{name}");
    }
}

/// Sources below a folder, without what is fetched or built.
fn sources(folder: &std::path::Path, all: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let is_source = [".rs", ".mjs", ".ts"].iter().any(|ending| name.ends_with(ending));
        if path.is_dir() && !path.is_symlink() {
            if !["node_modules", "dist", "target"].contains(&name.as_str()) {
                sources(&path, all);
            }
        } else if is_source {
            all.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn every_complaint_in_the_guide_is_kept_by_tests_that_are_there() {
    let rows = rows_under("proof", "phan-nan");
    assert!(rows.len() >= 35);
    are_kept(&rows, "<code>");
    // Each one that was heard is answered: none leaves the table unseen.
    let all = rows.join("");
    for heard in [
        "novosga#290",
        "FQM#230",
        "sbc-qsystem PR#272",
        "bcgov PR#626",
        "MADO-queue#24",
        "MADO-queue#9",
        "FQM#10",
        "FQM#291",
        "MADO-queue#21",
        "FQM#91",
        "FQM#263",
        "PR#254",
        "novosga#160",
        "triage-app#3",
        "FQM#298",
        "novosga#318",
        "openmrs PR#1826",
        "bcgov PR#381",
        "FQM#138",
        "novosga#78",
        "FQM#172",
        "FQM#5",
        "novosga#281",
        "novosga#431",
        "novosga#222",
        "eappointment PR#1210",
        "eappointment PR#11",
        "FQM#137",
        "openmrs PR#556",
        "bcgov PR#969",
        "novosga#18",
        "novosga#314",
        "FQM#264",
        "novosga#302",
        "novosga#261",
        "bcgov PR#39",
        "easyappointments#464",
        "queuesg PR#99",
        "iHanoi",
    ] {
        assert!(all.contains(heard), "{heard} is not in the table");
    }
}

#[test]
fn every_feature_in_the_guide_says_whether_it_is_there_where_to_see_it_and_which_tests_keep_it() {
    for (part, least) in [("chuc-nang", 20), ("muoi-dieu", 10), ("cung-dang-co", 4)] {
        let rows = rows_under("features", part);
        assert!(rows.len() >= least, "{part} has lost rows");
        for row in &rows {
            let cells: Vec<&str> = row.split("<td>").skip(1).collect();
            assert_eq!(cells.len(), 4, "{row}");
            let said = ["Có", "Chưa có"].iter().any(|word| cells[1].starts_with(word));
            assert!(said && cells[..3].iter().all(|cell| cell.contains("lang=\"en\"")), "{row}");
        }
        are_kept(&rows, "<code class=\"test\">");
    }
    let rows = rows_under("features", "dau-vao-xau");
    assert!(rows.len() >= 7);
    are_kept(&rows, "<code class=\"test\">");
}

/// The rows of the first table under a heading of a page.
fn rows_under(page: &str, heading: &str) -> Vec<String> {
    let found = pages().into_iter().find(|(path, _)| path.ends_with(page));
    let text = found.unwrap().1;
    let (_, table) = text.split_once(&format!("<h2 id=\"{heading}\">")).unwrap();
    let (table, _) = table.split_once("</table>").unwrap();
    let (_, rows) = table.split_once("<tbody>").unwrap();
    rows.split("<tr>").skip(1).map(str::to_owned).collect()
}

/// Every row names tests, and each of them is there.
fn are_kept(rows: &[String], mark: &str) {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut all = String::new();
    for folder in ["src", "devices", "tests"] {
        sources(&root.join(folder), &mut all);
    }
    for row in rows {
        let names: Vec<&str> =
            row.split(mark).skip(1).filter_map(|part| part.split("</code>").next()).collect();
        assert!(!names.is_empty(), "{row}");
        for name in names {
            let is_there =
                all.contains(&format!("fn {name}(")) || all.contains(&format!("'{name}'"));
            assert!(is_there, "no test is named {name}");
        }
    }
}

//! What names a person, and whatever people have typed, lies nowhere in the clear: not in the center's
//! files, not in the broker's, not in the hub's files and journal, not in a log, in no message on the
//! wire, scans among them. The same search in a demo without sealing finds it all: proof that it would.

use crate::house::{CATCH_UP_MAX, Center, Folder, House, get, must, printed, seen};
use crate::wire::Wire;
use domain::text_fold::fold;
use journal::BlobChunk;
use motcua::cli::demo::Place;
use motcua::cli::demo::books::JournalState;
use motcua::cli::demo::processes::wait_for;
use reqwest::Method;
use serde_json::json;
use std::collections::BTreeSet;
use std::path::Path;
use unicode_normalization::UnicodeNormalization;

const NAME: &str = "Quách Thị Ngọc Thuý Kiểm Thử";
const NUMBER: &str = "022175008642";
const ADDRESS: &str = "số 73 ngõ 999 phố Riêng Tư, phường Cao Xanh";
const PHONE: &str = "0936048217";
const BIRTH_DATE: &str = "1975-03-08";
/// The same as people write it, and as a card's code does.
const BIRTH_DATE_OTHERWISE: [&str; 2] = ["08/03/1975", "08031975"];
const COMMENT: &str = "Cán bộ giải thích cho bà Kiểm Thử rất kỹ";
/// A ground of priority; no other text of a center's data holds this word.
const GROUND: &str = "meritorious";

// What people type, each where it can be typed.
const HOLD_REASON: &str = "bà Mùi về lấy sổ hộ khẩu cũ";
const CANCEL_REASON: &str = "ông Tuất phải đi cấp cứu";
const HAND_OVER_NOTE: &str = "hồ sơ của cháu bà Sửu ở thôn Đông";
const REFUSAL_REASON: &str = "chị Dần không cư trú tại phường này";
const ORDER: &str = "mời anh Thân mang giấy gốc đến gặp trưởng phòng";
const ALL: [&str; 12] = [
    NAME,
    NUMBER,
    ADDRESS,
    PHONE,
    BIRTH_DATE,
    COMMENT,
    GROUND,
    HOLD_REASON,
    CANCEL_REASON,
    HAND_OVER_NOTE,
    REFUSAL_REASON,
    ORDER,
];

/// PostgreSQL's tables hold plain columns at the hub, by the architecture, and its write-ahead log holds
/// what goes into them: these two of its folders are not looked into. All else of it is, its log first;
/// the hub's journal of raw entries is looked through row by row.
const TABLES_OF_POSTGRES: [&str; 2] = ["base", "pg_wal"];

/// First bytes of what zstd has compressed.
const ZSTD: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];
/// Most that is read of one compressed frame.
const FRAME_MAX: usize = 4 * 1024 * 1024;

/// Each thing that is looked for, in every form in which it might be written.
fn needles() -> Vec<(&'static str, Vec<Vec<u8>>)> {
    ALL.into_iter()
        .map(|text| {
            let mut forms = Vec::new();
            let mut all =
                vec![text.to_owned(), text.nfd().collect(), fold(text), text.to_uppercase()];
            if text == BIRTH_DATE {
                all.extend(BIRTH_DATE_OTHERWISE.map(str::to_owned));
            }
            for written in all {
                let words: Vec<u16> = written.encode_utf16().collect();
                forms.push(written.into_bytes());
                forms.push(words.iter().flat_map(|word| word.to_le_bytes()).collect());
                forms.push(words.iter().flat_map(|word| word.to_be_bytes()).collect());
            }
            (text, forms)
        })
        .collect()
}

fn holds(bytes: &[u8], wanted: &[u8]) -> bool {
    // Looking for the first byte first is what makes this fast enough for a debug build.
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|byte| *byte == wanted[0]) {
        if bytes[from + at..].starts_with(wanted) {
            return true;
        }
        from += at + 1;
    }
    false
}

/// The bytes, and what their compressed parts hold.
fn layers(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut all = vec![bytes.to_vec()];
    for at in 0..bytes.len().saturating_sub(ZSTD.len()) {
        if bytes[at..].starts_with(&ZSTD) {
            use std::io::Read as _;
            let Ok(decoder) = zstd::stream::read::Decoder::new(&bytes[at..]) else { continue };
            let mut plain = Vec::new();
            // What is no frame after all, or breaks off, gives as much as could be read.
            let _ = decoder.take(FRAME_MAX as u64).read_to_end(&mut plain);
            all.push(plain);
        }
    }
    all
}

/// What of the person is found in some bytes.
fn search(bytes: &[u8]) -> BTreeSet<&'static str> {
    let layers = layers(bytes);
    needles()
        .into_iter()
        .filter(|(_, forms)| forms.iter().any(|form| layers.iter().any(|layer| holds(layer, form))))
        .map(|(text, _)| text)
        .collect()
}

/// Where it was found: the place, and what.
type Found = Vec<(String, BTreeSet<&'static str>)>;

fn search_folder(folder: &Path, found: &mut Found) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if TABLES_OF_POSTGRES.contains(&name) && folder.join("PG_VERSION").exists() {
            continue;
        }
        if path.is_symlink() {
            // A serial line of a simulator; reading it would wait for ever.
        } else if path.is_dir() {
            search_folder(&path, found);
        } else if path.is_file() {
            let bytes = match std::fs::read(&path) {
                Ok(bytes) => bytes,
                // The hub and PostgreSQL are at work: a file of theirs may have gone.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => panic!("{}: {error}", path.display()),
            };
            // The writer's reserve: 64 MiB of nothing, which a search in every form takes minutes for.
            if name == "reserve" && bytes.iter().all(|byte| *byte == 0) {
                continue;
            }
            let seen = search(&bytes);
            if !seen.is_empty() {
                found.push((path.display().to_string(), seen));
            }
        }
    }
}

/// Rows of raw bytes at the hub.
async fn search_hub(house: &House, found: &mut Found) {
    let client = house.hub_tables().await.unwrap();
    for table in ["entry", "parked", "refused_frame", "down_entry"] {
        let rows = client.query(&format!("SELECT raw FROM {table}"), &[]).await.unwrap();
        for (number, row) in rows.iter().enumerate() {
            let seen = search(row.get(0));
            if !seen.is_empty() {
                found.push((format!("hub table {table}, row {number}"), seen));
            }
        }
    }
}

/// A known person comes to the center, is served from the ticket to the result, and votes.
async fn serve_the_known_person(house: &House) {
    let center = house.center(0);
    let (mut kiosk, mut officer) = (house.kiosk(), center.officer(1));
    // Somebody's idea of a key against doing it twice.
    let body = json!({ "service": "ho-tich" });
    let given_up =
        kiosk.send(Method::POST, "/api/v1/tickets", Some(NUMBER), Some(&body)).await.unwrap();
    assert!(given_up.granted(), "{}", given_up.body);
    let path =
        format!("/api/v1/tickets/{}/cancel", given_up.body["ticket"]["id"].as_str().unwrap());
    must(&mut officer, &path, &json!({ "reason": CANCEL_REASON })).await;
    let ticket = must(
        &mut kiosk,
        "/api/v1/tickets",
        &json!({ "service": "ho-tich", "priority_ground": GROUND }),
    )
    .await;
    must(&mut officer, "/api/v1/counters/1/open", &json!({})).await;
    must(&mut officer, "/api/v1/counters/1/call-next", &json!({})).await;
    must(&mut officer, "/api/v1/counters/1/begin", &json!({})).await;
    must(&mut officer, "/api/v1/counters/1/hold", &json!({ "reason": HOLD_REASON })).await;
    let held = json!({ "ticket": ticket["ticket"]["id"] });
    must(&mut officer, "/api/v1/counters/1/resume", &held).await;
    let body = json!({
        "procedure": "1.001193", "counter": 1, "ticket": ticket["ticket"]["id"], "note": NAME,
        "applicant": { "name": NAME, "citizen_number": NUMBER, "address": ADDRESS,
                       "birth_date": BIRTH_DATE, "sex": "Nữ", "phone": PHONE },
        "components": [],
    });
    let received = must(&mut officer, "/api/v1/dossiers", &body).await;
    let id = received["dossier"]["id"].as_str().unwrap();
    let scan = a_scan();
    let path = format!("/api/v1/dossiers/{id}/scans?component=1");
    let stored = officer.upload(&path, "scan-1", "application/pdf", scan.as_bytes()).await.unwrap();
    assert!(stored.granted(), "{}", stored.body);
    vote(house).await;
    let title = json!({ "title": format!("Giấy khai sinh của {NAME}") });
    must(&mut officer, &format!("/api/v1/dossiers/{id}/result"), &title).await;
    let taken = json!({ "counter": 1, "collector": { "name": NAME, "number": NUMBER } });
    must(&mut officer, &format!("/api/v1/dossiers/{id}/return"), &taken).await;
    // A request with the name in its path, and one that is refused: neither may reach a log.
    let asked: String = NAME.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let page = get(&mut officer, &format!("/api/v1/dossiers?q={asked}")).await;
    assert_eq!(page["total"], 1);
    let refused = officer
        .send(Method::POST, "/api/v1/dossiers", Some(NUMBER), Some(&json!({ "note": NAME })))
        .await
        .unwrap();
    assert!(!refused.granted());
}

/// A scan that shows everything. Large enough to travel in several pieces.
fn a_scan() -> String {
    format!("%PDF-1.4\n% {}\n", ALL.join(" ")).repeat(400)
}

/// A second dossier of the same person goes to the other center, with a note, and comes back.
async fn hand_over(house: &House, sealed: bool) {
    let mut officer = house.center(0).officer(1);
    let body = json!({
        "procedure": "1.001193", "counter": 1,
        "applicant": { "name": NAME, "citizen_number": NUMBER },
        "components": [], "note": NAME,
    });
    let received = must(&mut officer, "/api/v1/dossiers", &body).await;
    let id = received["dossier"]["id"].as_str().unwrap();
    let other = house.center(1);
    let to = json!({ "to_node": other.node, "note": HAND_OVER_NOTE });
    must(&mut officer, &format!("/api/v1/dossiers/{id}/hand-over"), &to).await;
    if !sealed {
        // The hub keeps aside what comes unsealed: it never reaches the other center.
        return;
    }
    let mut there = other.officer(1);
    seen(&mut there, "/api/v1/dossiers?view=incoming", "the offer", |page| {
        page["rows"].as_array().unwrap().iter().any(|row| row["id"] == id).then_some(())
    })
    .await;
    let reason = json!({ "reason": REFUSAL_REASON });
    must(&mut there, &format!("/api/v1/dossiers/{id}/refuse"), &reason).await;
    seen(&mut officer, "/api/v1/dossiers", "the refusal", |page| {
        let rows = page["rows"].as_array().unwrap();
        let row = rows.iter().find(|row| row["id"] == id)?;
        (row["custody"]["state"] == "held").then_some(())
    })
    .await;
}

/// The hub says something to all counters, and an officer has read it.
async fn order(house: &House) {
    house.at_hub(&["hub", "order", ORDER]).await;
    let mut officer = house.center(0).officer(1);
    let id = seen(&mut officer, "/api/v1/messages", "the order", |page| {
        let said = page.as_array()?.iter().find(|message| message["text"] == ORDER)?;
        Some(said["id"].as_str().unwrap().to_owned())
    })
    .await;
    must(&mut officer, &format!("/api/v1/messages/{id}/read"), &json!({})).await;
}

async fn vote(house: &House) {
    let site = house.demo.site().unwrap();
    let mut tablet = site.tablet(1).unwrap();
    let token = get(&mut tablet, "/api/v1/tablets/1/token").await;
    let body = json!({
        "token": token["token"], "level": "dissatisfied", "reasons": [], "comment": COMMENT,
        "respondent": "citizen", "client_id": uuid::Uuid::new_v4(),
    });
    must(&mut tablet, "/api/v1/ratings", &body).await;
}

/// Serves the person and searches everywhere.
async fn everything_about_the_person(folder: Folder) -> Found {
    let mut house = House::open_at(folder, 2, Place::default()).await;
    let mut wire = Wire::of_hub(&house, &["motcua/v1/#"]).await;
    let Center { config, data, .. } = house.center(0);
    let sealed = !data.join("UNSEALED").exists();
    serve_the_known_person(&house).await;
    hand_over(&house, sealed).await;
    order(&house).await;
    // A lone vote goes into the journal when its day is over.
    house.demo.next_morning().await.unwrap();
    wait_for("the hub to have every entry", CATCH_UP_MAX, async || {
        let here = printed(&["check", "journal", "--json"], &config).await.ok()?;
        let here: JournalState = serde_json::from_str(&here).unwrap();
        let there = house.demo.hub_journal().await.ok()?;
        (here.entries == there.entries).then_some(())
    })
    .await
    .unwrap();

    if sealed {
        // The hub keeps aside what comes unsealed, and takes no scan that nothing names.
        wait_for("the hub to have the scan", CATCH_UP_MAX, async || {
            (house.demo.hub_blobs().await.ok()?.len() == 1).then_some(())
        })
        .await
        .unwrap();
    }
    // Killed, so that the write-ahead log stays as it was.
    house.demo.center_process().kill_hard().await.unwrap();
    assert!(std::fs::metadata(data.join("store/center.db-wal")).unwrap().len() > 0);
    let mut found = Found::new();
    let log = house.folder.path.join("postgres/postgres.log");
    assert!(std::fs::metadata(&log).unwrap().len() > 0, "PostgreSQL's log is somewhere else");
    search_folder(&house.folder.path, &mut found);
    search_hub(&house, &mut found).await;
    let heard = wire.heard();
    let topics: BTreeSet<&str> = heard
        .iter()
        .map(|(topic, _)| topic.rsplit_once("06658-1/").map_or("", |it| it.1))
        .collect();
    for topic in ["up/rec", "up/ctl", "down/rec", "down/ctl"] {
        assert!(topics.contains(topic), "nothing was heard on {topic}: {topics:?}");
    }
    if sealed {
        let pieces = heard.iter().filter(|(_, payload)| BlobChunk::decode(payload).is_ok());
        assert!(pieces.count() > 1, "no piece of the scan was heard");
    }
    for (topic, payload) in heard {
        let seen = search(&payload);
        if !seen.is_empty() {
            found.push((format!("on the wire: {topic}"), seen));
        }
    }
    house.close().await;
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_names_a_person_lies_in_the_clear() {
    let found = everything_about_the_person(Folder::new("sealed")).await;
    assert!(found.is_empty(), "{found:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_search_finds_the_person_where_nothing_is_sealed() {
    let folder = Folder::new("unsealed");
    let data = folder.path.join("06658-1/data");
    std::fs::create_dir_all(&data).unwrap();
    std::fs::write(data.join("UNSEALED"), "").unwrap();
    let found = everything_about_the_person(folder).await;
    for place in ["data/store/center.db", "data/store/blobs", "hub table", "on the wire"] {
        // The other center has nothing to refuse: only the scan shows that word.
        let all: BTreeSet<&str> = ALL
            .into_iter()
            .filter(|text| *text != REFUSAL_REASON || place.ends_with("blobs"))
            .collect();
        let here: BTreeSet<&str> = found
            .iter()
            .filter(|(name, _)| name.contains(place))
            .flat_map(|(_, seen)| seen.iter().copied())
            .collect();
        assert_eq!(here, all, "{place}: {found:#?}");
    }
}

#[test]
fn the_search_finds_the_person_in_a_piece_of_a_scan_that_was_left_open() {
    let bytes = a_scan().into_bytes();
    let size = bytes.len() as u64;
    let piece = BlobChunk { sha256: [0; 32], index: 0, total: 1, size, bytes };
    assert_eq!(search(&piece.encode()), ALL.into());
}

//! The second medium and the backup: a box is made of them when the hub is out of reach, with the sheet
//! and not without it; and a medium that is not there holds nobody up.

use crate::house::restoring::{
    at_hub, die, gaps_at_hub, has_alarm, kill, new_disk, number_of, plug_in, restore_from,
    restore_from_hub, risk_is, said, sheet,
};
use crate::house::{CATCH_UP_MAX, House, get, issue, must, post, printed, run};
use crate::restore::receive;
use motcua::cli::day::order;
use motcua::cli::demo::processes::wait_for;
use serde_json::{Value, json};

fn text(dossier: &Value, key: &str) -> String {
    dossier[key].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_box_is_made_of_the_second_medium_while_the_hub_is_out_of_reach() {
    let mut house = House::open("medium", 1).await;
    let center = house.center(0);
    let sheet = sheet(&house, &center);
    let stick = plug_in(&mut house, &center).await;
    let (mut kiosk, mut officer) = (house.kiosk(), center.officer(1));
    let last = number_of(&issue(&mut kiosk, "ho-tich").await);
    must(&mut officer, "/api/v1/counters/1/open", &json!({})).await;
    house.books_agree(0).await;
    order(house.demo.line_control(0), "cut").await.unwrap();
    let id = text(&receive(&mut officer).await, "id");
    let path = format!("/api/v1/dossiers/{id}/scans?component=1");
    let scan =
        officer.upload(&path, "scan", "application/pdf", b"%PDF-1.4\n% mot\n").await.unwrap();
    let scan = scan.body["sha256"].as_str().unwrap().to_owned();
    risk_is(&center, "everything to be on the medium", |risk| {
        risk["medium"] == "ok" && risk["entries"] == 0
    })
    .await;
    let on_stick = stick.join(format!("motcua-{}/blobs/{}/{scan}", center.node, &scan[..2]));
    wait_for("the scan to be on the medium", CATCH_UP_MAX, async || {
        on_stick.exists().then_some(())
    })
    .await
    .unwrap();
    die(&mut house, &center, "old-disk").await;

    let refused = restore_from(&center, &stick, None).await;
    assert!(!refused.status.success());
    assert!(said(&refused).contains("restore.no_sheet"), "{}", said(&refused));
    let wrong = house.folder.path.join("wrong.txt");
    std::fs::write(&wrong, "00000-00000-00000-00000-00000-00000-00000-00000").unwrap();
    let refused = restore_from(&center, &stick, Some(&wrong)).await;
    assert!(said(&refused).contains("recovery.wrong_sheet"), "{}", said(&refused));

    let done = restore_from(&center, &stick, Some(&sheet)).await;
    assert!(done.status.success(), "{}", said(&done));
    house.demo.center_process().start_again().unwrap();
    center.is_up().await;
    let mut officer = center.officer(1);
    let seen = get(&mut officer, &format!("/api/v1/dossiers/{id}")).await;
    assert_eq!(seen["dossier"]["applicant"]["name"], "Đoàn Văn Thật");
    let answer = officer
        .send(reqwest::Method::GET, &format!("/api/v1/blobs/{scan}"), None, None)
        .await
        .unwrap();
    assert!(answer.granted(), "{}", answer.body);
    let code = text(&receive(&mut officer).await, "code");
    assert!(code.ends_with("-9500"), "{code}");
    assert_eq!(number_of(&issue(&mut kiosk, "ho-tich").await), last + 101);
    // The hub is there again: it lacks what the medium had, and gets it, with what was left out and why.
    order(house.demo.line_control(0), "mend").await.unwrap();
    house.books_agree(0).await;
    for (series, known_to, next) in
        [("dossier-codes", 1, 9500), ("tickets:ho-tich", last, last + 101)]
    {
        let gaps = gaps_at_hub(&house, series).await;
        let booked: Vec<_> =
            gaps.iter().map(|gap| (&gap["known_to"], &gap["next"], &gap["reason"])).collect();
        let reason = json!("restored_from_medium");
        assert_eq!(booked, [(&json!(known_to), &json!(next), &reason)], "{series}");
    }
    wait_for("the scan to be at the hub", CATCH_UP_MAX, async || {
        house.demo.hub_blobs().await.unwrap().contains(&scan).then_some(())
    })
    .await
    .unwrap();
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_medium_that_is_pulled_out_is_told_and_holds_nobody_up() {
    let mut house = House::open("pulled", 1).await;
    let center = house.center(0);
    let stick = plug_in(&mut house, &center).await;
    let mut kiosk = house.kiosk();
    issue(&mut kiosk, "ho-tich").await;
    risk_is(&center, "the medium to be well", |risk| risk["medium"] == "ok").await;
    let away = stick.with_extension("away");
    std::fs::rename(&stick, &away).unwrap();
    risk_is(&center, "the medium to be missed", |risk| risk["medium"] == "missing").await;
    issue(&mut kiosk, "ho-tich").await;
    std::fs::rename(&away, &stick).unwrap();
    risk_is(&center, "the medium to be well again", |risk| {
        risk["medium"] == "ok" && risk["entries"] == 0
    })
    .await;
    let mut head = center.head();
    let events = get(&mut head, "/api/v1/events").await.to_string();
    assert_eq!(events.matches("medium.missing").count(), 1, "told once: {events}");
    // On a loaded machine it may have been slow in between, which is told, too.
    let told = |code: &str| events.matches(code).count();
    assert!((1..=1 + told("medium.slow")).contains(&told("medium.ok")), "{events}");
    house.books_agree(0).await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_box_made_of_an_old_backup_is_held_and_the_hub_has_what_it_lacks() {
    let mut house = House::open("backup", 1).await;
    let center = house.center(0);
    let sheet = sheet(&house, &center);
    let mut kiosk = house.kiosk();
    issue(&mut kiosk, "ho-tich").await;
    house.books_agree(0).await;
    // The site has a word of its own; a file that is no clip is not kept, and named.
    let voice = center.data.join("voice");
    std::fs::create_dir_all(&voice).unwrap();
    let recording = clip(500);
    std::fs::write(voice.join("invite.wav"), &recording).unwrap();
    std::fs::write(voice.join("again.wav"), "not audio").unwrap();
    let backup = house.folder.path.join("backup");
    let to = backup.display().to_string();
    let made = run(&["backup", &to], Some(&center.config)).await;
    assert!(made.status.success(), "{}", said(&made));
    let told = String::from_utf8_lossy(&made.stdout);
    assert!(told.contains("1 recordings"), "{told}");
    assert!(told.contains("again.wav (voice.not_audio)"), "{told}");
    // Time passes.
    let later = issue(&mut kiosk, "ho-tich").await["ticket"]["label"].clone();
    house.books_agree(0).await;
    die(&mut house, &center, "old-disk").await;

    let refused = restore_from(&center, &backup, None).await;
    assert!(said(&refused).contains("restore.no_sheet"), "{}", said(&refused));
    let done = restore_from(&center, &backup, Some(&sheet)).await;
    assert!(done.status.success(), "{}", said(&done));
    assert_eq!(std::fs::read(voice.join("invite.wav")).unwrap(), recording);
    assert!(!voice.join("again.wav").exists());
    house.demo.center_process().start_again().unwrap();
    center.is_up().await;
    // It serves, and gives no number twice; the hub holds its stream, because it lacks entries.
    let fresh = issue(&mut kiosk, "ho-tich").await["ticket"]["label"].clone();
    assert_ne!(fresh, later);
    center.link_is(&["frozen"], CATCH_UP_MAX).await;

    // A person lets the hub's journal go on: the box gets from the hub what the backup lacked.
    let mut technician = house.technician();
    let path = format!("/api/v1/nodes/{}", center.node);
    let aside = wait_for("what it wrote to be readable", CATCH_UP_MAX, async || {
        let aside = get(&mut technician, &format!("{path}/parked")).await;
        aside["salvaged"].to_string().contains(fresh.as_str()?).then_some(aside)
    })
    .await
    .unwrap();
    assert!(aside["alarms"].to_string().contains("stream.fork"), "{aside}");
    house.demo.center_process().kill_hard().await.unwrap();
    std::fs::remove_dir_all(center.data.join("identity")).unwrap();
    std::fs::rename(center.data.join("store"), center.data.join("store-of-the-backup")).unwrap();
    let done = restore_from_hub(&house, &center, &sheet).await;
    assert!(done.status.success(), "{}", said(&done));
    house.demo.center_process().start_again().unwrap();
    center.is_up().await;
    center.link_is(&["online"], CATCH_UP_MAX).await;
    let books = run(&["books"], Some(&center.config)).await;
    let hub = house.at_hub(&["hub", "books", &center.node]).await;
    assert!(!hub.is_empty() && String::from_utf8(books.stdout).unwrap().lines().count() > 2);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_box_of_a_week_old_backup_gives_no_number_of_a_day_that_it_does_not_know() {
    let mut house = House::open("week", 1).await;
    let center = house.center(0);
    let sheet = sheet(&house, &center);
    let (mut kiosk, mut officer) = (house.kiosk(), center.officer(1));
    issue(&mut kiosk, "ho-tich").await;
    must(&mut officer, "/api/v1/counters/1/open", &json!({})).await;
    let old = text(&receive(&mut officer).await, "id");
    house.books_agree(0).await;
    let backup = house.folder.path.join("backup");
    printed(&["backup", &backup.display().to_string()], &center.config).await.unwrap();

    house.demo.morning_after(7).await.unwrap();
    let first = number_of(&issue(&mut kiosk, "ho-tich").await);
    let mut officer = center.officer(1);
    // Whether it stayed open over the nights is not what is asked here.
    post(&mut officer, "/api/v1/counters/1/open", &json!({})).await;
    let at_hub_too = receive(&mut officer).await;
    house.books_agree(0).await;
    order(house.demo.line_control(0), "cut").await.unwrap();
    let mut codes = vec![text(&at_hub_too, "code"), text(&receive(&mut officer).await, "code")];
    die(&mut house, &center, "old-disk").await;

    // Without the hub: nobody there can say how far this day's numbers went.
    let done = restore_from(&center, &backup, Some(&sheet)).await;
    assert!(done.status.success(), "{}", said(&done));
    house.demo.center_process().start_again().unwrap();
    center.is_up().await;
    let mut officer = center.officer(1);
    let seen = get(&mut officer, &format!("/api/v1/dossiers/{old}")).await;
    assert_eq!(seen["dossier"]["applicant"]["name"], "Đoàn Văn Thật");
    let of_the_backup = issue(&mut kiosk, "ho-tich").await;
    assert_eq!(number_of(&of_the_backup), first + 666, "the last third of 999");
    post(&mut officer, "/api/v1/counters/1/open", &json!({})).await;
    codes.push(text(&receive(&mut officer).await, "code"));
    assert!(codes[2].ends_with("-9700"), "{codes:?}");
    let books = printed(&["books"], &center.config).await.unwrap();
    assert!(books.contains("number_gap"), "the gap is booked: {books}");
    printed(&["check", "journal"], &center.config).await.unwrap();

    // With the hub: it lacks a week, and is held, until the box is made anew of what the hub has.
    order(house.demo.line_control(0), "mend").await.unwrap();
    let label = of_the_backup["ticket"]["label"].as_str().unwrap();
    at_hub(&house, "the stream to be frozen", |row, aside| {
        row["state"] == "frozen"
            && has_alarm(aside, "stream.fork")
            && aside["salvaged"].to_string().contains(label)
    })
    .await;
    kill(&mut house).await;
    new_disk(&center, "of-the-backup");
    let done = restore_from_hub(&house, &center, &sheet).await;
    assert!(done.status.success(), "{}", said(&done));
    house.demo.center_process().start_again().unwrap();
    center.is_up().await;
    center.link_is(&["online"], CATCH_UP_MAX).await;
    // Neither what the dead box gave and could not send, nor what the one of the backup gave.
    assert_eq!(number_of(&issue(&mut kiosk, "ho-tich").await), first + 101);
    let mut officer = center.officer(1);
    post(&mut officer, "/api/v1/counters/1/open", &json!({})).await;
    codes.push(text(&receive(&mut officer).await, "code"));
    assert!(codes[3].ends_with("-9500"), "{codes:?}");
    house.books_agree(0).await;
    let gaps = gaps_at_hub(&house, "tickets:ho-tich").await;
    let reasons: Vec<_> = gaps.iter().map(|gap| gap["reason"].clone()).collect();
    assert_eq!(reasons, ["restored_from_hub"], "nothing of the backup's journal is merged");
    house.close().await;
}

/// A clip as the voice takes one: WAV, PCM, 16 bit, mono, 22,050 Hz, so many samples of a tone.
fn clip(samples: u32) -> Vec<u8> {
    const RATE_HZ: u32 = 22_050;
    let sound: Vec<u8> = (0..samples).flat_map(|at| [0, (at % 64) as u8]).collect();
    let length = u32::try_from(sound.len()).unwrap();
    let mut wav: Vec<u8> = Vec::new();
    wav.extend(b"RIFF");
    wav.extend((36 + length).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    wav.extend(16_u32.to_le_bytes());
    wav.extend([1_u16, 1].map(u16::to_le_bytes).concat());
    wav.extend([RATE_HZ, RATE_HZ * 2].map(u32::to_le_bytes).concat());
    wav.extend([2_u16, 16].map(u16::to_le_bytes).concat());
    wav.extend(b"data");
    wav.extend(length.to_le_bytes());
    wav.extend(sound);
    wav
}

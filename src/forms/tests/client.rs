//! The daemon's client against the real renderer, and against ones that misbehave.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::civil::datetime;

use super::forms_client::{
    FormRequest, FormsClient, FormsError, FormsSettings, Slip, SlipDossier, SlipFee, SlipLedger,
    SlipMark, SlipOfficer, SlipPaper, SlipPerson, SlipProcedure, SlipResult, SlipUnit,
};
use super::{executable, templates};

fn settings(executable: &Path) -> FormsSettings {
    FormsSettings {
        executable: executable.to_owned(),
        templates: templates(),
        fonts: Vec::new(),
        idle: Duration::from_secs(60),
        time_max: Duration::from_secs(20),
    }
}

fn at() -> Timestamp {
    "2026-11-23T01:42:00Z".parse().unwrap()
}

fn slip() -> FormRequest {
    let person = |name: &str| SlipPerson {
        name: name.to_owned(),
        id_number: Some("022190000001".to_owned()),
        phone: None,
        address: None,
        email: None,
    };
    let slip = Slip {
        unit: SlipUnit {
            name: "Trung tâm Phục vụ hành chính công phường Hồng Gai".to_owned(),
            parent: None,
            place: "Hồng Gai".to_owned(),
            address: None,
            phone: None,
        },
        dossier: SlipDossier { code: "H49.06658-261123-0007".to_owned(), content: None },
        applicant: person("NGUYỄN THỊ ẴM"),
        submitter: Some(person("ĐỖ VĂN BỀ")),
        procedure: SlipProcedure {
            code: Some("2.000815".to_owned()),
            name: "Chứng thực bản sao".to_owned(),
            limit: "trong ngày".to_owned(),
        },
        papers: vec![SlipPaper {
            name: "Bản chính".to_owned(),
            originals: 1,
            copies: 0,
            note: None,
            needs_confirmation: true,
        }],
        missing: Vec::new(),
        sets: 1,
        received_at: datetime(2026, 11, 23, 8, 42, 17, 0),
        due_at: Some(datetime(2026, 11, 23, 17, 0, 0, 0)),
        due_reasons: vec!["Nhận trước 15 giờ.".to_owned()],
        result: SlipResult { channel: "nhận trực tiếp".to_owned(), place: None },
        fee: SlipFee { amount_vnd: Some(8000), status: None, note: None },
        ledger: Some(SlipLedger { book: "01".to_owned(), number: "7".to_owned() }),
        officer: SlipOfficer { name: "Trần Văn Dũng".to_owned() },
        reprint: false,
        needs_confirmation: vec![SlipMark::Limit, SlipMark::Due, SlipMark::Fee],
    };
    slip.into_request(at()).unwrap()
}

fn script(folder: &Path, lines: &str) -> PathBuf {
    let path = folder.join("renderer");
    std::fs::write(&path, format!("#!/bin/sh\n{lines}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// A renderer that does something else the first time it is started.
fn at_first(folder: &Path, lines: &str) -> PathBuf {
    let marker = folder.join("started");
    let real = executable();
    let marker = marker.display();
    script(
        folder,
        &format!("if [ ! -e {marker} ]; then : > {marker}; {lines}; fi\nexec {real} \"$@\""),
    )
}

#[tokio::test]
async fn a_slip_of_typed_fields_is_rendered_on_one_page() {
    let client = FormsClient::start(settings(Path::new(executable()))).unwrap();
    let form = client.render(slip()).await.unwrap();
    assert_eq!(form.pages, 1);
    assert!(form.pdf.starts_with(b"%PDF-1.7"));
    assert!(client.render(slip()).await.unwrap().pdf == form.pdf);
}

#[tokio::test]
async fn forms_wanted_together_come_one_after_the_other() {
    let client = FormsClient::start(settings(Path::new(executable()))).unwrap();
    let (a, b, c) =
        tokio::join!(client.render(slip()), client.render(slip()), client.render(slip()));
    assert!([a, b, c].iter().all(Result::is_ok));
}

#[tokio::test]
async fn the_renderer_is_there_only_while_forms_are_wanted() {
    let settings =
        FormsSettings { idle: Duration::from_millis(50), ..settings(Path::new(executable())) };
    let client = FormsClient::start(settings).unwrap();
    assert!(!client.is_running(), "nothing was wanted yet");
    client.render(slip()).await.unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while client.is_running() {
        assert!(Instant::now() < deadline, "it was not stopped");
        tokio::task::yield_now().await;
    }
    client.render(slip()).await.unwrap();
}

#[tokio::test]
async fn after_a_crash_the_caller_is_told_and_the_next_form_is_rendered() {
    let folder = tempfile::tempdir().unwrap();
    let client =
        FormsClient::start(settings(&at_first(folder.path(), "head -c 4; exit 3"))).unwrap();
    let err = client.render(slip()).await.unwrap_err();
    assert_eq!(err.code(), "forms.crashed");
    client.render(slip()).await.unwrap();
}

#[tokio::test]
async fn a_form_that_takes_too_long_is_stopped_and_the_next_one_rendered() {
    let folder = tempfile::tempdir().unwrap();
    let renderer = at_first(folder.path(), "exec sleep 1000");
    let settings = FormsSettings { time_max: Duration::from_secs(3), ..settings(&renderer) };
    let client = FormsClient::start(settings).unwrap();
    assert_eq!(client.render(slip()).await.unwrap_err(), FormsError::TooSlow);
    assert!(!client.is_running());
    client.render(slip()).await.unwrap();
}

#[tokio::test]
async fn what_the_renderer_refuses_arrives_with_its_place() {
    let client = FormsClient::start(settings(Path::new(executable()))).unwrap();
    let mut request = slip();
    request.data["officer"] = serde_json::json!({});
    match client.render(request).await.unwrap_err() {
        FormsError::Refused { code, file, line, message } => {
            assert_eq!((code.as_str(), file.as_str()), ("forms.bad_template", "slip/slip.typ"));
            assert!(line > 1 && message.contains("name"), "{message}");
        }
        other => panic!("{other}"),
    }
    client.render(slip()).await.unwrap();
}

#[test]
fn the_renderer_is_looked_for_beside_the_daemon() {
    let settings = FormsSettings::beside_this_executable(templates()).unwrap();
    assert_eq!(settings.executable.parent(), std::env::current_exe().unwrap().parent());
}

#[tokio::test]
async fn a_renderer_that_is_not_installed_is_named() {
    let client = FormsClient::start(settings(Path::new("/nonexistent/motcua-forms"))).unwrap();
    let err = client.render(slip()).await.unwrap_err();
    assert_eq!(err.code(), "forms.not_started");
    assert!(err.to_string().contains("/nonexistent/motcua-forms"));
}

#[tokio::test]
async fn more_forms_than_may_wait_are_answered_busy() {
    let folder = tempfile::tempdir().unwrap();
    let renderer = script(folder.path(), "exec sleep 1000");
    let client = FormsClient::start(FormsSettings {
        time_max: Duration::from_millis(100),
        ..settings(&renderer)
    })
    .unwrap();
    let mut asked = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let client = client.clone();
        asked.spawn(async move { client.render(slip()).await });
    }
    let answers = asked.join_all().await;
    let busy = answers.iter().filter(|answer| **answer == Err(FormsError::Busy)).count();
    // One at work and sixteen waiting, give or take the one that was just taken.
    assert!((3..=4).contains(&busy), "{busy}");
}

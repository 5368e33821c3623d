//! Scans to be sent: files that do not compress, at a dossier of a center.

use crate::rows::text;
use anyhow::{Context, ensure};
use motcua::cli::day::client::CenterClient;
use reqwest::Method;
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::json;

/// Receives a dossier; its id.
pub async fn receive(officer: &mut CenterClient, counter: u16) -> anyhow::Result<String> {
    let body = json!({
        "procedure": "1.001193", "counter": counter,
        "applicant": { "name": "Nguyễn Văn Bền", "citizen_number": "022090000123" },
        "components": [], "note": "Người nộp hẹn bổ sung giấy tờ trong ngày",
    });
    let key = uuid::Uuid::new_v4().to_string();
    let answer = officer.send(Method::POST, "/api/v1/dossiers", Some(&key), Some(&body)).await?;
    ensure!(answer.granted(), "{} {}", answer.status, answer.body);
    text(&answer.body["dossier"], "id")
}

/// Adds scans of so many bytes to a dossier.
pub async fn add(
    officer: &mut CenterClient,
    dossier: &str,
    count: usize,
    bytes: usize,
) -> anyhow::Result<()> {
    let path = format!("/api/v1/dossiers/{dossier}/scans?component=1");
    for _ in 0..count {
        let mut scan = vec![0; bytes];
        SystemRandom::new().fill(&mut scan).ok().context("no random bytes")?;
        let start = b"%PDF-1.4\n";
        scan[..start.len()].copy_from_slice(start);
        let key = uuid::Uuid::new_v4().to_string();
        let answer = officer.upload(&path, &key, "application/pdf", &scan).await?;
        ensure!(answer.granted(), "{path}: {} {}", answer.status, answer.body);
    }
    Ok(())
}

//! The executable as the daemon uses it, and its files as independent readers see them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

#[path = "../../forms_client.rs"]
mod forms_client;

mod client;
mod report;
mod slip;
mod stream;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The executable under test.
fn executable() -> &'static str {
    env!("CARGO_BIN_EXE_motcua-forms")
}

/// The templates that are shipped.
fn templates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/forms")
}

/// The shipped example of a form.
fn sample() -> serde_json::Value {
    let text = std::fs::read_to_string(templates().join("slip/sample.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Renders one request with `--once`.
fn once(templates: &Path, request: &serde_json::Value) -> Output {
    use std::io::Write;
    let mut child = Command::new(executable())
        .arg("--once")
        .arg("--templates")
        .arg(templates)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(request.to_string().as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// The PDF of a request that must succeed.
fn pdf(request: &serde_json::Value) -> Vec<u8> {
    let output = once(&templates(), request);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

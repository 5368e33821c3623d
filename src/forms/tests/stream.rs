//! The executable as a stream of requests.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use super::{executable, sample, templates};

struct Stream {
    child: Child,
    input: Option<ChildStdin>,
    output: ChildStdout,
}

impl Stream {
    fn open() -> Self {
        let mut child = Command::new(executable())
            .arg("--templates")
            .arg(templates())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take();
        let output = child.stdout.take().unwrap();
        Self { child, input, output }
    }

    fn ask(&mut self, request: &[u8]) -> Value {
        let input = self.input.as_mut().unwrap();
        input.write_all(&u32::try_from(request.len()).unwrap().to_be_bytes()).unwrap();
        input.write_all(request).unwrap();
        let mut length = [0; 4];
        self.output.read_exact(&mut length).unwrap();
        let mut answer = vec![0; u32::from_be_bytes(length) as usize];
        self.output.read_exact(&mut answer).unwrap();
        serde_json::from_slice(&answer).unwrap()
    }

    fn refused(&mut self, request: &Value) -> String {
        let answer = self.ask(request.to_string().as_bytes());
        assert_eq!(answer["ok"], false);
        assert_eq!(answer["pdf"], Value::Null);
        answer["error"]["code"].as_str().unwrap().to_owned()
    }

    fn works(&mut self) {
        let answer = self.ask(sample().to_string().as_bytes());
        assert_eq!((&answer["ok"], &answer["pages"]), (&json!(true), &json!(1)), "{answer}");
    }
}

#[test]
fn one_bad_request_after_another_is_answered_and_a_good_one_still_works() {
    let mut stream = Stream::open();
    let with = |field: &str, value: Value| {
        let mut request = sample();
        request[field] = value;
        request
    };
    stream.works();
    let answer = stream.ask(b"not json");
    assert_eq!(answer["error"]["code"], "forms.not_understood");
    let huge = json!({ "name": "a".repeat(10 * 1024 * 1024) });
    let cases = [
        (with("data", huge), "forms.too_large"),
        (with("data", json!({ "name": "a".repeat(5000) })), "forms.too_large"),
        (with("data", json!([])), "forms.not_understood"),
        (with("data", json!({})), "forms.bad_template"),
        (with("template", json!("khong-co")), "forms.unknown_template"),
        (with("template", json!("../slip")), "forms.bad_name"),
        (with("timestamp", json!("yesterday")), "forms.not_understood"),
        (with("qr", json!("a".repeat(301))), "forms.too_large"),
        (with("file", json!("/etc/passwd")), "forms.not_understood"),
    ];
    for (request, code) in cases {
        assert_eq!(stream.refused(&request), code);
        stream.works();
    }
}

#[test]
fn a_missing_field_is_named_with_the_line_that_wanted_it() {
    let mut stream = Stream::open();
    let mut request = sample();
    request["data"].as_object_mut().unwrap().remove("received_at");
    let answer = stream.ask(request.to_string().as_bytes());
    let error = &answer["error"];
    assert_eq!(error["file"], "slip/slip.typ");
    assert!(error["line"].as_u64().unwrap() > 1);
    assert!(error["message"].as_str().unwrap().contains("received_at"), "{error}");
}

#[test]
fn it_ends_when_its_input_ends() {
    let mut stream = Stream::open();
    stream.works();
    drop(stream.input.take());
    assert!(stream.child.wait().unwrap().success());
}

//! Putting a list of questions to the providers' libraries.

use serde_json::Value;
use std::io::Write;
use std::process::{Command, Stdio};

/// The libraries' answers, in the order of the questions.
pub fn ask(questions: Vec<Value>) -> Vec<Value> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/sdk");
    let mut node = Command::new("node")
        .arg("ask.mjs")
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Node.js starts");
    let count = questions.len();
    let text = Value::from(questions).to_string();
    // Dropped at the end of the statement, so that the script sees the end of its input.
    node.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("the script reads");
    let output = node.wait_with_output().expect("the script ends");
    assert!(output.status.success(), "the script failed; are the packages of {folder} installed (npm ci)?");
    let answers: Vec<Value> = serde_json::from_slice(&output.stdout).expect("a list");
    assert_eq!(answers.len(), count);
    answers
}

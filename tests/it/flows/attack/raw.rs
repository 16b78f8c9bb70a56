//! Requests that no well-behaved client sends: written byte by byte.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// Opens a connection to the Worker.
pub(super) async fn connect(worker: &str) -> TcpStream {
    TcpStream::connect(worker.trim_start_matches("http://")).await.expect("the Worker listens")
}

/// Sends a request whose first line and headers are as given, and reads what is answered until the end.
pub(super) async fn ask(worker: &str, line: &str, headers: &[(&str, &str)], body: &str) -> String {
    let mut stream = connect(worker).await;
    let mut text = format!("{line}\r\nHost: {}\r\n", worker.trim_start_matches("http://"));
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str(&format!("Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len()));
    stream.write_all(text.as_bytes()).await.expect("the Worker reads");
    rest(stream).await
}

/// What is answered, until the end.
pub(super) async fn rest(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    while !is_whole(&answer) {
        // A connection that is reset after its answer was answered all the same.
        let Ok(read) = timeout(PATIENCE, stream.read_buf(&mut answer)).await.expect("an answer") else { break };
        if read == 0 {
            break;
        }
    }
    String::from_utf8_lossy(&answer).into_owned()
}

/// Nothing more will come, though the connection may stay open for a while.
fn is_whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let head = head.to_ascii_lowercase();
    let length = head.split("\r\ncontent-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse::<usize>().ok());
    match length {
        Some(length) => body.len() >= length,
        None => body.ends_with("0\r\n\r\n") || head.contains(" 204 "),
    }
}

/// The status of an answer; 0 if there is none.
pub(super) fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
}

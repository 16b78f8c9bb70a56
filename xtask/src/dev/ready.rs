//! Whether a port is free, and whether a service answers on it.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// A service that has just been killed may take a moment to let go.
const LETTING_GO: Duration = Duration::from_secs(5);
/// A cold start on a slow machine, with another build going on beside it.
const STARTING: Duration = Duration::from_secs(120);

fn address(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

pub(super) fn wait_until_free(port: u16, option: &str) -> Result<()> {
    let start = Instant::now();
    while TcpListener::bind(address(port)).is_err() {
        if start.elapsed() > LETTING_GO {
            bail!("port {port} is in use by another program; choose another one with {option}");
        }
        thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// Asks a service until it answers.
pub(super) struct Probe {
    port: u16,
    path: &'static str,
    since: Instant,
}

impl Probe {
    pub(super) fn new(port: u16, path: &'static str) -> Self {
        Self { port, path, since: Instant::now() }
    }

    /// Whether it answers well now; an error once it has had more than enough time.
    pub(super) fn answers(&mut self) -> Result<bool> {
        match status(self.port, self.path) {
            Ok(status) if (200..400).contains(&status) => Ok(true),
            last if self.since.elapsed() > STARTING => bail!(
                "GET {} on port {} did not answer well within {} s (last: {})",
                self.path,
                self.port,
                STARTING.as_secs(),
                last.map_or_else(|error| error.to_string(), |status| status.to_string()),
            ),
            _ => Ok(false),
        }
    }
}

/// The status of a GET.
pub(super) fn status(port: u16, path: &str) -> std::io::Result<u16> {
    let mut stream = TcpStream::connect_timeout(&address(port), Duration::from_secs(2))?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    // In one piece, so that it arrives as one.
    let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    let mut part = [0; 256];
    while answer.len() < 12 {
        match stream.read(&mut part)? {
            0 => break,
            length => answer.extend_from_slice(&part[..length]),
        }
    }
    let text = String::from_utf8_lossy(&answer);
    let code = text.split(' ').nth(1).unwrap_or_default();
    code.chars().take(3).collect::<String>().parse().map_err(|_| std::io::Error::other("not an HTTP answer"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_ready_only_when_it_answers_well() {
        let listener = TcpListener::bind(address(0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = thread::spawn(move || {
            for answer in ["503 Service Unavailable", "200 OK"] {
                let (mut stream, _) = listener.accept().unwrap();
                let mut request = [0; 1024];
                let _ = stream.read(&mut request).unwrap();
                write!(stream, "HTTP/1.1 {answer}\r\n\r\n").unwrap();
            }
        });
        let mut probe = Probe::new(port, "/health");
        assert!(!probe.answers().unwrap());
        assert!(probe.answers().unwrap());
        server.join().unwrap();
        assert!(!probe.answers().unwrap());
    }
}

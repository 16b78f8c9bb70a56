//! `kommo-sim`: the simulator as a program, for development and for tests of other clients.

use std::{env, path::PathBuf, process::ExitCode};

use kommo_voip_tests::{Config, serve};

const USAGE: &str = "kommo-sim [--port N] [--worker-url URL] [--client-id ID] [--client-secret SECRET]
          [--redirect-uri URI] [--uninstall-url URL] [--widget FILE]... [--assets DIR] [--empty]";

fn config() -> Result<Config, String> {
    let mut config = Config::from_env(|name| env::var(name).ok());
    let mut arguments = env::args().skip(1);
    while let Some(flag) = arguments.next() {
        if flag == "--empty" {
            config.empty = true;
            continue;
        }
        if flag == "--help" {
            return Err(USAGE.to_owned());
        }
        let value = arguments.next().ok_or_else(|| format!("{flag} needs a value\n{USAGE}"))?;
        match flag.as_str() {
            "--port" => config.port = value.parse().map_err(|_| "--port is no port".to_owned())?,
            "--worker-url" => config.worker_url = value.trim_end_matches('/').to_owned(),
            "--client-id" => config.client_id = value,
            "--client-secret" => config.client_secret = value,
            "--redirect-uri" => config.redirect_uri = value,
            "--uninstall-url" => config.uninstall_url = Some(value),
            "--widget" => config.widgets.push(PathBuf::from(value)),
            "--assets" => config.assets = PathBuf::from(value),
            _ => return Err(format!("unknown option {flag}\n{USAGE}")),
        }
    }
    Ok(config)
}

#[tokio::main]
async fn main() -> ExitCode {
    let config = match config() {
        Ok(config) => config,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::FAILURE;
        }
    };
    let running = match serve(config).await {
        Ok(running) => running,
        Err(error) => {
            eprintln!("the simulator could not start: {error}");
            return ExitCode::FAILURE;
        }
    };
    println!("kommo-sim listening on http://{}", running.addr);
    stopped().await;
    running.shutdown().await;
    ExitCode::SUCCESS
}

/// Resolves when the program is asked to end, by Ctrl-C or by a termination signal.
async fn stopped() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

//! The real program, on a database and a port of its own.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(dead_code, reason = "no test file needs all of it")]

mod client;
mod database;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::channel;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

pub(crate) use client::Answer;
pub(crate) use database::Database;
use serde_json::Value;

/// Every variable that the program reads.
const VARIABLES: [&str; 10] = [
    "DATABASE_URL",
    "DATABASE_TYPE",
    "POSTGRES_USER",
    "POSTGRES_PASSWORD",
    "POSTGRES_DB",
    "DB_HOST",
    "DB_PORT",
    "BIND",
    "PORT",
    "RUST_LOG",
];

/// The program, with no settings but those that the test gives.
pub(crate) fn fenrir_app() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fenrir-app"));
    for variable in VARIABLES {
        command.env_remove(variable);
    }
    command
}

/// Waits for a program that is to end by itself; one that does not is stopped.
pub(crate) fn finish(mut child: Child) -> Output {
    wait(&mut child);
    child.wait_with_output().unwrap()
}

fn wait(child: &mut Child) -> ExitStatus {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if start.elapsed() > Duration::from_secs(30) {
            child.kill().unwrap();
            panic!("it does not end by itself");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// What is to fail: it ends with status 1, and never listened. Returns what it said.
pub(crate) fn refusal(command: &mut Command) -> String {
    let child = command.env("PORT", "0").stderr(Stdio::piped()).spawn().unwrap();
    let output = finish(child);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(!said.contains("serving on"), "{said}");
    said
}

/// The service, which is stopped when this is dropped.
pub(crate) struct Service {
    child: Child,
    pub(crate) port: u16,
    /// Reads what it says, to the end.
    log: Option<JoinHandle<String>>,
}

impl Service {
    /// Starts it, and waits until it listens: on a port of the system's choice, which it tells. One that
    /// the test chose could be another's by then.
    pub(crate) fn start(database: &Database) -> Self {
        let mut command = fenrir_app();
        command.env("DATABASE_URL", database.url()).env("PORT", "0");
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (tell_port, port) = channel();
        let log = std::thread::spawn(move || {
            let mut said = String::new();
            for line in stderr.lines().map_while(Result::ok) {
                if let Some((_, port)) = line.split_once("serving on http://127.0.0.1:") {
                    tell_port.send(port.parse().unwrap()).unwrap();
                }
                said += &line;
                said.push('\n');
            }
            said
        });
        let mut service = Self { child, port: 0, log: Some(log) };
        match port.recv_timeout(Duration::from_secs(30)) {
            Ok(port) => service.port = port,
            Err(_) => panic!("it does not serve: {}", service.stop().1),
        }
        service
    }

    /// Asks it to stop as a container's engine does. Returns whether it ended well, and what it said.
    pub(crate) fn stop(mut self) -> (bool, String) {
        // Without a crate for it, for this one line.
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        let status = wait(&mut self.child);
        (status.success(), self.log.take().unwrap().join().unwrap())
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.request("GET", path, None)
    }

    pub(crate) fn delete(&self, path: &str) -> Answer {
        self.request("DELETE", path, None)
    }

    pub(crate) fn post(&self, path: &str, body: Value) -> Answer {
        self.request("POST", path, Some(body))
    }

    pub(crate) fn put(&self, path: &str, body: Value) -> Answer {
        self.request("PUT", path, Some(body))
    }

    pub(crate) fn patch(&self, path: &str, body: Value) -> Answer {
        self.request("PATCH", path, Some(body))
    }

    fn request(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        match body {
            None => self.send(method, path, None, ""),
            Some(body) => self.send(method, path, Some("application/json"), &body.to_string()),
        }
    }

    /// Any request, right or wrong.
    pub(crate) fn send(&self, method: &str, path: &str, content_type: Option<&str>, body: &str) -> Answer {
        client::send(self.port, method, path, content_type, body)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

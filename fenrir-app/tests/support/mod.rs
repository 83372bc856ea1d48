//! The real program, on a database and a port of its own.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(dead_code, reason = "no test file needs all of it")]

mod client;
#[cfg_attr(feature = "postgres", path = "postgres.rs")]
#[cfg_attr(not(feature = "postgres"), path = "sqlite.rs")]
mod database;

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Output, Stdio};
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

/// A port that nobody listens on.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

pub(crate) fn is_listening(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}

/// Waits for a program that is to end by itself; one that does not is stopped.
pub(crate) fn finish(mut child: Child) -> Output {
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > Duration::from_secs(30) {
            child.kill().unwrap();
            panic!("it still runs: {:?}", child.wait_with_output());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    child.wait_with_output().unwrap()
}

/// What is to fail: it ends with status 1, and nothing listened. Returns what it said.
pub(crate) fn refusal(command: &mut Command) -> String {
    let port = free_port();
    let child = command.env("PORT", port.to_string()).stderr(Stdio::piped()).spawn().unwrap();
    let output = finish(child);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(!said.contains("serving on") && !is_listening(port), "{said}");
    said
}

/// The service, which is stopped when this is dropped.
pub(crate) struct Service {
    child: Option<Child>,
    pub(crate) port: u16,
}

impl Service {
    /// Starts it, and waits until it listens.
    pub(crate) fn start(database: &Database) -> Self {
        let port = free_port();
        let mut command = fenrir_app();
        command.env("DATABASE_URL", database.url()).env("PORT", port.to_string());
        let child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut service = Self { child: Some(child), port };
        let start = Instant::now();
        while !is_listening(port) {
            let child = service.child.as_mut().unwrap();
            if child.try_wait().unwrap().is_some() || start.elapsed() > Duration::from_secs(30) {
                panic!("it does not serve: {}", service.stop().1);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        service
    }

    /// Asks it to stop as a container's engine does. Returns whether it ended well, and what it said.
    pub(crate) fn stop(mut self) -> (bool, String) {
        let child = self.child.take().unwrap();
        // Without a crate for it, for this one line.
        Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
        let output = finish(child);
        (output.status.success(), String::from_utf8(output.stderr).unwrap())
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
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

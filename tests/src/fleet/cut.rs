//! A connection that is cut at the k-th thing that the client says: before the server hears it, or after, before the
//! client hears the answer. The reply to COMMIT is one of those.

use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use fenrir_migrate::Dialect;
use tempfile::TempDir;
use url::Url;

use super::address::{Server, Stream, through};
use super::boot::Boot;
use super::{Row, chain};
use crate::database::TestDatabase;

/// Cuts at every `stride`th thing that a client says, and boots another without a cut: it must find out what is done.
#[must_use]
pub fn at_each(binary: &'static str, dialect: Dialect, stride: u32) -> Row {
    let mut row = Row::new(format!("cut off before and after each {stride}. message, {}", dialect.title()));
    let database = TestDatabase::new(dialect);
    let direct = Boot::new(binary, dialect, database.url());
    let mut message = 1;
    while row.failures.len() < 3 {
        let mut any = false;
        for is_heard in [false, true] {
            database.reset();
            let proxy = Proxy::new(database.url(), dialect, message, is_heard);
            let cut = Boot::new(binary, dialect, &proxy.url).run();
            if !proxy.has_cut() {
                continue;
            }
            any = true;
            let result = direct.run().ok().and_then(|()| chain::is_whole(&mut database.connect()));
            let when = if is_heard { "after" } else { "before" };
            row.count(
                result.map_err(|error| format!("{when} message {message}: {error}; cut: {}", cut.said)),
            );
        }
        if !any {
            break;
        }
        message += stride;
    }
    row
}

/// Stands between one client and its server.
struct Proxy {
    url: String,
    has_cut: Arc<AtomicBool>,
    _folder: TempDir,
}

impl Proxy {
    fn new(url: &str, dialect: Dialect, message: u32, is_heard: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::of(&Url::parse(url).unwrap());
        let (url, socket) = through(url, dialect, folder.path());
        let listener = UnixListener::bind(socket).unwrap();
        let has_cut = Arc::new(AtomicBool::new(false));
        let cut = Arc::clone(&has_cut);
        std::thread::spawn(move || {
            // The client connects once; what fails here is an end of the connection to it.
            let Ok((client, _)) = listener.accept() else { return };
            if let Ok(server) = server.connect() {
                pass(Stream::Socket(client), server, message, is_heard, &cut);
            }
        });
        Self { url, has_cut, _folder: folder }
    }

    fn has_cut(&self) -> bool {
        self.has_cut.load(Ordering::SeqCst)
    }
}

fn pass(mut client: Stream, mut server: Stream, message: u32, is_heard: bool, has_cut: &Arc<AtomicBool>) {
    let said = Arc::new(AtomicU32::new(0));
    let (Ok(mut answers), Ok(mut back)) = (server.again(), client.again()) else { return };
    let (heard, cut) = (Arc::clone(&said), Arc::clone(has_cut));
    let answering = std::thread::spawn(move || {
        let mut buffer = [0; 65536];
        while let Ok(length @ 1..) = answers.read(&mut buffer) {
            if is_heard && heard.load(Ordering::SeqCst) >= message {
                // The server has answered; nobody hears it.
                cut.store(true, Ordering::SeqCst);
                break;
            }
            if back.write_all(&buffer[..length]).is_err() {
                break;
            }
        }
        answers.close();
        back.close();
    });
    let mut buffer = [0; 65536];
    while let Ok(length @ 1..) = client.read(&mut buffer) {
        let number = said.fetch_add(1, Ordering::SeqCst) + 1;
        if number == message && !is_heard {
            has_cut.store(true, Ordering::SeqCst);
            break;
        }
        if server.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    if !is_heard || !has_cut.load(Ordering::SeqCst) {
        server.close();
        client.close();
    }
    let _ = answering.join();
}

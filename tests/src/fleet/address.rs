//! Where a database's server listens, and its address by another way.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use fenrir_migrate::Dialect;
use url::Url;

/// Where a server listens.
#[derive(Clone, Debug)]
pub enum Server {
    /// At a socket of this machine's.
    Socket(PathBuf),
    /// At a port.
    Port(String, u16),
}

/// A connection to it.
pub enum Stream {
    /// By a socket.
    Socket(UnixStream),
    /// By a port.
    Port(TcpStream),
}

impl Server {
    /// Of a database's address.
    ///
    /// # Panics
    /// When it is none of a server.
    #[must_use]
    pub fn of(url: &Url) -> Self {
        let parameter =
            |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        match (parameter("unix_socket"), parameter("host")) {
            (Some(socket), _) => Self::Socket(socket.into()),
            (None, Some(folder)) => Self::Socket(Path::new(&folder).join(".s.PGSQL.5432")),
            (None, None) => {
                let port = url.port().unwrap_or(if url.scheme() == "mysql" { 3306 } else { 5432 });
                Self::Port(url.host_str().unwrap().to_owned(), port)
            }
        }
    }

    /// Connects.
    ///
    /// # Errors
    /// When nobody listens.
    pub fn connect(&self) -> std::io::Result<Stream> {
        match self {
            Self::Socket(path) => UnixStream::connect(path).map(Stream::Socket),
            Self::Port(host, port) => TcpStream::connect((host.as_str(), *port)).map(Stream::Port),
        }
    }
}

impl Stream {
    /// The same connection, for another thread.
    ///
    /// # Errors
    /// When the system has no more of them.
    pub fn again(&self) -> std::io::Result<Self> {
        match self {
            Self::Socket(stream) => stream.try_clone().map(Self::Socket),
            Self::Port(stream) => stream.try_clone().map(Self::Port),
        }
    }

    /// Ends it.
    pub fn close(&self) {
        let _ = match self {
            Self::Socket(stream) => stream.shutdown(std::net::Shutdown::Both),
            Self::Port(stream) => stream.shutdown(std::net::Shutdown::Both),
        };
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Self::Socket(stream) => stream.read(buffer),
            Self::Port(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, buffer: &[u8]) -> std::io::Result<usize> {
        match self {
            Self::Socket(stream) => stream.write(buffer),
            Self::Port(stream) => stream.write(buffer),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The address of the same database through a socket in this folder, and the socket's path.
///
/// # Panics
/// When it is none of a server.
#[must_use]
pub fn through(url: &str, dialect: Dialect, folder: &Path) -> (String, PathBuf) {
    let mut url = Url::parse(url).unwrap();
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(key, _)| !["host", "port", "unix_socket"].contains(&key.as_ref()))
        .map(|(key, value)| (key.into_owned(), value.into_owned()))
        .collect();
    url.query_pairs_mut().clear().extend_pairs(kept);
    match dialect {
        Dialect::Postgres => {
            url.query_pairs_mut().append_pair("host", folder.to_str().unwrap()).append_pair("port", "5432");
            (url.to_string(), folder.join(".s.PGSQL.5432"))
        }
        _ => {
            let socket = folder.join("socket");
            url.query_pairs_mut().append_pair("unix_socket", socket.to_str().unwrap());
            (url.to_string(), socket)
        }
    }
}

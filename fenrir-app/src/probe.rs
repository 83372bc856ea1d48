//! `fenrir-app health`: asks the service on this machine whether it is well. A container has no other
//! client to ask with.

use std::io::{Error as IoError, ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use crate::error::Error;
use crate::settings;

const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) fn run() -> Result<(), Error> {
    let mut address = settings::address(&settings::variables())?;
    // What listens everywhere is asked here.
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    let answer = ask(address).map_err(|source| Error::NoAnswer { address, source })?;
    let status = answer.lines().next().unwrap_or_default();
    if status.split(' ').nth(1) == Some("200") {
        return Ok(());
    }
    Err(Error::NotWell { address, answer: status.to_owned() })
}

fn ask(address: SocketAddr) -> Result<String, IoError> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(stream, "GET /health HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    // More than this is no answer of ours.
    let mut answer = Vec::new();
    stream.take(64 * 1024).read_to_end(&mut answer)?;
    if answer.is_empty() {
        return Err(IoError::new(ErrorKind::UnexpectedEof, "it closed the connection"));
    }
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

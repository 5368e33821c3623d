//! TCP, to devices on the LAN and to serial converters.

use std::time::Duration;

use nix::sys::socket::{setsockopt, sockopt};
use tokio::net::TcpStream;

use super::{Fault, Wire};

/// How long unacknowledged bytes, or silence of a dead peer, may last before the line is lost.
const PEER_DEAD_AFTER: Duration = Duration::from_secs(10);

/// Connects.
pub async fn open(address: &str, timeout: Duration) -> Result<Box<dyn Wire>, Fault> {
    let stream = match tokio::time::timeout(timeout, TcpStream::connect(address)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return Err(Fault::Unreachable(format!("{address}: {error}"))),
        Err(_) => return Err(Fault::Unreachable(format!("{address}: no answer in time"))),
    };
    // A sign never speaks: without these a converter that lost its power would look alive for
    // a quarter of an hour. They are a help, so a failure to set them is only noted.
    let timeout_ms = u32::try_from(PEER_DEAD_AFTER.as_millis()).unwrap_or(u32::MAX);
    let noted = [
        stream.set_nodelay(true).err().map(|error| error.to_string()),
        setsockopt(&stream, sockopt::KeepAlive, &true).err().map(|error| error.to_string()),
        setsockopt(&stream, sockopt::TcpKeepIdle, &5).err().map(|error| error.to_string()),
        setsockopt(&stream, sockopt::TcpKeepInterval, &2).err().map(|error| error.to_string()),
        setsockopt(&stream, sockopt::TcpUserTimeout, &timeout_ms)
            .err()
            .map(|error| error.to_string()),
    ];
    for error in noted.into_iter().flatten() {
        tracing::debug!(address, error, "socket option not set");
    }
    Ok(Box::new(stream))
}

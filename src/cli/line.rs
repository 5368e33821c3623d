//! `motcua sim line`: the line between a center and the province, as a process that can be cut.
//!
//! It passes bytes from one loopback port to another. A control port takes one word a line:
//! `cut` ends every connection and refuses new ones, `hang` keeps them open and passes nothing
//! (what a lost line looks like before anybody notices), `mend` passes again.

use anyhow::Context;
use std::net::SocketAddr;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Connections that the line carries at once; a further one is closed.
const CONNECTIONS_MAX: usize = 256;
/// Bytes passed in one go.
const PIECE: usize = 64 * 1024;

/// What the line does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// Bytes pass.
    Whole,
    /// Connections stay, nothing passes.
    Hanging,
    /// Nothing is connected.
    Cut,
}

impl Line {
    fn from_word(word: &str) -> Option<Self> {
        match word {
            "mend" => Some(Self::Whole),
            "hang" => Some(Self::Hanging),
            "cut" => Some(Self::Cut),
            _ => None,
        }
    }
}

/// Runs the line until the process ends.
///
/// # Errors
/// A port cannot be bound.
pub async fn run(listen: SocketAddr, to: SocketAddr, control: SocketAddr) -> anyhow::Result<()> {
    let (state, watched) = watch::channel(Line::Whole);
    let incoming = TcpListener::bind(listen).await.with_context(|| format!("{listen}"))?;
    let orders = TcpListener::bind(control).await.with_context(|| format!("{control}"))?;
    let places = std::sync::Arc::new(tokio::sync::Semaphore::new(CONNECTIONS_MAX));
    loop {
        tokio::select! {
            accepted = incoming.accept() => {
                let (near, _) = accepted?;
                let Ok(place) = places.clone().try_acquire_owned() else { continue };
                let watched = watched.clone();
                tokio::spawn(async move {
                    let _ = carry(near, to, watched).await;
                    drop(place);
                });
            }
            accepted = orders.accept() => {
                let (socket, _) = accepted?;
                let state = state.clone();
                tokio::spawn(async move { let _ = obey(socket, state).await; });
            }
        }
    }
}

async fn obey(socket: TcpStream, state: watch::Sender<Line>) -> std::io::Result<()> {
    let (reading, mut writing) = socket.into_split();
    let mut lines = BufReader::new(reading).lines();
    while let Some(word) = lines.next_line().await? {
        let answer = match Line::from_word(word.trim()) {
            Some(line) => {
                state.send_replace(line);
                "ok\n"
            }
            None => "error: cut, hang or mend\n",
        };
        writing.write_all(answer.as_bytes()).await?;
    }
    Ok(())
}

async fn carry(
    near: TcpStream,
    to: SocketAddr,
    mut watched: watch::Receiver<Line>,
) -> std::io::Result<()> {
    if *watched.borrow() == Line::Cut {
        return Ok(());
    }
    let far = TcpStream::connect(to).await?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    let (near_read, near_write) = near.into_split();
    let (far_read, far_write) = far.into_split();
    let up = pass(near_read, far_write, watched.clone());
    let down = pass(far_read, near_write, watched.clone());
    tokio::select! {
        ended = up => ended,
        ended = down => ended,
        _ = watched.wait_for(|line| *line == Line::Cut) => Ok(()),
    }
}

async fn pass(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    mut watched: watch::Receiver<Line>,
) -> std::io::Result<()> {
    let mut piece = vec![0u8; PIECE];
    loop {
        let count = from.read(&mut piece).await?;
        if count == 0 {
            return Ok(());
        }
        // While the line hangs, what was read waits here: the sender sees a full buffer, no end.
        if watched.wait_for(|line| *line != Line::Hanging).await.is_err() {
            return Ok(());
        }
        to.write_all(&piece[..count]).await?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn order(control: SocketAddr, word: &str) {
        let mut socket = TcpStream::connect(control).await.unwrap();
        socket.write_all(format!("{word}\n").as_bytes()).await.unwrap();
        let mut answer = [0u8; 3];
        socket.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"ok\n");
    }

    fn address() -> SocketAddr {
        let port = crate::cli::demo::processes::free_port().unwrap();
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    #[tokio::test]
    async fn a_cut_line_ends_its_connections_and_a_mended_one_carries_again() {
        let echo = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let far = echo.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((socket, _)) = echo.accept().await {
                tokio::spawn(async move {
                    let (mut reading, mut writing) = socket.into_split();
                    let _ = tokio::io::copy(&mut reading, &mut writing).await;
                });
            }
        });
        let (listen, control) = (address(), address());
        tokio::spawn(run(listen, far, control));
        let mut near = loop {
            if let Ok(socket) = TcpStream::connect(listen).await {
                break socket;
            }
            tokio::task::yield_now().await;
        };
        near.write_all(b"one").await.unwrap();
        let mut answer = [0u8; 3];
        near.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"one");

        order(control, "cut").await;
        assert_eq!(near.read(&mut answer).await.unwrap_or(0), 0);

        order(control, "mend").await;
        let mut near = TcpStream::connect(listen).await.unwrap();
        near.write_all(b"two").await.unwrap();
        near.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"two");
    }
}

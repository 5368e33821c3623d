//! Serving a simulated device where a driver can reach it.

use std::fs::File;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::termios::{SetArg, cfmakeraw, tcgetattr, tcsetattr};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpListener;
use tokio::net::unix::pipe;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::SimulatedLine;
use crate::transport::Wire;

/// The plug of a simulated device.
#[derive(Clone, Debug)]
pub struct Plug(Arc<watch::Sender<bool>>);

impl Plug {
    /// Plugged in.
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(true)))
    }

    /// Puts it in.
    pub fn plug(&self) {
        self.0.send_replace(true);
    }

    /// Pulls it.
    pub fn unplug(&self) {
        self.0.send_replace(false);
    }

    /// Whether it is in.
    pub fn is_in(&self) -> bool {
        *self.0.borrow()
    }

    async fn wait(&self, wanted: bool) {
        // The sender lives in self, so waiting cannot fail.
        let _ = self.0.subscribe().wait_for(|plugged| *plugged == wanted).await;
    }
}

impl Default for Plug {
    fn default() -> Self {
        Self::new()
    }
}

/// Where a simulated device can be reached.
#[derive(Clone, Debug)]
pub enum Place {
    /// A TCP address; port 0 takes a free one.
    Tcp(SocketAddr),
    /// A pseudo-terminal, reached by this link, as a serial adapter is by its by-id path.
    Pty(PathBuf),
    /// A line inside this process.
    Line(SimulatedLine),
}

/// A simulated device that is being served. Dropping it ends it and removes its link.
#[derive(Debug)]
pub struct Server {
    /// The TCP address, when there is one.
    pub address: Option<SocketAddr>,
    link: Option<PathBuf>,
    task: JoinHandle<()>,
}

impl Server {
    /// Waits for its end, which comes only when it can no longer be reached at its place.
    pub async fn ended(&mut self) {
        // Either way it has ended; a panic inside was printed.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
        if let Some(link) = &self.link {
            remove_link(link);
        }
    }
}

/// Serves one connection after the other. Pulling the plug ends the connection, and the place is
/// gone until the plug is back.
pub async fn serve<S, F>(place: Place, plug: Plug, session: S) -> io::Result<Server>
where
    S: Fn(Box<dyn Wire>) -> F + Send + 'static,
    F: Future<Output = ()> + Send,
{
    let mut source = Source::open(&place).await?;
    let (place, address) = match (&source, place) {
        (Source::Tcp(listener), _) => {
            let address = listener.local_addr()?;
            (Place::Tcp(address), Some(address))
        }
        (_, place) => (place, None),
    };
    let link = if let Place::Pty(link) = &place { Some(link.clone()) } else { None };
    let task = tokio::spawn(async move {
        loop {
            tokio::select! {
                () = plug.wait(false) => {}
                wire = source.accept() => match wire {
                    Ok(wire) => tokio::select! {
                        () = plug.wait(false) => {}
                        () = session(wire) => {}
                    },
                    Err(error) => {
                        tracing::error!(%error, "simulated device");
                        return;
                    }
                },
            }
            if !plug.is_in() {
                drop(source);
                if let Place::Pty(link) = &place {
                    remove_link(link);
                }
                plug.wait(true).await;
                source = match Source::open(&place).await {
                    Ok(source) => source,
                    Err(error) => {
                        tracing::error!(%error, "simulated device");
                        return;
                    }
                };
            }
        }
    });
    Ok(Server { address, link, task })
}

enum Source {
    Tcp(TcpListener),
    Pty { link: PathBuf, first: Option<PtyMaster> },
    Line(SimulatedLine),
}

impl Source {
    async fn open(place: &Place) -> io::Result<Self> {
        Ok(match place {
            Place::Tcp(address) => Self::Tcp(TcpListener::bind(address).await?),
            Place::Pty(link) => {
                Self::Pty { link: link.clone(), first: Some(PtyMaster::open(link)?) }
            }
            Place::Line(line) => Self::Line(line.clone()),
        })
    }

    async fn accept(&mut self) -> io::Result<Box<dyn Wire>> {
        match self {
            Self::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                Ok(Box::new(stream))
            }
            Self::Pty { link, first } => match first.take() {
                Some(master) => Ok(Box::new(master)),
                None => Ok(Box::new(PtyMaster::open(link)?)),
            },
            Self::Line(line) => match line.answers.lock().await.recv().await {
                Some(far) => Ok(Box::new(far)),
                None => Err(io::ErrorKind::BrokenPipe.into()),
            },
        }
    }
}

fn remove_link(link: &Path) {
    if let Err(error) = std::fs::remove_file(link)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(link = %link.display(), %error, "link of the simulated line stays");
    }
}

/// The far end of a pseudo-terminal in raw mode. tokio has no type for it, but its pipes take any
/// file that can be polled.
struct PtyMaster {
    read: pipe::Receiver,
    write: pipe::Sender,
    // Held open so that the far end reads "nothing yet" while no driver has the near end open.
    _slave: OwnedFd,
}

impl PtyMaster {
    fn open(link: &Path) -> io::Result<Self> {
        let pair = nix::pty::openpty(None, None)?;
        let mut form = tcgetattr(&pair.slave)?;
        cfmakeraw(&mut form);
        tcsetattr(&pair.slave, SetArg::TCSANOW, &form)?;
        fcntl(&pair.master, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        let name = nix::unistd::ttyname(&pair.slave)?;
        // The link appears whole: a driver that looks in between must not see a half-made one.
        let draft = link.with_extension("new");
        remove_link(&draft);
        std::os::unix::fs::symlink(name, &draft)?;
        std::fs::rename(&draft, link)?;
        let master = File::from(pair.master);
        Ok(Self {
            read: pipe::Receiver::from_file_unchecked(master.try_clone()?)?,
            write: pipe::Sender::from_file_unchecked(master)?,
            _slave: pair.slave,
        })
    }
}

impl AsyncRead for PtyMaster {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.read).poll_read(context, buffer)
    }
}

impl AsyncWrite for PtyMaster {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.write).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.write).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.write).poll_shutdown(context)
    }
}

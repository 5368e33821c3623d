//! Starts the HTTP server: sockets, TLS, workers, limits by name, graceful stop.

use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};

use crate::guard::{self, ConnectionSeat, Guard, Seats};
use crate::problem;
use crate::stopping::Stopping;
use crate::tls::Identity;

/// What a caller may take of the server.
#[derive(Debug, Clone)]
pub struct Limits {
    /// A JSON body; larger ones are answered 413. A handler that takes a file sets its own.
    pub json_bytes_max: usize,
    /// From the opening of a connection to the end of its first request's head; exact to half a
    /// second, and so not less than one.
    pub head_time: Duration,
    /// From the head to the start of the answer, a slow body included.
    pub request_time: Duration,
    /// A connection without a request is closed after this.
    pub keep_alive: Duration,
    /// The TLS handshake.
    pub handshake_time: Duration,
    /// Open connections of one worker; further ones wait in the socket's backlog.
    pub connections_per_worker_max: usize,
    /// Open connections of one address; a request on a further one is answered "busy".
    pub connections_per_address_max: usize,
    /// Connections that wait to be accepted.
    pub backlog: u32,
    /// How long open requests may take when the server stops; then they are cut off.
    pub stop_time: Duration,
}

/// When all open requests are answered, connections that are only kept alive are cut after this.
const IDLE_STOP: Duration = Duration::from_secs(1);

/// How long a connection that we end may take to say that it has ended; then it is cut off.
const DISCONNECT_MAX: Duration = Duration::from_secs(2);

impl Default for Limits {
    fn default() -> Self {
        Self {
            json_bytes_max: 64 * 1024,
            head_time: Duration::from_secs(10),
            request_time: Duration::from_secs(120),
            keep_alive: Duration::from_secs(30),
            handshake_time: Duration::from_secs(5),
            connections_per_worker_max: 512,
            connections_per_address_max: 32,
            backlog: 256,
            stop_time: Duration::from_secs(10),
        }
    }
}

/// How to serve.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// Threads that serve; two are enough for a center.
    pub workers: usize,
    /// What a caller may take.
    pub limits: Limits,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self { workers: 2, limits: Limits::default() }
    }
}

/// A running server. Its workers run already; [`Serving::stop`] ends them.
pub struct Serving {
    /// Where it listens; with port 0 asked for, the port that was given.
    pub addresses: Vec<SocketAddr>,
    handle: ServerHandle,
    stopping: Stopping,
    stop_time: Duration,
    task: actix_web::rt::task::JoinHandle<io::Result<()>>,
}

impl Serving {
    /// Takes no new connection, tells live pages that it goes away, lets open requests end within
    /// [`Limits::stop_time`], and waits for nobody who only keeps a connection open.
    pub async fn stop(self) {
        self.handle.pause().await;
        self.stopping.ask();
        if tokio::time::timeout(self.stop_time, self.stopping.drained()).await.is_err() {
            tracing::warn!("requests are cut off: they took longer than a stop may take");
        }
        self.handle.stop(true).await;
        self.ended().await.unwrap_or_else(|err| tracing::error!(%err, "the web server failed"));
    }

    /// Waits until so many requests are open.
    #[cfg(test)]
    pub(crate) async fn open_requests(&self, count: usize) {
        self.stopping.open_is(count).await;
    }

    /// Waits until the server ends by itself, which it does only when it fails.
    pub async fn ended(self) -> io::Result<()> {
        self.task.await.map_err(io::Error::other)?
    }
}

/// Serves on an address; `tls: None` is for loopback in tests and behind a test's own TLS.
/// `configure` is called once for each worker. Call it inside a running tokio or actix system.
pub fn serve(
    address: impl ToSocketAddrs,
    tls: Option<&Identity>,
    options: &ServeOptions,
    configure: impl Fn(&mut web::ServiceConfig) + Send + Clone + 'static,
) -> io::Result<Serving> {
    let listeners =
        address.to_socket_addrs()?.map(TcpListener::bind).collect::<io::Result<Vec<_>>>()?;
    serve_on(listeners, tls, options, configure)
}

/// The same on sockets that are open already (given by systemd).
pub fn serve_on(
    listeners: Vec<TcpListener>,
    tls: Option<&Identity>,
    options: &ServeOptions,
    configure: impl Fn(&mut web::ServiceConfig) + Send + Clone + 'static,
) -> io::Result<Serving> {
    let limits = options.limits.clone();
    let stopping = Stopping::default();
    let shared = web::Data::new(stopping.clone());
    let guard = Guard {
        stopping: stopping.clone(),
        request_time: limits.request_time,
        seats: Seats::new(limits.connections_per_address_max),
    };
    let json_bytes_max = limits.json_bytes_max;
    let mut server = HttpServer::new(move || {
        let guard = guard.clone();
        let configure = configure.clone();
        App::new()
            .wrap(from_fn(move |request, next| guard::pass(guard.clone(), request, next)))
            .app_data(shared.clone())
            .configure(|cfg| problem::configure(json_bytes_max, cfg))
            .configure(configure)
            .default_service(web::to(problem::nothing_here))
    })
    .on_connect(|_, extensions| {
        extensions.insert(ConnectionSeat::default());
    })
    .workers(options.workers.max(1))
    .disable_signals()
    .client_request_timeout(limits.head_time)
    .client_disconnect_timeout(DISCONNECT_MAX)
    .tls_handshake_timeout(limits.handshake_time)
    .keep_alive(limits.keep_alive)
    .max_connections(limits.connections_per_worker_max)
    .shutdown_timeout(IDLE_STOP.as_secs());

    let mut addresses = Vec::new();
    for listener in listeners {
        addresses.push(listener.local_addr()?);
        server = match tls {
            Some(identity) => server.listen_rustls_0_23(listener, identity.server_config()?)?,
            None => server.listen(listener)?,
        };
    }
    let server: Server = server.run();
    let handle = server.handle();
    let task = actix_web::rt::spawn(server);
    Ok(Serving { addresses, handle, stopping, stop_time: limits.stop_time, task })
}

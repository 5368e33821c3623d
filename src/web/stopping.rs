//! Stopping a server quickly and without cutting anybody off: requests that are open are answered,
//! live pages are told that the server goes away, and connections that are merely kept alive are not
//! waited for.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::web::Bytes;
use tokio::sync::watch;

/// Whether the server stops, and how many requests are open. Cloning shares it.
#[derive(Clone)]
pub struct Stopping(Arc<Inner>);

struct Inner {
    asked: watch::Sender<bool>,
    open: watch::Sender<usize>,
}

impl Default for Stopping {
    fn default() -> Self {
        let (asked, open) = (watch::Sender::new(false), watch::Sender::new(0));
        Self(Arc::new(Inner { asked, open }))
    }
}

impl Stopping {
    /// Tells everybody.
    pub(crate) fn ask(&self) {
        self.0.asked.send_replace(true);
    }

    /// Whether it was asked for.
    pub(crate) fn is_asked(&self) -> bool {
        *self.0.asked.borrow()
    }

    /// For who must hear of it.
    pub(crate) fn heard(&self) -> watch::Receiver<bool> {
        self.0.asked.subscribe()
    }

    /// One more request is open until this is dropped.
    pub(crate) fn enter(&self) -> OpenRequest {
        self.0.open.send_modify(|open| *open += 1);
        OpenRequest(self.clone())
    }

    /// Waits until no request is open.
    pub(crate) async fn drained(&self) {
        self.open_is(0).await;
    }

    /// Waits until so many requests are open.
    pub(crate) async fn open_is(&self, count: usize) {
        // The sender lives in `self`, so this cannot fail.
        let _ = self.0.open.subscribe().wait_for(|open| *open == count).await;
    }
}

/// A request that is not answered to its last byte yet.
pub(crate) struct OpenRequest(Stopping);

impl Drop for OpenRequest {
    fn drop(&mut self) {
        self.0.0.open.send_modify(|open| *open = open.saturating_sub(1));
    }
}

/// A body that keeps its request open until it is sent.
pub(crate) struct OpenBody {
    body: BoxBody,
    _request: OpenRequest,
}

impl OpenBody {
    pub(crate) fn boxed(body: impl MessageBody + 'static, request: OpenRequest) -> BoxBody {
        BoxBody::new(Self { body: BoxBody::new(body), _request: request })
    }
}

impl MessageBody for OpenBody {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_next(context)
    }
}

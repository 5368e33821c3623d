//! What the console is told about hand-overs: how many wait here to be accepted, and what the hub said
//! last. Codes and nodes only; who it is about is asked for by an officer's own session.

use domain::dossier::{CustodyOutcome, Dossier};
use domain::ids::NodeId;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::VecDeque;
use uuid::Uuid;

/// So many words of the hub are shown, newest first; an older one leaves, and stands in the lists only.
const NEWS_MAX: usize = 20;

/// What became of a hand-over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum HandOverNews {
    /// Another node offers one.
    Offered,
    /// What the hub decided.
    #[serde(untagged)]
    Decided(CustodyOutcome),
}

/// One word of the hub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct News {
    dossier: Uuid,
    code: String,
    what: HandOverNews,
    /// The other node.
    other: NodeId,
    at: Timestamp,
}

impl News {
    pub(super) fn of(dossier: &Dossier, what: HandOverNews, other: NodeId, at: Timestamp) -> Self {
        Self { dossier: dossier.id, code: dossier.code.clone(), what, other, at }
    }
}

/// The live topic's state.
#[derive(Debug, Default)]
pub(super) struct Board {
    news: VecDeque<News>,
}

impl Board {
    pub(super) fn add(&mut self, news: impl IntoIterator<Item = News>) {
        for one in news {
            self.news.push_front(one);
        }
        self.news.truncate(NEWS_MAX);
    }

    /// The snapshot: with `at`, lists know that they are old.
    pub(super) fn snapshot(&self, incoming: u64, at: Timestamp) -> Value {
        json!({ "incoming": incoming, "moved_at": at, "news": self.news })
    }
}

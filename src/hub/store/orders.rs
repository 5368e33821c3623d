//! Orders to centers: a message for all counters. An order and the entries that carry it are one
//! transaction; whether a node has it shows from that node's acknowledgement of its down journal.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::down::DownChange;
use super::{Store, instant, micros, signed};
use crate::error::{HubError, Result};

/// Longest text of a message, in characters.
pub const TEXT_LENGTH_MAX: usize = 2_000;
/// Orders that are listed at once, newest first.
const LISTED_MAX: i64 = 100;

/// What is to be ordered.
#[derive(Debug, Clone)]
pub struct NewOrder {
    /// The message.
    pub text: String,
    /// To these nodes; `None`: to all that are enrolled.
    pub nodes: Option<Vec<String>>,
    /// Who orders.
    pub by: String,
    /// The caller's key against doing it twice.
    pub request_key: Option<String>,
}

/// An order and how far it has come.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OrderShown {
    /// Its id; the message at the nodes carries the same.
    #[schema(value_type = String, format = "uuid")]
    pub id: Uuid,
    /// The message.
    pub text: String,
    /// Who ordered.
    pub ordered_by: String,
    /// When.
    #[schema(value_type = String, format = "date-time")]
    pub ordered_at: Timestamp,
    /// It went to every node that was enrolled then.
    pub to_all: bool,
    /// Each node, and whether it has acknowledged.
    pub nodes: Vec<OrderNode>,
}

/// One node of an order.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OrderNode {
    /// The node.
    pub node: String,
    /// It has committed the order.
    pub delivered: bool,
    /// An officer there has read it, as far as the node's journal says so here.
    pub read: bool,
}

impl Store {
    /// Gives an order. The same request key gives the first order again.
    pub async fn order(&self, order: &NewOrder, now: Timestamp) -> Result<OrderShown> {
        let text = domain::text_fold::normalise(order.text.trim());
        let length = text.chars().count();
        let control = text.chars().any(|c| c.is_control() && c != '\n');
        if length == 0 || length > TEXT_LENGTH_MAX || control {
            return Err(HubError::refused(
                "order.bad_text",
                format!(
                    "a message has 1 to {TEXT_LENGTH_MAX} characters and no control characters"
                ),
            ));
        }
        let id = Uuid::now_v7();
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        if let Some(key) = &order.request_key {
            // Of two requests with one key at once, the second waits here and then finds the first.
            tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 7))", &[key]).await?;
            let known =
                tx.query_opt("SELECT id FROM hub_order WHERE request_key = $1", &[key]).await?;
            if let Some(row) = known {
                tx.rollback().await?;
                drop(client); // the first order is read over a connection of its own
                let known: String = row.get(0);
                return self.orders(Some(&known)).await?.pop().ok_or_else(|| {
                    HubError::refused("hub.store_damaged", "an order without a row")
                });
            }
        }
        let enrolled = self.enrolled_nodes(&tx).await?;
        let nodes = match &order.nodes {
            None => enrolled,
            Some(wanted) => {
                if let Some(unknown) = wanted.iter().find(|node| !enrolled.contains(node)) {
                    return Err(HubError::refused(
                        "order.unknown_node",
                        format!("{unknown} is not an enrolled node"),
                    ));
                }
                let mut wanted = wanted.clone();
                // In one order always, so that two orders at once wait for each other and not in a ring.
                wanted.sort();
                wanted.dedup();
                wanted
            }
        };
        if nodes.is_empty() {
            return Err(HubError::refused("order.no_node", "no node is enrolled yet"));
        }
        tx.execute(
            "INSERT INTO hub_order (id, request_key, text, ordered_by, ordered_us, to_all)
             VALUES ($1, $2, $3, $4, $5, $6)",
            &[
                &id.to_string(),
                &order.request_key,
                &text,
                &order.by,
                &micros(now),
                &order.nodes.is_none(),
            ],
        )
        .await?;
        for node in &nodes {
            let change = DownChange {
                kind: "message",
                subject: id.to_string(),
                rev: 1,
                term: 0,
                schema: 1,
                public: json!({ "id": id, "from": order.by, "at": now }),
                // Typed by a person, and perhaps about one.
                sealed: Some((format!("message:{id}"), json!({ "/text": text }))),
                blobs: Vec::new(),
            };
            let (epoch, seq) = self.append_down(&tx, node, &order.by, vec![change], now).await?;
            tx.execute(
                "INSERT INTO hub_order_node (id, node, epoch, seq) VALUES ($1, $2, $3, $4)",
                &[&id.to_string(), node, &signed(epoch), &signed(seq)],
            )
            .await?;
        }
        tx.commit().await?;
        tracing::info!(order = %id, nodes = nodes.len(), "order given");
        Ok(OrderShown {
            id,
            text,
            ordered_by: order.by.clone(),
            ordered_at: now,
            to_all: order.nodes.is_none(),
            nodes: nodes
                .into_iter()
                .map(|node| OrderNode { node, delivered: false, read: false })
                .collect(),
        })
    }

    /// The newest orders, or one.
    pub async fn orders(&self, id: Option<&str>) -> Result<Vec<OrderShown>> {
        let client = self.client().await?;
        let rows = client
            .query(
                "SELECT id, text, ordered_by, ordered_us, to_all FROM hub_order
                 WHERE $1::text IS NULL OR id = $1 ORDER BY ordered_us DESC, id DESC LIMIT $2",
                &[&id, &LISTED_MAX],
            )
            .await?;
        let ids: Vec<&str> = rows.iter().map(|row| row.get(0)).collect();
        let nodes = client
            .query(
                // What was acknowledged in an older epoch is not said again in the newer one.
                "SELECT o.id, o.node, o.epoch < d.epoch OR d.acked_seq >= o.seq,
                        EXISTS (SELECT 1 FROM subject s
                                WHERE s.node = o.node AND s.kind = 'message' AND s.subject = o.id
                                  AND s.public ->> 'read_at' IS NOT NULL)
                 FROM hub_order_node o JOIN down_stream d ON d.node = o.node
                 WHERE o.id = ANY($1) ORDER BY o.node",
                &[&ids],
            )
            .await?;
        rows.iter()
            .map(|row| {
                let id: &str = row.get(0);
                let id_parsed = Uuid::parse_str(id).map_err(|_| {
                    HubError::refused("hub.store_damaged", "an order's id is not one")
                })?;
                Ok(OrderShown {
                    id: id_parsed,
                    text: row.get(1),
                    ordered_by: row.get(2),
                    ordered_at: instant(row.get(3)),
                    to_all: row.get(4),
                    nodes: nodes
                        .iter()
                        .filter(|node| node.get::<_, &str>(0) == id)
                        .map(|node| OrderNode {
                            node: node.get(1),
                            delivered: node.get(2),
                            read: node.get(3),
                        })
                        .collect(),
                })
            })
            .collect()
    }
}

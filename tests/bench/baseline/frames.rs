//! A frame of entries in the hub's tables: the statements that the product runs for it, with values that
//! lie ready, in one transaction. Nothing is read, checked or opened.

use anyhow::{Context, ensure};
use serde_json::Value;
use tokio_postgres::{Client, Statement};

/// A frame: the message as it was sent by the product, and the values of its rows.
#[derive(Debug, Clone, Default)]
pub struct Frame {
    /// The message: four bytes of magic, then zstd.
    pub message: Vec<u8>,
    /// Of each entry: seq, time, bytes, hash.
    pub entries: Vec<(i64, i64, Vec<u8>, Vec<u8>)>,
    /// Of each change: kind, subject, axis, rev, term, schema, public, seq.
    pub subjects: Vec<Subject>,
}

/// Kind, subject, axis, rev, term, schema, public, seq.
pub type Subject = (String, String, String, i64, i64, i32, Value, i64);

/// The product's statements, prepared once.
pub struct Statements {
    lock: Statement,
    subject: Statement,
    entry: Statement,
    stream: Statement,
}

impl Statements {
    /// On one connection.
    pub async fn prepare(client: &Client) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            lock: client
                .prepare(
                    "SELECT s.epoch, s.acked_seq, s.head_hash, w.sealed, n.state, n.frozen_code
                     FROM stream s JOIN node n USING (node) JOIN wrapping_key w USING (node)
                     WHERE s.node = $1 FOR UPDATE OF s",
                )
                .await?,
            subject: client
                .prepare(
                    "INSERT INTO subject
                         (node, epoch, kind, subject, axis, rev, term, schema, public, private, seq)
                     SELECT $1, $2, * FROM unnest($3::text[], $4::text[], $5::text[], $6::bigint[],
                         $7::bigint[], $8::integer[], $9::jsonb[], $10::jsonb[], $11::bigint[])
                     ON CONFLICT (node, kind, subject, axis) DO UPDATE
                     SET epoch = excluded.epoch, rev = excluded.rev, term = excluded.term,
                         schema = excluded.schema, public = excluded.public,
                         private = excluded.private, seq = excluded.seq
                     WHERE (subject.epoch, subject.rev) < (excluded.epoch, excluded.rev)
                     RETURNING kind, subject, axis",
                )
                .await?,
            entry: client
                .prepare(
                    "INSERT INTO entry (node, epoch, seq, at_us, raw, hash)
                     SELECT $1, $2, *
                     FROM unnest($3::bigint[], $4::bigint[], $5::bytea[], $6::bytea[])",
                )
                .await?,
            stream: client
                .prepare(
                    "UPDATE stream SET acked_seq = $2, head_hash = $3, entries = entries + $4,
                            last_entry_us = $5, committed_us = $6
                     WHERE node = $1",
                )
                .await?,
        })
    }
}

/// One frame of a node's epoch in one transaction.
pub async fn write(
    (node, epoch): (&str, i64),
    database: &mut Client,
    statements: &Statements,
    frame: &Frame,
) -> anyhow::Result<()> {
    let transaction = database.transaction().await?;
    transaction.query(&statements.lock, &[&node]).await?;
    macro_rules! column {
        ($rows:expr, $place:tt) => {
            $rows.iter().map(|row| &row.$place).collect::<Vec<_>>()
        };
    }
    let s = &frame.subjects;
    let private = vec![Value::Null; s.len()];
    let written = transaction
        .query(
            &statements.subject,
            &[
                &node,
                &epoch,
                &column!(s, 0),
                &column!(s, 1),
                &column!(s, 2),
                &column!(s, 3),
                &column!(s, 4),
                &column!(s, 5),
                &column!(s, 6),
                &private,
                &column!(s, 7),
            ],
        )
        .await?;
    ensure!(written.len() == s.len(), "{} of {} states were written", written.len(), s.len());
    let e = &frame.entries;
    transaction
        .execute(
            &statements.entry,
            &[&node, &epoch, &column!(e, 0), &column!(e, 1), &column!(e, 2), &column!(e, 3)],
        )
        .await?;
    let (seq, at_us, _, hash) = e.last().context("an empty frame")?;
    transaction
        .execute(&statements.stream, &[&node, seq, hash, &(e.len() as i64), at_us, at_us])
        .await?;
    transaction.commit().await?;
    Ok(())
}

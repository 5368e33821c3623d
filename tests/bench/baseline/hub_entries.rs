//! Taking in the frames of many nodes without us: the same statements with values that lie ready, a
//! transaction a frame, one after the other on one connection. No MQTT, no decompression, no chain, no
//! hashes, no sealed parts, no signatures. Only the statements and their commits are counted.

use super::frames::{Frame, Statements, write};
use std::time::{Duration, Instant};
use tokio_postgres::{Client, NoTls};

/// The one connection.
pub struct OneConnection {
    database: Client,
    statements: Statements,
    took: Duration,
}

impl OneConnection {
    /// To the hub's database.
    pub async fn open(database: &str) -> anyhow::Result<Self> {
        let (database, connection) = tokio_postgres::connect(database, NoTls).await?;
        tokio::spawn(connection);
        let statements = Statements::prepare(&database).await?;
        Ok(Self { database, statements, took: Duration::ZERO })
    }

    /// Writes a node's frame.
    pub async fn take(&mut self, node: &str, epoch: i64, frame: &Frame) -> anyhow::Result<()> {
        let begun = Instant::now();
        write((node, epoch), &mut self.database, &self.statements, frame).await?;
        self.took += begun.elapsed();
        Ok(())
    }

    /// How long all frames took since the last call.
    pub fn took(&mut self) -> Duration {
        std::mem::take(&mut self.took)
    }
}

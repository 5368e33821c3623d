//! A further client of the broker, under the hub's or a center's own certificate: it listens along, or
//! says what it should not.

use crate::{Center, House, SOON, scaled};
use anyhow::bail;
use hub::enrol_client::IdentityFiles;
use link::mqtt::MqttPipe;
use link::pipe::{ConnectConfig, Connection, Pipe, PipeEvent, TlsFiles};
use std::time::Duration;

/// A connection that is up.
pub struct Wire {
    connection: Connection,
}

impl Wire {
    /// Listens as the hub may.
    pub async fn of_hub(house: &House, topics: &[&str]) -> Self {
        let paths = hub::authority::Paths::new(&house.hub_settings().data_folder);
        let files = paths.broker_tls();
        Self::connect(house, "test-of-hub", files, topics).await.unwrap()
    }

    /// Speaks with a center's own certificate.
    pub async fn of_center(house: &House, center: &Center) -> Self {
        Self::try_of_center(house, center).await.unwrap()
    }

    /// The same; the error says how the broker refused it.
    pub async fn try_of_center(house: &House, center: &Center) -> anyhow::Result<Self> {
        let identity = IdentityFiles(center.data.join("identity"));
        let files = identity.broker_tls();
        Self::connect(house, &format!("test-of-{}", center.node), files, &[]).await
    }

    async fn connect(
        house: &House,
        client_id: &str,
        files: TlsFiles,
        topics: &[&str],
    ) -> anyhow::Result<Self> {
        let broker = house.hub_settings().broker;
        let config = ConnectConfig {
            host: broker.host,
            port: broker.port,
            // Not the name of the true connection: the broker would end that one.
            client_id: client_id.to_owned(),
            tls: Some(files),
            subscriptions: topics.iter().map(|topic| (*topic).to_owned()).collect(),
            last_will: None,
            keep_alive: Duration::from_secs(5),
            silence_max: scaled(SOON),
            connect_timeout: Duration::from_secs(10),
            packet_bytes_max: 1024 * 1024,
            queue_length_max: 4096,
        };
        let mut connection = MqttPipe.connect(&config)?;
        match tokio::time::timeout(scaled(SOON), connection.events.recv()).await {
            Ok(Some(PipeEvent::Up)) => Ok(Self { connection }),
            other => bail!("{client_id} cannot connect: {other:?}"),
        }
    }

    /// Publishes; whether it arrives is the broker's affair.
    pub fn publish(&self, topic: &str, payload: Vec<u8>) {
        self.connection.sender.try_publish(topic, payload, false).unwrap();
    }

    /// The next message that comes within [`SOON`].
    pub async fn hear(&mut self) -> (String, Vec<u8>) {
        match tokio::time::timeout(scaled(SOON), self.connection.events.recv()).await {
            Ok(Some(PipeEvent::Message { topic, payload, .. })) => (topic, payload),
            other => panic!("no message came: {other:?}"),
        }
    }

    /// Everything that has come so far.
    pub fn heard(&mut self) -> Vec<(String, Vec<u8>)> {
        let mut all = Vec::new();
        while let Ok(event) = self.connection.events.try_recv() {
            if let PipeEvent::Message { topic, payload, .. } = event {
                all.push((topic, payload));
            }
        }
        all
    }
}

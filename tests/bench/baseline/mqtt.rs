//! A plain client of the broker, at either end.

use rumqttc::{
    AsyncClient, Event, EventLoop, MqttOptions, Packet, QoS, TlsConfiguration, Transport,
};
use std::path::PathBuf;

/// No packet is larger. Bytes.
const PACKET_BYTES_MAX: usize = 1024 * 1024;

/// One end's way to the broker.
#[derive(Debug, Clone)]
pub struct Way {
    /// The broker.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// PEM files: whom to trust, own certificate, its key.
    pub files: [PathBuf; 3],
}

/// A client on its way to the broker.
pub fn connect(name: &str, way: &Way) -> anyhow::Result<(AsyncClient, EventLoop)> {
    let mut options = MqttOptions::new(name, way.host.clone(), way.port);
    let [ca, certificate, key] = &way.files;
    options.set_transport(Transport::Tls(TlsConfiguration::Simple {
        ca: std::fs::read(ca)?,
        alpn: None,
        client_auth: Some((std::fs::read(certificate)?, std::fs::read(key)?)),
    }));
    options.set_max_packet_size(PACKET_BYTES_MAX, PACKET_BYTES_MAX);
    options.set_inflight(32);
    Ok(AsyncClient::new(options, 32))
}

/// Waits for the connection and its subscription.
pub async fn subscribed(
    client: &AsyncClient,
    events: &mut EventLoop,
    topic: &str,
) -> anyhow::Result<()> {
    loop {
        match events.poll().await? {
            Event::Incoming(Packet::ConnAck(_)) => {
                client.subscribe(topic, QoS::AtLeastOnce).await?
            }
            Event::Incoming(Packet::SubAck(_)) => return Ok(()),
            _ => {}
        }
    }
}

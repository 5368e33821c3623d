//! As much of MQTT 3.1.1 as a proxy needs: where a packet ends, and what is in a PUBLISH and a PUBACK.

use anyhow::{bail, ensure};
use tokio::io::{AsyncRead, AsyncReadExt};

/// Largest packet that is carried; the broker's own limit is smaller.
const PACKET_BYTES_MAX: usize = 4 * 1024 * 1024;

/// One packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packet {
    /// A message.
    Publish(Publish),
    /// The answer to a message with quality of service 1.
    PubAck(u16),
    /// Anything else, as it came.
    Other(Vec<u8>),
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publish {
    /// The low four bits of its first byte: retain, quality of service, repetition.
    pub flags: u8,
    /// Where.
    pub topic: Vec<u8>,
    /// Its number, with quality of service 1.
    pub id: Option<u16>,
    /// What.
    pub payload: Vec<u8>,
}

/// The next packet; `None` when the other side has closed.
pub async fn read<R: AsyncRead + Unpin>(from: &mut R) -> anyhow::Result<Option<Packet>> {
    let first = match from.read_u8().await {
        Ok(first) => first,
        Err(_) => return Ok(None),
    };
    let mut length = 0usize;
    for place in 0.. {
        ensure!(place < 4, "a length of more than four bytes");
        let byte = from.read_u8().await?;
        length |= usize::from(byte & 0x7F) << (7 * place);
        if byte & 0x80 == 0 {
            break;
        }
    }
    ensure!(length <= PACKET_BYTES_MAX, "a packet of {length} bytes");
    let mut body = vec![0; length];
    from.read_exact(&mut body).await?;
    parse(first, body).map(Some)
}

fn parse(first: u8, body: Vec<u8>) -> anyhow::Result<Packet> {
    match first >> 4 {
        3 => {
            let flags = first & 0x0F;
            let Some((length, rest)) = body.split_first_chunk::<2>() else { bail!("no topic") };
            let length = usize::from(u16::from_be_bytes(*length));
            ensure!(rest.len() >= length, "a topic that is cut off");
            let (topic, rest) = rest.split_at(length);
            let (id, payload) = if flags & 0b0110 == 0 {
                (None, rest)
            } else {
                let Some((id, rest)) = rest.split_first_chunk::<2>() else { bail!("no number") };
                (Some(u16::from_be_bytes(*id)), rest)
            };
            Ok(Packet::Publish(Publish {
                flags,
                topic: topic.to_vec(),
                id,
                payload: payload.to_vec(),
            }))
        }
        4 if body.len() == 2 => Ok(Packet::PubAck(u16::from_be_bytes([body[0], body[1]]))),
        _ => {
            let mut raw = vec![first];
            put_length(&mut raw, body.len());
            raw.extend(body);
            Ok(Packet::Other(raw))
        }
    }
}

impl Packet {
    /// Its bytes.
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Other(raw) => raw.clone(),
            Self::PubAck(id) => {
                let [high, low] = id.to_be_bytes();
                vec![0x40, 2, high, low]
            }
            Self::Publish(message) => {
                let mut raw = vec![0x30 | message.flags];
                let id = message.id.map(u16::to_be_bytes);
                let length =
                    2 + message.topic.len() + id.map_or(0, |id| id.len()) + message.payload.len();
                put_length(&mut raw, length);
                // It was read with a length of two bytes.
                let topic = u16::try_from(message.topic.len()).unwrap_or(u16::MAX);
                raw.extend(topic.to_be_bytes());
                raw.extend(&message.topic);
                raw.extend(id.iter().flatten());
                raw.extend(&message.payload);
                raw
            }
        }
    }
}

fn put_length(raw: &mut Vec<u8>, mut length: usize) {
    loop {
        // Seven bits always fit.
        #[allow(clippy::cast_possible_truncation)]
        let byte = (length & 0x7F) as u8;
        length >>= 7;
        if length == 0 {
            raw.push(byte);
            return;
        }
        raw.push(byte | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_packet_that_is_read_and_written_is_the_same() {
        let message = |payload: usize| {
            Packet::Publish(Publish {
                flags: 0b0010,
                topic: b"motcua/v1/3/06658-1/up/rec".to_vec(),
                id: Some(513),
                payload: vec![7; payload],
            })
        };
        for packet in [
            message(0),
            message(97),
            message(200_000),
            Packet::PubAck(9),
            Packet::Other(vec![0xC0, 0]),
        ] {
            let bytes = packet.bytes();
            assert_eq!(read(&mut bytes.as_slice()).await.unwrap(), Some(packet));
        }
        assert_eq!(read(&mut [].as_slice()).await.unwrap(), None);
        assert!(read(&mut [0x30, 0xFF, 0xFF, 0xFF, 0xFF, 1].as_slice()).await.is_err());
    }
}

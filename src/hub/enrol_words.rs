//! What a box and the hub say to each other at enrolment, and the token that a technician carries
//! between them.
//!
//! The token's text is `motcua1.NODE.SECRET.FINGERPRINT`: the node it is for, 160 random bits, and
//! the SHA-256 of the hub's LAN authority, by which the box knows the hub before it says a word. Both
//! are in Crockford's base 32, which has no letters that look alike.

use domain::ids::NodeId;
use journal::seal::WrappingKey;
use serde::{Deserialize, Serialize};

use crate::error::{HubError, Result};

const PREFIX: &str = "motcua1";
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A token, as made at the hub and typed or read at the box.
#[derive(Clone, PartialEq, Eq)]
pub struct EnrolToken {
    /// The node that it is for.
    pub node: NodeId,
    /// What the hub knows only as a hash.
    pub secret: [u8; 20],
    /// SHA-256 of the LAN authority's certificate.
    pub fingerprint: [u8; 32],
}

impl std::fmt::Debug for EnrolToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "EnrolToken({}, hidden)", self.node)
    }
}

impl EnrolToken {
    /// The text for the technician.
    pub fn to_text(&self) -> String {
        format!(
            "{PREFIX}.{}.{}.{}",
            self.node,
            to_base32(&self.secret),
            to_base32(&self.fingerprint)
        )
    }

    /// Reads the text; spaces, hyphens within the codes and lower case are forgiven.
    pub fn parse(text: &str) -> Result<EnrolToken> {
        let wrong = || {
            HubError::refused(
                "enrol.bad_token",
                "this is not a token; it begins with motcua1. and has four parts with dots between",
            )
        };
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let parts: Vec<&str> = text.split('.').collect();
        let [prefix, node, secret, fingerprint] = parts.as_slice() else { return Err(wrong()) };
        if !prefix.eq_ignore_ascii_case(PREFIX) {
            return Err(wrong());
        }
        Ok(EnrolToken {
            node: NodeId::parse(node).map_err(|_| wrong())?,
            secret: from_base32(secret).and_then(|s| s.try_into().ok()).ok_or_else(wrong)?,
            fingerprint: from_base32(fingerprint)
                .and_then(|f| f.try_into().ok())
                .ok_or_else(wrong)?,
        })
    }

    /// What the hub keeps of the secret.
    pub fn hash(&self) -> [u8; 32] {
        journal::entry::sha256(&[b"motcua enrolment token\0".as_slice(), &self.secret].concat())
    }
}

/// What a box sends.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnrolRequest {
    /// The token's text.
    pub token: String,
    /// The box that asks.
    pub node: String,
    /// Signing request for the device certificate; its common name is the node.
    pub csr_pem: String,
    /// Signing request for the LAN server certificate, with the names and addresses it asks for.
    pub lan_csr_pem: String,
    /// The box's master key under its recovery sheet, hexadecimal.
    pub wrapped_master: String,
    /// Version of the box's program.
    pub version: String,
    /// The box has its journal still and goes on with it; without it the box begins anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continues: Option<Continued>,
    /// What a box without a journal wants where the hub has one of its name.
    #[serde(default)]
    pub history: History,
}

/// What a new box does about a journal of its name at the hub.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum History {
    /// It knows of none: refused if there is one, because numbers would be given twice.
    #[default]
    None,
    /// It takes over what is there.
    Restore,
    /// It begins from nothing, on purpose.
    BeginAnew,
}

/// What a box says that was enrolled before and comes for new certificates. It keeps epoch and
/// wrapping key: its journal goes on, and what it has sealed still opens.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Continued {
    /// The epoch that it was granted.
    pub epoch: u64,
    /// The public signing key of the hub that granted it, hexadecimal: another hub counts its epochs for
    /// itself. Empty from a box that does not say it.
    #[serde(default)]
    pub hub_key: String,
    /// HMAC-SHA256 under the wrapping key, hexadecimal: whoever has only found the token does not
    /// get at the key of an existing box.
    pub proof: String,
}

impl Continued {
    /// The word of a box that holds this key, granted by the hub of `hub_key`.
    pub fn new(token: &EnrolToken, hub_key: &str, epoch: u64, wrapping: &WrappingKey) -> Continued {
        let tag = ring::hmac::sign(&Continued::key(wrapping), &Continued::said(token, epoch));
        Continued { epoch, hub_key: hub_key.to_owned(), proof: journal::hex::encode(tag.as_ref()) }
    }

    /// Whether it was said by a box that holds this key.
    pub fn holds(&self, token: &EnrolToken, wrapping: &WrappingKey) -> bool {
        let said = Continued::said(token, self.epoch);
        journal::hex::decode(&self.proof)
            .is_some_and(|tag| ring::hmac::verify(&Continued::key(wrapping), &said, &tag).is_ok())
    }

    fn key(wrapping: &WrappingKey) -> ring::hmac::Key {
        ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &wrapping.to_bytes())
    }

    fn said(token: &EnrolToken, epoch: u64) -> Vec<u8> {
        let node = token.node.as_str().as_bytes();
        [b"motcua enrolment goes on\0", node, b"\0", &epoch.to_be_bytes(), &token.hash()].concat()
    }
}

/// What the hub answers.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct EnrolAnswer {
    /// The box.
    pub node: String,
    /// Its unit's name.
    pub unit_name: String,
    /// The granted epoch.
    pub epoch: u64,
    /// Device certificate with its chain.
    pub certificate_pem: String,
    /// By which the box trusts the broker.
    pub device_root_pem: String,
    /// LAN server certificate with its chain.
    pub lan_certificate_pem: String,
    /// For tablets and browsers in the center.
    pub lan_authority_pem: String,
    /// The broker's name.
    pub broker_host: String,
    /// Its port.
    pub broker_port: u16,
    /// Ed25519 key by which the hub's acknowledgements are verified, hexadecimal.
    pub hub_signing_key: String,
    /// The key that node and hub share, hexadecimal. Secret.
    pub wrapping_key: String,
}

/// The recovery sheet: 200 random bits on paper. The node's master key lies wrapped under it at the
/// hub; who has both has the node's data.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoverySheet {
    /// The box.
    pub node: NodeId,
    secret: [u8; 25],
}

impl RecoverySheet {
    /// A new sheet.
    pub fn new(node: NodeId) -> Result<RecoverySheet> {
        Ok(RecoverySheet { node, secret: crate::keys::random()? })
    }

    /// Reads the code that someone types from the paper.
    pub fn parse(node: NodeId, code: &str) -> Result<RecoverySheet> {
        let secret = from_base32(code).and_then(|secret| secret.try_into().ok());
        match secret {
            Some(secret) => Ok(RecoverySheet { node, secret }),
            None => Err(HubError::refused(
                "recovery.bad_code",
                "the recovery sheet has eight groups of five letters and digits",
            )),
        }
    }

    /// The code in eight groups of five.
    pub fn code(&self) -> String {
        let text = to_base32(&self.secret);
        let groups: Vec<&str> =
            (0..text.len()).step_by(5).filter_map(|at| text.get(at..at + 5)).collect();
        groups.join("-")
    }

    /// Wraps the node's master key under the sheet.
    pub fn wrap(&self, master: &[u8; 32]) -> Result<Vec<u8>> {
        journal::seal::seal_with(&self.key(), &self.purpose(), master)
            .map_err(crate::store::down::sealing)
    }

    /// Opens the wrapped master key.
    pub fn open(&self, wrapped: &[u8]) -> Result<[u8; 32]> {
        journal::seal::open_with(&self.key(), &self.purpose(), wrapped)
            .ok()
            .and_then(|master| master.try_into().ok())
            .ok_or_else(|| {
                HubError::refused(
                    "recovery.wrong_sheet",
                    "this sheet does not open this node's key; compare the node's name on it",
                )
            })
    }

    fn key(&self) -> [u8; 32] {
        let salt = ring::hkdf::Salt::new(ring::hkdf::HKDF_SHA256, self.node.as_str().as_bytes());
        let mut key = [0; 32];
        // 32 bytes from SHA-256 are always within the bound of the derivation.
        if let Ok(okm) = salt
            .extract(&self.secret)
            .expand(&[b"motcua recovery sheet v1"], ring::hkdf::HKDF_SHA256)
        {
            okm.fill(&mut key).ok();
        }
        key
    }

    fn purpose(&self) -> Vec<u8> {
        format!("motcua recovery\0{}", self.node).into_bytes()
    }

    /// The sheet as it is printed, once.
    pub fn text(&self, unit_name: &str) -> String {
        format!(
            "\
PHIẾU KHÔI PHỤC / RECOVERY SHEET
================================
Máy / node:      {node}
Đơn vị / unit:   {unit_name}

Mã khôi phục / recovery code:

    {code}

Phiếu này chỉ in một lần. Hãy niêm phong và cất trong két của đơn vị; cần đến khi máy hỏng và phải
khôi phục dữ liệu trên máy mới. Ai có phiếu này và bản sao lưu thì đọc được dữ liệu của đơn vị.

This sheet is printed once. Seal it and keep it in the unit's safe; it is needed to restore the data
on a new box. Whoever has this sheet and a backup can read the unit's data.
",
            node = self.node,
            code = self.code()
        )
    }
}

/// Crockford's base 32, five bits a character, the last one filled with zeros.
fn to_base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    let (mut buffer, mut bits) = (0_u32, 0);
    for byte in bytes {
        buffer = buffer << 8 | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(ALPHABET[(buffer >> bits & 31) as usize]));
        }
        buffer &= (1 << bits) - 1;
    }
    if bits > 0 {
        text.push(char::from(ALPHABET[(buffer << (5 - bits) & 31) as usize]));
    }
    text
}

fn from_base32(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 5 / 8);
    let (mut buffer, mut bits) = (0_u32, 0);
    for letter in text.chars().filter(|c| !c.is_whitespace() && *c != '-') {
        let letter = match letter.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        };
        let value = ALPHABET.iter().position(|known| char::from(*known) == letter)?;
        buffer = buffer << 5 | u32::try_from(value).ok()?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push((buffer >> bits) as u8);
            buffer &= (1 << bits) - 1;
        }
    }
    (buffer == 0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node() -> NodeId {
        NodeId::parse("06658-1").unwrap()
    }

    #[test]
    fn a_token_survives_being_typed() {
        let token = EnrolToken { node: node(), secret: [0xa5; 20], fingerprint: [0x3c; 32] };
        let text = token.to_text();
        assert!(EnrolToken::parse(&text).unwrap() == token);
        assert!(EnrolToken::parse(&format!(" {}\n", text.to_lowercase())).unwrap() == token);
        for wrong in ["", "motcua1", "motcua1.06658-1.AA.BB", &text[..text.len() - 2], "x.y.z.w"] {
            assert_eq!(EnrolToken::parse(wrong).unwrap_err().code(), "enrol.bad_token");
        }
        assert!(!format!("{token:?}").contains(text.split('.').nth(2).unwrap()));
    }

    #[test]
    fn the_sheet_opens_its_own_node_and_no_other() {
        let sheet = RecoverySheet::new(node()).unwrap();
        let wrapped = sheet.wrap(&[7; 32]).unwrap();
        let code = sheet.code();
        assert_eq!(code.len(), 8 * 5 + 7);
        let typed = RecoverySheet::parse(node(), &code.to_lowercase().replace('0', "o")).unwrap();
        assert_eq!(typed.open(&wrapped).unwrap(), [7; 32]);
        let other = RecoverySheet::parse(NodeId::parse("06994-2").unwrap(), &code).unwrap();
        assert_eq!(other.open(&wrapped).unwrap_err().code(), "recovery.wrong_sheet");
        assert!(RecoverySheet::parse(node(), "AAAA").is_err());
    }
}

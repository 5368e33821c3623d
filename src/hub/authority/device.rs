//! The device authority: its intermediate signs boxes, the broker, and the hub towards the broker.

use std::time::Duration;

use domain::ids::NodeId;
use jiff::Timestamp;
use rcgen::{
    CertificateParams, CertificateRevocationListParams, ExtendedKeyUsagePurpose, Issuer,
    KeyIdMethod, KeyPair, RevokedCertParams, SerialNumber,
};

use super::{Issued, Paths, Request, leaf, load_issuer, new_key, since_epoch};
use crate::error::{HubError, Result};

/// Days until the list of revoked certificates is past its next update.
const LIST_DAYS: u32 = 10 * 365;
const DAY: Duration = Duration::from_secs(24 * 3600);

/// A certificate that is worth nothing any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokedCertificate {
    /// Serial number, lower-case hexadecimal.
    pub serial: String,
    /// Since when.
    pub revoked_at: Timestamp,
}

/// The intermediate, loaded.
pub struct DeviceAuthority {
    issuer: Issuer<'static, KeyPair>,
    intermediate_pem: String,
    root_pem: String,
}

impl DeviceAuthority {
    /// Reads the intermediate and the root's certificate.
    pub fn load(paths: &Paths) -> Result<DeviceAuthority> {
        let (issuer, intermediate_pem) =
            load_issuer(&paths.device_intermediate(), &paths.device_intermediate_key())?;
        let root = paths.device_root();
        let root_pem =
            std::fs::read_to_string(&root).map_err(|cause| HubError::file(&root, cause))?;
        Ok(DeviceAuthority { issuer, intermediate_pem, root_pem })
    }

    /// The root's certificate: what a box trusts the broker by.
    pub fn root_pem(&self) -> &str {
        &self.root_pem
    }

    /// Root and intermediate: what the broker trusts boxes by.
    pub fn authorities_pem(&self) -> String {
        format!("{}{}", self.root_pem, self.intermediate_pem)
    }

    /// A box's certificate. The request must ask for the box's own name.
    pub fn issue_node(
        &self,
        node: &NodeId,
        request: Request,
        now: Timestamp,
        days: u32,
    ) -> Result<Issued> {
        match request.common_name() {
            Some(name) if name == node.as_str() => {}
            other => {
                return Err(HubError::refused(
                    "enrol.wrong_node",
                    format!("the request names {other:?}, the token is for {node}"),
                ));
            }
        }
        let (params, serial, not_after) =
            leaf(node.as_str(), &[], ExtendedKeyUsagePurpose::ClientAuth, now, days)?;
        let pem = request.signed(params, &self.issuer)?;
        Ok(self.issued(pem, serial, not_after))
    }

    /// The broker's certificate and key.
    pub fn issue_broker(
        &self,
        names: &[String],
        now: Timestamp,
        days: u32,
    ) -> Result<(Issued, KeyPair)> {
        self.issue_own(leaf(
            "motcua broker",
            names,
            ExtendedKeyUsagePurpose::ServerAuth,
            now,
            days,
        )?)
    }

    /// The hub's certificate towards the broker; its name is what the broker's ACL calls `hub`.
    pub fn issue_hub(&self, now: Timestamp, days: u32) -> Result<(Issued, KeyPair)> {
        self.issue_own(leaf("hub", &[], ExtendedKeyUsagePurpose::ClientAuth, now, days)?)
    }

    /// The list of certificates that the broker must refuse, as PEM.
    ///
    /// mosquitto refuses everybody once the list is past its next update, so that lies years ahead: the
    /// list is written anew at each change and daily, and read by nobody else.
    pub fn revocation_list(
        &self,
        revoked: &[RevokedCertificate],
        now: Timestamp,
    ) -> Result<String> {
        let epoch = rcgen::date_time_ymd(1970, 1, 1);
        let revoked_certs = revoked
            .iter()
            .map(|certificate| {
                let serial = journal::hex::decode(&certificate.serial).ok_or_else(|| {
                    HubError::refused("hub.store_damaged", "a certificate's serial")
                })?;
                Ok(RevokedCertParams {
                    serial_number: SerialNumber::from_slice(&serial),
                    revocation_time: epoch + since_epoch(certificate.revoked_at),
                    reason_code: None,
                    invalidity_date: None,
                })
            })
            .collect::<Result<Vec<_>>>()?;
        let number = now.as_second().max(0).to_be_bytes();
        let list = CertificateRevocationListParams {
            this_update: epoch + since_epoch(now) - DAY,
            next_update: epoch + since_epoch(now) + DAY * LIST_DAYS,
            crl_number: SerialNumber::from_slice(&number),
            issuing_distribution_point: None,
            revoked_certs,
            key_identifier_method: KeyIdMethod::Sha256,
        };
        Ok(list.signed_by(&self.issuer)?.pem()?)
    }

    fn issue_own(
        &self,
        (params, serial, not_after): (CertificateParams, String, Timestamp),
    ) -> Result<(Issued, KeyPair)> {
        let key = new_key()?;
        let pem = params.signed_by(&key, &self.issuer)?.pem();
        Ok((self.issued(pem, serial, not_after), key))
    }

    fn issued(&self, pem: String, serial: String, not_after: Timestamp) -> Issued {
        let chain_pem = format!("{pem}{}", self.intermediate_pem);
        Issued { pem, chain_pem, serial, not_after }
    }
}

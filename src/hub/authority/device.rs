//! The device authority: its intermediate signs boxes, the broker, and the hub towards the broker.

use domain::ids::NodeId;
use jiff::Timestamp;
use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, Issuer, KeyPair};

use super::{Issued, Paths, Request, leaf, load_issuer, new_key};
use crate::error::{HubError, Result};

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

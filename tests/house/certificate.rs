//! A certificate of a chosen date, as if the time since its issue had passed.

use crate::House;
use anyhow::{Context, ensure};
use hub::authority::device::DeviceAuthority;
use hub::authority::{Issued, Paths, Request};
use hub::enrol_client::IdentityFiles;
use jiff::Timestamp;
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_ECDSA_P256_SHA256};

/// How long a node's certificate lasts. Days.
pub const DAYS: u32 = 90;

impl House {
    /// Puts a certificate of the province, and a key for it, in the place of a center's own; the hub
    /// knows it as the one that it has issued. The center reads it when it connects anew.
    pub async fn give_certificate(
        &self,
        index: usize,
        issued_at: Timestamp,
    ) -> anyhow::Result<Issued> {
        let center = self.center(index);
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut asked = CertificateParams::new(Vec::<String>::new())?;
        asked.distinguished_name.push(DnType::CommonName, center.node.as_str());
        let asked = asked.serialize_request(&key)?.pem()?;
        let settings = self.hub_settings();
        let issued = DeviceAuthority::load(&Paths::new(&settings.data_folder))?.issue_node(
            &center.node.parse().context("the node's name")?,
            Request::parse(&asked)?,
            issued_at,
            DAYS,
        )?;
        let changed = self
            .hub_tables()
            .await?
            .execute(
                "UPDATE certificate SET serial = $1, pem = $2, issued_us = $3, not_after_us = $4
                 WHERE purpose = 'device' AND node = $5",
                &[
                    &issued.serial,
                    &issued.pem,
                    &issued_at.as_microsecond(),
                    &issued.not_after.as_microsecond(),
                    &center.node,
                ],
            )
            .await?;
        ensure!(changed == 1, "the hub knows of {changed} device certificates of {}", center.node);
        let files = IdentityFiles(center.data.join("identity"));
        std::fs::write(files.device_certificate(), &issued.chain_pem)?;
        std::fs::write(files.device_key(), key.serialize_pem())?;
        Ok(issued)
    }
}

//! Form 01 as the renderer wants it: it says what the paper says that the citizen holds, also when another
//! center prints it after a hand-over.

use crate::forms_client::{
    Slip, SlipDossier, SlipFee, SlipMark, SlipOfficer, SlipPaper, SlipPerson, SlipProcedure,
    SlipResult, SlipUnit,
};
use crate::province_data::ProvinceData;
use crate::text::deadline::reason_sentence;
use domain::deadline::LimitUnit;
use domain::dossier::{Dossier, ResultChannel};
use domain::ids::NodeId;
use domain::time::local;

/// The center that prints.
pub(super) struct Issuer<'a> {
    pub(super) node: &'a NodeId,
    pub(super) unit_name: &'a str,
    pub(super) hotline: &'a str,
    pub(super) data: &'a ProvinceData,
}

impl Issuer<'_> {
    /// The center that received the dossier from the citizen.
    fn unit_of(&self, dossier: &Dossier) -> SlipUnit {
        let data = self.data;
        let unit = data.units.get(dossier.origin.unit());
        let (name, phone) = if dossier.origin == *self.node {
            (self.unit_name.to_owned(), Some(self.hotline.to_owned()))
        } else {
            (data.points.center_at(&data.units, &dossier.origin), None)
        };
        SlipUnit {
            name,
            parent: None,
            place: unit.map_or_else(|| "Quảng Ninh".to_owned(), |unit| unit.short_name.clone()),
            address: None,
            phone: phone.filter(|text| !text.is_empty()),
        }
    }
}

/// The fields of form 01.
pub(super) fn slip_of(issuer: &Issuer<'_>, dossier: &Dossier, officer: &str) -> Slip {
    let data = issuer.data;
    let received_here = dossier.origin == *issuer.node;
    let unit = issuer.unit_of(dossier);
    let procedure = data.catalogue.version(&dossier.procedure, dossier.procedure_version);
    let limit = procedure.map(|procedure| {
        let value = procedure.limit.value;
        match procedure.limit.unit {
            LimitUnit::WorkingDays => format!("{value} ngày làm việc"),
            LimitUnit::SameDay => "trong ngày".to_owned(),
            LimitUnit::Hours => format!("{value} giờ làm việc"),
            LimitUnit::CalendarDays => format!("{value} ngày"),
        }
    });
    let marks = [
        (procedure.is_some_and(|procedure| procedure.needs_confirmation), SlipMark::Limit),
        (data.deadline_rules.needs_confirmation, SlipMark::Due),
        (dossier.fee_vnd.is_none(), SlipMark::Fee),
    ];
    Slip {
        dossier: SlipDossier { code: dossier.code.clone(), content: None },
        applicant: SlipPerson {
            name: dossier.applicant.name.clone(),
            id_number: dossier.applicant.citizen_number.clone(),
            phone: dossier.applicant.phone.clone(),
            address: dossier.applicant.address.clone(),
            email: None,
        },
        submitter: None,
        procedure: SlipProcedure {
            code: Some(dossier.procedure.to_string()),
            name: dossier.procedure_name.clone(),
            limit: limit.unwrap_or_default(),
        },
        papers: dossier
            .components
            .iter()
            .filter(|paper| paper.received)
            .map(|paper| SlipPaper {
                name: paper.name.clone(),
                originals: paper.originals,
                copies: paper.copies,
                note: None,
                needs_confirmation: false,
            })
            .collect(),
        missing: dossier.missing().map(|paper| paper.name.clone()).collect(),
        sets: 1,
        received_at: local(dossier.received_at),
        due_at: Some(dossier.deadline.due),
        due_reasons: dossier
            .deadline
            .reasons
            .iter()
            .map(|reason| reason_sentence(reason).vi)
            .collect(),
        result: SlipResult {
            channel: match dossier.result_channel {
                ResultChannel::Counter => "nhận trực tiếp",
                ResultChannel::Online => "trực tuyến",
                ResultChannel::Post => "qua bưu chính công ích",
            }
            .to_owned(),
            // No other place was agreed with the citizen than where the dossier was received.
            place: (dossier.result_channel == ResultChannel::Counter).then(|| unit.name.clone()),
        },
        fee: SlipFee {
            amount_vnd: dossier.fee_vnd,
            status: None,
            // The amount is that of one page, one copy, one signature: the citizen must not take it for all.
            note: procedure
                .and_then(|procedure| procedure.fee.per.as_ref())
                .filter(|_| dossier.fee_vnd.is_some_and(|fee| fee > 0))
                .map(|per| format!("mức cho một {per}")),
        },
        ledger: None,
        // Who received it elsewhere has no name here, and nobody signs for them.
        officer: SlipOfficer {
            name: if received_here { officer.to_owned() } else { String::new() },
        },
        // Elsewhere the citizen was given the first one.
        reprint: !received_here,
        needs_confirmation: marks
            .into_iter()
            .filter(|(yes, _)| *yes)
            .map(|(_, mark)| mark)
            .collect(),
        unit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actors::testing::{Center, NODE, at_counter, receiving};
    use crate::settings::Settings;

    #[actix_rt::test]
    async fn the_form_names_the_center_that_received_the_dossier_also_after_a_hand_over() {
        let center = Center::start().await;
        let reply = center.dossiers.receive(at_counter(), receiving()).await.unwrap();
        let dossier = reply.dossier.unwrap();
        let data = ProvinceData::load(&Settings::load_from(None, &[]).unwrap()).unwrap();
        let printed_at = |node: &str, unit_name: &str| {
            let node = NodeId::parse(node).unwrap();
            let issuer = Issuer { node: &node, unit_name, hotline: "0203 3 000 000", data: &data };
            slip_of(&issuer, &dossier, "Trần Văn Dũng")
        };
        let home = printed_at(NODE, "Trung tâm Cao Xanh");
        assert_eq!(home.unit.name, "Trung tâm Cao Xanh", "as its settings say");
        assert_eq!(home.result.place.as_deref(), Some("Trung tâm Cao Xanh"));
        assert_eq!(home.unit.phone.as_deref(), Some("0203 3 000 000"));
        assert_eq!((home.officer.name.as_str(), home.reprint), ("Trần Văn Dũng", false));

        let away = printed_at("06652-1", "Trung tâm Phục vụ hành chính công phường Hà Tu");
        let received_at = "Trung tâm Phục vụ hành chính công phường Cao Xanh";
        assert_eq!((away.unit.name.as_str(), away.unit.place.as_str()), (received_at, "Cao Xanh"));
        assert_eq!(away.result.place.as_deref(), Some(received_at));
        assert_eq!(away.received_at, home.received_at);
        assert_eq!(away.unit.phone, None, "the number of the other center");
        assert_eq!((away.officer.name.as_str(), away.reprint), ("", true));
    }
}

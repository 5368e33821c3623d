//! `/procedures`, `/deadline-preview`, `/units`: what the province's data says.

use super::Center;
use super::failure::{bad_value, refused, unreadable};
use super::views::word;
use super::words;
use crate::text::deadline::reason_sentence;
use actix_web::{HttpResponse, web as actix_routes};
use domain::catalogue::Procedure;
use domain::deadline::{Channel, Deadline, deadline};
use domain::ids::NodeId;
use domain::points::Points;
use domain::time::business_day;
use domain::units::Units;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::query;
use utoipa::{IntoParams, ToSchema};
use web::{Caller, Problem};

/// The most procedures of one answer.
const FOUND_MAX: usize = 500;
/// Longest search text. Characters.
const QUERY_LENGTH_MAX: usize = 200;

/// Search.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// Everyday words or a code, with or without tones; empty lists all.
    #[serde(default)]
    pub q: String,
}

/// A procedure.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProcedureView {
    /// National code.
    pub code: String,
    /// Version in the catalogue; a dossier keeps the one of its receipt.
    pub version: u32,
    /// Name.
    pub name: String,
    /// Sector.
    pub sector: String,
    /// Code of the service group.
    pub service: String,
    /// Time limit.
    pub limit: LimitView,
    /// Fee.
    pub fee: FeeView,
    /// Papers.
    pub papers: Vec<PaperView>,
    /// Where this was taken from.
    pub source: String,
    /// Whether the province has yet to confirm it.
    pub needs_confirmation: bool,
}

/// A time limit.
#[derive(Debug, Serialize, ToSchema)]
pub struct LimitView {
    /// How many.
    pub value: u32,
    /// `working_days`, `same_day`, `hours`, `calendar_days`.
    #[schema(value_type = words::LimitUnit)]
    pub unit: String,
}

/// A fee.
#[derive(Debug, Serialize, ToSchema)]
pub struct FeeView {
    /// `free`, `fee`, `charge`, `set_by_council`.
    #[schema(value_type = words::FeeKind)]
    pub kind: String,
    /// Amount in đồng, if it is known.
    pub amount_vnd: Option<u64>,
    /// For what.
    pub per: Option<String>,
    /// Further rules.
    pub note: Option<String>,
}

/// A line of the checklist.
#[derive(Debug, Serialize, ToSchema)]
pub struct PaperView {
    /// Number in the list.
    pub seq: u16,
    /// Name.
    pub name: String,
    /// Originals.
    pub originals: u16,
    /// Copies.
    pub copies: u16,
    /// When it is asked for at all, as "nếu có"; nothing when every applicant has to bring it.
    pub condition: Option<String>,
    /// Whether the province has yet to confirm it.
    pub needs_confirmation: bool,
}

/// For which the deadline is asked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeadlineAsked {
    /// Code of the procedure.
    pub procedure: String,
    /// When it came; now unless said otherwise. RFC 3339.
    #[serde(default)]
    pub received_at: Option<String>,
    /// `direct`, `online`, `post`; `direct` unless said otherwise.
    #[serde(default)]
    #[schema(value_type = Option<words::Channel>)]
    pub channel: Option<String>,
}

/// A deadline with the way to it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DeadlineView {
    /// On a clock in Viet Nam, `yyyy-mm-ddThh:mm:ss`.
    pub due: String,
    /// The same as an instant.
    pub due_at: String,
    /// The earliest possible date: a supplement is awaited.
    pub provisional: bool,
    /// Every step.
    pub reasons: Vec<ReasonStep>,
}

/// A step of the count.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReasonStep {
    /// The rule.
    pub rule: String,
    /// In Vietnamese.
    pub sentence: String,
    /// In English.
    pub sentence_en: String,
}

/// A unit, or a reception point of one, to hand over to.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnitView {
    /// Five digits.
    pub code: String,
    /// The node that serves it.
    pub node: String,
    /// Whether that node is enrolled with the hub: else nothing can be handed over to it.
    pub accepts: bool,
    /// `phuong`, `xa`, `dac_khu`.
    #[schema(value_type = words::UnitKind)]
    pub kind: String,
    /// Name.
    pub name: String,
}

impl From<&Procedure> for ProcedureView {
    fn from(procedure: &Procedure) -> Self {
        Self {
            code: procedure.code.to_string(),
            version: procedure.version,
            name: procedure.name.clone(),
            sector: procedure.sector.clone(),
            service: procedure.service.to_string(),
            limit: LimitView { value: procedure.limit.value, unit: word(&procedure.limit.unit) },
            fee: FeeView {
                kind: word(&procedure.fee.kind),
                amount_vnd: procedure.fee.amount_vnd,
                per: procedure.fee.per.clone(),
                note: procedure.fee.note.clone(),
            },
            papers: procedure
                .papers
                .iter()
                .map(|paper| PaperView {
                    seq: paper.seq,
                    name: paper.name.clone(),
                    originals: paper.originals,
                    copies: paper.copies,
                    condition: paper.condition.clone(),
                    needs_confirmation: paper.needs_confirmation,
                })
                .collect(),
            source: procedure.source.clone(),
            needs_confirmation: procedure.needs_confirmation,
        }
    }
}

impl From<&Deadline> for DeadlineView {
    fn from(counted: &Deadline) -> Self {
        Self {
            due: counted.due.to_string(),
            due_at: counted.due_at.to_string(),
            provisional: counted.provisional,
            reasons: counted
                .reasons
                .iter()
                .map(|reason| {
                    let told = reason_sentence(reason);
                    let rule = serde_json::to_value(reason)
                        .ok()
                        .and_then(|value| value["rule"].as_str().map(str::to_owned));
                    ReasonStep {
                        rule: rule.unwrap_or_default(),
                        sentence: told.vi,
                        sentence_en: told.en,
                    }
                })
                .collect(),
        }
    }
}

/// The procedures in force today that fit the words.
#[utoipa::path(get, path = "/api/v1/procedures", tag = "procedures", params(Search),
    responses((status = 200, body = [ProcedureView])))]
pub async fn list(
    center: actix_routes::Data<Center>,
    query: actix_routes::Query<Search>,
    _caller: Caller,
) -> Result<HttpResponse, Problem> {
    if query.q.chars().count() > QUERY_LENGTH_MAX {
        return Err(bad_value("q"));
    }
    let today = business_day(center.clock.now());
    let found = center.data.catalogue.search(&query.q, today, FOUND_MAX);
    let all: Vec<ProcedureView> = found.into_iter().map(ProcedureView::from).collect();
    Ok(HttpResponse::Ok().json(all))
}

/// One procedure in force today.
#[utoipa::path(get, path = "/api/v1/procedures/{code}", tag = "procedures",
    params(("code" = String, Path)),
    responses((status = 200, body = ProcedureView), (status = 404, body = Problem)))]
pub async fn show(
    center: actix_routes::Data<Center>,
    path: actix_routes::Path<String>,
    _caller: Caller,
) -> Result<HttpResponse, Problem> {
    let today = business_day(center.clock.now());
    let procedure =
        center.data.catalogue.valid_on(&path, today).map_err(|refusal| refused(&refusal))?;
    Ok(HttpResponse::Ok().json(ProcedureView::from(procedure)))
}

/// When a dossier received then would be due, and why.
#[utoipa::path(post, path = "/api/v1/deadline-preview", tag = "procedures",
    request_body = DeadlineAsked,
    responses((status = 200, body = DeadlineView), (status = 404, body = Problem)))]
pub async fn preview(
    center: actix_routes::Data<Center>,
    _officer: web::Officer,
    body: actix_routes::Json<DeadlineAsked>,
) -> Result<HttpResponse, Problem> {
    let asked = body.into_inner();
    let received = match asked.received_at {
        Some(text) => text.parse::<Timestamp>().map_err(|_| bad_value("received_at"))?,
        None => center.clock.now(),
    };
    let channel: Channel = match asked.channel {
        Some(word) => serde_json::from_value(word.into()).map_err(|_| bad_value("channel"))?,
        None => Channel::Direct,
    };
    let data = &center.data;
    let procedure = data
        .catalogue
        .valid_on(&asked.procedure, business_day(received))
        .map_err(|refusal| refused(&refusal))?;
    let counted =
        deadline(received, procedure.limit, &data.calendar, &data.deadline_rules, &[], channel);
    Ok(HttpResponse::Ok().json(DeadlineView::from(&counted)))
}

/// The boxes that the hub has enrolled, as it said last.
///
/// # Errors
/// The store cannot be read.
pub(super) async fn enrolled(center: &Center) -> Result<Vec<NodeId>, Problem> {
    center.readers.read(query::directory::enrolled).await.map_err(|error| unreadable(&error))
}

/// The 54 centers of the province and the reception points of the special zones, and which of them can
/// take a hand-over.
#[utoipa::path(get, path = "/api/v1/units", tag = "procedures",
    responses((status = 200, body = [UnitView])))]
pub async fn units(
    center: actix_routes::Data<Center>,
    _officer: web::Officer,
) -> Result<HttpResponse, Problem> {
    let enrolled = enrolled(&center).await?;
    let (units, points) = (&center.data.units, &center.data.points);
    Ok(HttpResponse::Ok().json(places(units, points, &enrolled)))
}

/// Each unit by its center, and behind it its reception points by themselves.
fn places(units: &Units, points: &Points, enrolled: &[NodeId]) -> Vec<UnitView> {
    let mut all = Vec::with_capacity(units.len());
    for unit in units.iter() {
        let code = unit.code.as_str();
        // The center's own box takes what is handed to the unit. A further one stands at a reception point,
        // also where the list of points does not name it, or is not there.
        let node = format!("{code}-1");
        all.push(UnitView {
            code: code.to_owned(),
            accepts: enrolled.iter().any(|one| one.as_str() == node),
            node,
            kind: word(&unit.kind),
            name: unit.name.clone(),
        });
        all.extend(points.of_unit(code).map(|point| UnitView {
            code: code.to_owned(),
            node: point.node.to_string(),
            accepts: enrolled.contains(&point.node),
            kind: word(&unit.kind),
            name: points.name_at(&unit.name, &point.node),
        }));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reception_point_is_a_place_of_its_own_to_hand_over_to() {
        let centers = include_str!("../../config/units/centers.csv");
        let units = Units::parse("centers.csv", centers).unwrap();
        let points = include_str!("../../config/units/points.csv");
        let points = Points::parse("points.csv", points, &units).unwrap();
        let node = |text: &str| NodeId::parse(text).unwrap();
        let enrolled = [node("06994-3"), node("06994-2"), node("06658-2"), node("06658-1")];
        let all = places(&units, &points, &enrolled);
        assert_eq!(all.len(), 54 + 6);
        let of = |node: &str| all.iter().find(|one| one.node == node).unwrap();
        // a box of a point does not take what is handed to the unit's center
        assert_eq!((of("06994-1").accepts, of("06994-2").accepts), (false, true));
        assert_eq!(of("06994-2").name, "Đặc khu Vân Đồn, điểm Quan Lạn");
        assert_eq!((of("06658-1").accepts, of("07192-2").accepts), (true, false));
        // nor does one that no list names, where it is the only box of its unit that was let in
        let unnamed = places(&units, &Points::default(), &[node("06994-2"), node("06658-2")]);
        assert_eq!(unnamed.iter().filter(|one| one.accepts).count(), 0);
        assert!(unnamed.iter().all(|one| one.node.ends_with("-1")));
        let of_unit = all.iter().filter(|one| one.code == "06994").map(|one| one.node.as_str());
        assert_eq!(of_unit.take(3).collect::<Vec<_>>(), ["06994-1", "06994-2", "06994-3"]);
    }
}

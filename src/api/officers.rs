//! `/officers`: what each officer may serve, for the head of the center. Accounts themselves are made on
//! the command line.

use super::Center;
use super::asking::origin;
use super::failure::{failed, refused, unreadable};
use super::policy_views::name_of;
use super::visits::codes;
use crate::actors::OfficerNames;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web as actix_routes};
use domain::ids::OfficerId;
use domain::queue::OfficerSkills;
use domain::refusal::Refusal;
use serde::{Deserialize, Serialize};
use store::query;
use utoipa::ToSchema;
use web::{Caller, Officer, Problem, Role};

/// An account, and what it may serve.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfficerSkillsView {
    /// Its id.
    pub id: String,
    /// How colleagues call the officer.
    pub name: String,
    /// `officer`, `head`, `admin`.
    pub role: Role,
    /// Whether it may not log in.
    pub disabled: bool,
    /// Codes of the groups it may serve; nothing: every group, also those that come later.
    pub services: Option<Vec<String>>,
    /// Who set that; nothing where nobody did.
    pub set_by: Option<String>,
    /// When.
    pub set_at: Option<String>,
}

/// What an officer may serve.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettingSkills {
    /// Codes of groups, at least one; nothing: every group.
    #[serde(default)]
    pub services: Option<Vec<String>>,
}

impl OfficerSkillsView {
    fn new(
        account: store::records::Officer,
        skills: &[OfficerSkills],
        officers: &OfficerNames,
    ) -> Self {
        let own = skills.iter().find(|skills| skills.officer == account.id);
        let services = own.and_then(|own| own.services.as_ref());
        let name_of_setter =
            |own: &OfficerSkills| name_of(officers, &own.by).unwrap_or_else(|| own.by.clone());
        Self {
            id: account.id.to_string(),
            role: Role::of_name(&account.role),
            name: account.name,
            disabled: account.disabled,
            services: services.map(|all| all.iter().map(ToString::to_string).collect()),
            set_by: own.map(name_of_setter),
            set_at: own.map(|own| own.at.to_string()),
        }
    }
}

/// All accounts with what they may serve.
#[utoipa::path(get, path = "/api/v1/officers", tag = "queue",
    responses((status = 200, body = [OfficerSkillsView]), (status = 403, body = Problem)))]
pub async fn list(
    center: actix_routes::Data<Center>,
    officer: Officer,
) -> Result<HttpResponse, Problem> {
    officer.require(Role::Head)?;
    listed(&center).await
}

/// Sets what an officer may serve, from the next call on.
#[utoipa::path(post, path = "/api/v1/officers/{id}/skills", tag = "queue",
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    request_body = SettingSkills,
    responses((status = 200, body = [OfficerSkillsView]), (status = 400, body = Problem),
              (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn set_skills(
    center: actix_routes::Data<Center>,
    officer: Officer,
    request: HttpRequest,
    path: actix_routes::Path<String>,
    body: actix_routes::Json<SettingSkills>,
) -> Result<HttpResponse, Problem> {
    officer.require(Role::Head)?;
    let origin = origin(&request, &Caller::Officer(officer))?;
    let id = OfficerId::parse(&path).map_err(|_| Problem::not_found())?;
    let wanted = id.clone();
    let known = center.readers.read(move |c| query::officers::by_id(c, &wanted)).await;
    if known.map_err(|error| unreadable(&error))?.is_none() {
        return Err(refused(&Refusal::UnknownOfficer { officer: id.to_string() }));
    }
    let services = body.services.as_deref().map(codes).transpose()?;
    center.queue.set_skills(origin, id, services).await.map_err(failed)?;
    listed(&center).await
}

async fn listed(center: &Center) -> Result<HttpResponse, Problem> {
    let read =
        |c: &rusqlite::Connection| Ok((query::officers::all(c)?, query::governed::skills(c)?));
    let read = center.readers.read(read).await;
    let (accounts, skills) = read.map_err(|error| unreadable(&error))?;
    let views = accounts
        .into_iter()
        .map(|account| OfficerSkillsView::new(account, &skills, &center.officers));
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .json(views.collect::<Vec<_>>()))
}

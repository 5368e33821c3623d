//! `/tablets`, `/ratings`: the citizen's assessment. A vote carries neither officer nor dossier.

use super::Center;
use super::asking::counter as counter_of;
use super::failure::{bad_value, failed};
use super::views::word;
use super::words;
use actix_web::{HttpResponse, web as actix_routes};
use domain::rating::{FINISH_MAX_S, Vote};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use web::{Caller, DeviceRole, Problem};

/// The right to one vote.
#[derive(Debug, Serialize, ToSchema)]
pub struct TokenView {
    /// The secret.
    pub token: String,
    /// `receipt` or `return`.
    #[schema(value_type = words::Stage)]
    pub stage: String,
    /// Until when its ballot may be begun.
    pub expires_at: String,
    /// How long a ballot that was begun may take, in seconds.
    pub finish_s: i64,
}

/// A vote.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRating {
    /// The secret.
    pub token: String,
    /// `very_satisfied`, `satisfied`, `dissatisfied`.
    #[schema(value_type = words::Level)]
    pub level: String,
    /// Codes of the reasons, when dissatisfied.
    #[serde(default)]
    pub reasons: Vec<String>,
    /// In the citizen's words.
    #[serde(default)]
    pub comment: Option<String>,
    /// `citizen` or `organisation`.
    #[schema(value_type = words::Respondent)]
    pub respondent: String,
    /// When the citizen pressed, by the center's time, if the tablet had to keep the vote because the
    /// center was away.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "date-time")]
    pub cast_at: Option<Timestamp>,
    /// Made by the tablet: the same vote sent again counts once.
    pub client_id: Uuid,
}

/// The vote is stored.
#[derive(Debug, Serialize, ToSchema)]
pub struct RatingStored {
    /// The tablet's own id of it. Its id in the journal is another one, which no answer gives.
    pub id: Uuid,
}

/// The token that a counter's tablet may use now.
#[utoipa::path(get, path = "/api/v1/tablets/{counter}/token", tag = "rating",
    params(("counter" = u16, Path)),
    responses((status = 200, body = TokenView), (status = 204)))]
pub async fn token(
    center: actix_routes::Data<Center>,
    caller: Caller,
    path: actix_routes::Path<String>,
) -> Result<HttpResponse, Problem> {
    let counter = counter_of(&path)?;
    // The secret is the tablet's own: an officer who could read it could vote.
    match &caller {
        Caller::Device(_) => caller.officer_or_tablet_of(counter.0)?,
        Caller::Officer(_) => return Err(Problem::not_allowed()),
    }
    let found = center.ratings.token_of(counter).await.map_err(failed)?;
    Ok(match found {
        None => HttpResponse::NoContent().finish(),
        Some(token) => HttpResponse::Ok().json(TokenView {
            stage: word(&token.stage),
            expires_at: token.expires_at.to_string(),
            finish_s: FINISH_MAX_S,
            token: token.token,
        }),
    })
}

/// Takes a vote.
#[utoipa::path(post, path = "/api/v1/ratings", tag = "rating", request_body = NewRating,
    responses((status = 201, body = RatingStored), (status = 404, body = Problem),
              (status = 409, body = Problem)))]
pub async fn vote(
    center: actix_routes::Data<Center>,
    device: web::Device,
    body: actix_routes::Json<NewRating>,
) -> Result<HttpResponse, Problem> {
    if device.role != DeviceRole::Tablet {
        return Err(Problem::not_allowed());
    }
    let NewRating { token, level, reasons, comment, respondent, cast_at, client_id } =
        body.into_inner();
    let level = serde_json::from_value(level.into()).map_err(|_| bad_value("level"))?;
    let respondent =
        serde_json::from_value(respondent.into()).map_err(|_| bad_value("respondent"))?;
    let comment = comment.filter(|text| !text.trim().is_empty());
    let vote = Vote { level, reasons, comment, respondent };
    let stored = center.ratings.vote(&client_id.to_string(), &token, vote, cast_at).await;
    stored.map_err(failed)?;
    Ok(HttpResponse::Created().json(RatingStored { id: client_id }))
}

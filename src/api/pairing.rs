//! `/pairings`, `/paired`: a kiosk, a screen or a tablet is let in by a code, and put out again, while the
//! center works. `motcua device token` makes the same tokens without a browser.
//!
//! The page that asks gets two things: a code to show, and a claim, which it keeps to itself. The token
//! that it will have follows from the claim, so the center holds only hashes of both, a lost answer is
//! asked for again, and nobody at the console ever sees a token.

use super::Center;
use super::accounts::device_name;
use super::asking::known_counter;
use super::failure::{bad_value, problem};
use super::pairing_views::{
    NewPairing, PairedView, PairingAnswer, PairingApproval, PairingClaim, PairingOpened,
    PairingState, PairingView, shown, view_of,
};
use crate::actors::pairing::{Declined, State, USER_AGENT_LENGTH_MAX, VALID_FOR, Wish, typed};
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web as actix_routes};
use domain::ids::CounterNumber;
use domain::text_fold::{is_unseen, normalise};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use std::time::{Duration, Instant};
use store::records::DeviceToken;
use web::auth::peer;
use web::session::{Token, TokenHash};
use web::{Auth, DeviceRole, Officer, Problem, Role};

/// The longest name of a device; a longer one is refused. Characters.
pub const TITLE_LENGTH_MAX: usize = 64;
/// When too many devices ask at once, asking again is worth while after so many seconds.
const FULL_AGAIN_S: u32 = 30;
/// The role of load generators, which no page asks for and no list shows.
const LOAD: &str = "load";
/// For what the token follows from the claim.
const TOKEN_OF_CLAIM: &[u8] = b"motcua paired device v1";

/// A page without a token asks to be let in. Nobody is signed in.
#[utoipa::path(post, path = "/api/v1/pairings", tag = "devices", request_body = NewPairing,
    responses((status = 201, body = PairingOpened), (status = 429, body = Problem),
              (status = 503, body = Problem)))]
pub async fn open(
    request: HttpRequest,
    center: actix_routes::Data<Center>,
    body: actix_routes::Json<NewPairing>,
) -> Result<HttpResponse, Problem> {
    if body.role == DeviceRole::Load {
        return Err(bad_value("role"));
    }
    let claim = Token::random()?;
    let wish = Wish {
        role: body.role,
        address: peer(&request),
        user_agent: user_agent(&request),
        claim: claim.hash(),
        token: claim.derived(TOKEN_OF_CLAIM).hash(),
    };
    let now = Instant::now();
    let asked = center.pairing.open(wish, now).ok_or_else(Problem::internal)?;
    let asked = asked.map_err(declined)?;
    tracing::info!(code = %asked.code, role = ?asked.wish.role, address = %asked.wish.address,
        "a device asks to be let in");
    Ok(HttpResponse::Created().json(PairingOpened {
        expires_in_s: asked.left(now).as_secs(),
        code: asked.code,
        claim: claim.reveal().to_owned(),
    }))
}

/// How the request of a claim stands; with the token, once it is approved. The same claim gets the same
/// answer for as long as its code would be good: an answer that is lost on the way costs nothing.
#[utoipa::path(post, path = "/api/v1/pairings/claim", tag = "devices", request_body = PairingClaim,
    responses((status = 200, body = PairingAnswer), (status = 404, body = Problem),
              (status = 429, body = Problem)))]
pub async fn claim(
    request: HttpRequest,
    center: actix_routes::Data<Center>,
    body: actix_routes::Json<PairingClaim>,
) -> Result<HttpResponse, Problem> {
    let unknown = || problem(StatusCode::NOT_FOUND, "pairing.unknown_claim", json!({}));
    let claim = Token::parse(&body.claim).ok_or_else(unknown)?;
    let token = claim.derived(TOKEN_OF_CLAIM);
    let now = Instant::now();
    let found = center.pairing.of_claim(claim.hash(), peer(&request), now).map_err(declined)?;
    let answer = |state, stored: Option<&DeviceToken>, left: Duration| PairingAnswer {
        state,
        expires_in_s: left.as_secs(),
        token: stored.map(|_| token.reveal().to_owned()),
        counter: stored.and_then(|stored| stored.counter).map(|counter| counter.0),
    };
    let answer = match found {
        Some(asked) => match &asked.state {
            State::Waiting | State::Deciding => {
                answer(PairingState::Waiting, None, asked.left(now))
            }
            State::Approved(stored) => {
                answer(PairingState::Approved, Some(stored.as_ref()), asked.left(now))
            }
            State::Refused => answer(PairingState::Refused, None, asked.left(now)),
        },
        // The daemon was started again after the approval: the store has the token.
        None => {
            let stored = center.accounts.token(token.hash()).await?;
            let stored = stored.filter(|stored| just_made(stored, center.clock.now()));
            answer(PairingState::Approved, Some(&stored.ok_or_else(unknown)?), Duration::ZERO)
        }
    };
    Ok(HttpResponse::Ok().json(answer))
}

/// The devices that wait for an answer. For the head.
#[utoipa::path(get, path = "/api/v1/pairings", tag = "devices",
    responses((status = 200, body = [PairingView]), (status = 403, body = Problem)))]
pub async fn waiting(
    center: actix_routes::Data<Center>,
    officer: Officer,
) -> Result<HttpResponse, Problem> {
    officer.require(Role::Head)?;
    let now = Instant::now();
    let all: Vec<PairingView> =
        center.pairing.waiting(now).into_iter().map(|asked| shown(asked, now)).collect();
    Ok(HttpResponse::Ok().json(all))
}

/// Lets the device in that shows a code. For the head.
#[utoipa::path(post, path = "/api/v1/pairings/{code}/approve", tag = "devices",
    params(("code" = String, Path)), request_body = PairingApproval,
    responses((status = 200, body = PairedView), (status = 403, body = Problem),
              (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn approve(
    center: actix_routes::Data<Center>,
    officer: Officer,
    path: actix_routes::Path<String>,
    body: actix_routes::Json<PairingApproval>,
) -> Result<HttpResponse, Problem> {
    officer.require(Role::Head)?;
    let title = title_of(&body.title)?;
    let given = body.counter.map(CounterNumber);
    let decision = match center.pairing.begin(&typed(&path), Instant::now()) {
        Ok(decision) => decision,
        // The same answer once more: the first time its own answer was lost.
        Err(Declined::Decided(State::Approved(stored)))
            if stored.title == title && stored.counter == given =>
        {
            return Ok(HttpResponse::Ok().json(paired(&center, &stored)));
        }
        Err(refusal) => return Err(declined(refusal)),
    };
    let role = decision.asked().wish.role;
    let of_a_counter = matches!(role, DeviceRole::Tablet | DeviceRole::Counter);
    let counter = match (of_a_counter, body.counter) {
        (true, None) => {
            return Err(problem(StatusCode::BAD_REQUEST, "pairing.needs_counter", json!({})));
        }
        (true, Some(number)) => Some(known_counter(&center.data.queue, number)?),
        (false, None) => None,
        (false, Some(_)) => return Err(bad_value("counter")),
    };
    let token = DeviceToken {
        token_hash: decision.asked().wish.token.0,
        role: super::views::word(&role),
        counter,
        title,
        created_at: center.clock.now(),
        revoked_at: None,
    };
    to_the_end(async move {
        center.accounts.store_tokens(&officer.id, vec![token.clone()]).await?;
        decision.settle(State::Approved(Box::new(token.clone())));
        tracing::info!(device = %device_name(&token), officer = %officer.id, "a device is let in");
        Ok(HttpResponse::Ok().json(paired(&center, &token)))
    })
    .await
}

/// Does not let the device in that shows a code. For the head.
#[utoipa::path(post, path = "/api/v1/pairings/{code}/refuse", tag = "devices",
    params(("code" = String, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem)))]
pub async fn refuse(
    center: actix_routes::Data<Center>,
    auth: actix_routes::Data<Auth>,
    officer: Officer,
    path: actix_routes::Path<String>,
) -> Result<HttpResponse, Problem> {
    officer.require(Role::Head)?;
    let decision = match center.pairing.begin(&typed(&path), Instant::now()) {
        Ok(decision) => decision,
        Err(Declined::Decided(State::Refused)) => return Ok(HttpResponse::NoContent().finish()),
        Err(refusal) => return Err(declined(refusal)),
    };
    to_the_end(async move {
        // An earlier yes that was told to have failed may be on the disk all the same.
        if center.accounts.withdraw(&officer.id, decision.asked().wish.token).await? {
            auth.recheck_pages();
        }
        decision.settle(State::Refused);
        Ok(HttpResponse::NoContent().finish())
    })
    .await
}

/// The devices that are let in, with when each was heard last. For the head.
#[utoipa::path(get, path = "/api/v1/paired", tag = "devices",
    responses((status = 200, body = [PairedView]), (status = 403, body = Problem)))]
pub async fn list(
    center: actix_routes::Data<Center>,
    officer: Officer,
) -> Result<HttpResponse, Problem> {
    officer.require(Role::Head)?;
    let tokens = center.accounts.tokens().await?;
    let all: Vec<PairedView> = tokens
        .iter()
        .filter(|token| token.revoked_at.is_none() && token.role != LOAD)
        .map(|token| paired(&center, token))
        .collect();
    Ok(HttpResponse::Ok().json(all))
}

/// Puts a device out for good, by its token's name; its open pages are closed at once. For the head.
#[utoipa::path(post, path = "/api/v1/paired/{device}/revoke", tag = "devices",
    params(("device" = String, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn revoke(
    center: actix_routes::Data<Center>,
    auth: actix_routes::Data<Auth>,
    officer: Officer,
    path: actix_routes::Path<String>,
) -> Result<HttpResponse, Problem> {
    officer.require(Role::Head)?;
    let tokens = center.accounts.tokens().await?;
    let named: Vec<DeviceToken> =
        tokens.into_iter().filter(|token| device_name(token) == *path).collect();
    if named.is_empty() {
        return Err(problem(StatusCode::NOT_FOUND, "pairing.unknown_device", json!({})));
    }
    to_the_end(async move {
        let now = center.clock.now();
        let hashes: Vec<TokenHash> =
            named.iter().map(|token| TokenHash(token.token_hash)).collect();
        let going: Vec<DeviceToken> = named
            .into_iter()
            .filter(|token| token.revoked_at.is_none())
            .map(|token| DeviceToken { revoked_at: Some(now), ..token })
            .collect();
        // Pressed once more after an answer that was lost: it is out already.
        if !going.is_empty() {
            center.accounts.store_tokens(&officer.id, going).await?;
            tracing::info!(device = %*path, officer = %officer.id, "a device is put out");
        }
        for token in hashes {
            center.pairing.forget(token);
        }
        auth.recheck_pages();
        Ok(HttpResponse::NoContent().finish())
    })
    .await
}

/// Makes a change to its end, also when whoever asked for it goes away in the middle: otherwise the disk
/// would know a device of which nothing is known here, or one that is out would still be remembered.
async fn to_the_end(
    change: impl Future<Output = Result<HttpResponse, Problem>> + 'static,
) -> Result<HttpResponse, Problem> {
    actix_web::rt::spawn(change).await.unwrap_or_else(|_| Err(Problem::internal()))
}

fn declined(refusal: Declined) -> Problem {
    match refusal {
        Declined::TooFast(wait) => {
            let wait_s = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1);
            problem(StatusCode::TOO_MANY_REQUESTS, "pairing.too_fast", json!({ "wait_s": wait_s }))
                .retry_after(wait_s)
        }
        Declined::Full => problem(StatusCode::SERVICE_UNAVAILABLE, "pairing.full", json!({}))
            .retry_after(FULL_AGAIN_S),
        Declined::UnknownCode => problem(StatusCode::NOT_FOUND, "pairing.unknown_code", json!({})),
        Declined::Decided(_) => problem(StatusCode::CONFLICT, "pairing.decided", json!({})),
    }
}

/// The name that people call the device by.
fn title_of(text: &str) -> Result<String, Problem> {
    let title = normalise(text.trim());
    let length = title.chars().count();
    // U+2028 and U+2029 end a line.
    let odd = |c: char| c.is_control() || is_unseen(c) || matches!(c, '\u{2028}' | '\u{2029}');
    if length == 0 || length > TITLE_LENGTH_MAX || title.chars().any(odd) {
        let details = json!({ "length_max": TITLE_LENGTH_MAX });
        return Err(problem(StatusCode::BAD_REQUEST, "pairing.bad_title", details));
    }
    Ok(title)
}

/// What the browser calls itself, in printable ASCII and not too long.
fn user_agent(request: &HttpRequest) -> String {
    let text = request.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    let printable = text.unwrap_or_default().chars().filter(|c| !c.is_control());
    printable.take(USER_AGENT_LENGTH_MAX).collect()
}

/// Whether a token was made in the time in which its page still asks for it.
fn just_made(stored: &DeviceToken, now: Timestamp) -> bool {
    let valid_for = SignedDuration::try_from(VALID_FOR).unwrap_or(SignedDuration::ZERO);
    now.duration_since(stored.created_at) <= valid_for
}

fn paired(center: &Center, token: &DeviceToken) -> PairedView {
    let seen = center.accounts.token_seen(TokenHash(token.token_hash));
    view_of(token, seen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn a_devices_name_is_short_and_turns_nothing_around() {
        assert_eq!(title_of("  Sảnh tầng 1 ").unwrap(), "Sảnh tầng 1");
        // Markup is a text among texts; the pages write it as one.
        assert_eq!(title_of("<b>Sảnh</b>").unwrap(), "<b>Sảnh</b>");
        for bad in ["", "  ", "a\nb", "\u{202e}hnảS", "\u{200b}", &"x".repeat(TITLE_LENGTH_MAX + 1)]
        {
            assert_eq!(title_of(bad).unwrap_err().code, "pairing.bad_title", "{bad:?}");
        }
    }

    #[test]
    fn a_browser_may_call_itself_anything_and_little_of_it_is_shown() {
        let said = |text: &str| {
            let value = header::HeaderValue::from_bytes(text.as_bytes()).unwrap();
            user_agent(
                &TestRequest::get().insert_header((header::USER_AGENT, value)).to_http_request(),
            )
        };
        assert_eq!(said("Mozilla/5.0\t(X11)"), "Mozilla/5.0(X11)");
        assert_eq!(said(&"a".repeat(5_000)).len(), USER_AGENT_LENGTH_MAX);
        assert_eq!(said("\u{202e}đảo"), "");
        assert_eq!(user_agent(&TestRequest::get().to_http_request()), "");
    }

    #[test]
    fn a_token_of_an_earlier_day_is_not_given_again() {
        let made: Timestamp = "2026-11-23T02:00:00Z".parse().unwrap();
        let token = DeviceToken {
            token_hash: [1; 32],
            role: "tablet".to_owned(),
            counter: Some(CounterNumber(3)),
            title: "Quầy 3".to_owned(),
            created_at: made,
            revoked_at: None,
        };
        let after = |seconds: i64| made + SignedDuration::from_secs(seconds);
        let valid_s = i64::try_from(VALID_FOR.as_secs()).unwrap();
        assert!(just_made(&token, after(valid_s)));
        assert!(!just_made(&token, after(valid_s + 1)));
        let view = view_of(&token, Some(after(60)));
        assert_eq!(view.device, "tablet-3-010101");
        assert_eq!(view.last_seen.as_deref(), Some("2026-11-23T02:01:00Z"));
    }

    #[test]
    fn whoever_asks_too_fast_is_told_when_to_ask_again() {
        let refusal = declined(Declined::TooFast(Duration::from_millis(20_500)));
        assert_eq!((&*refusal.code, &refusal.details["wait_s"]), ("pairing.too_fast", &json!(21)));
        for code in [
            "pairing.full",
            "pairing.unknown_code",
            "pairing.unknown_claim",
            "pairing.decided",
            "pairing.needs_counter",
            "pairing.bad_title",
            "pairing.no_room",
            "pairing.unknown_device",
            "pairing.too_fast",
        ] {
            assert!(crate::text::has(code), "{code}");
        }
    }
}

use super::client::ask;
use super::house::{self, PASSWORD};
use crate::auth::cookie_name;
use crate::session::Token;
use crate::{Device, DeviceRole};

const NOTE: &str = r#"{"text":"xong"}"#;

#[actix_web::test]
async fn the_cookie_is_bound_to_this_host_and_hidden_from_scripts() {
    let house = house::open();
    let answer = house.try_sign_in("lan", PASSWORD, &[]).await;
    let cookie = answer.header("set-cookie").unwrap();
    let name = cookie_name(house.address.port());
    assert!(
        name.starts_with("__Host-motcua-") && cookie.starts_with(&format!("{name}=")),
        "{cookie}"
    );
    for flag in ["HttpOnly", "Secure", "SameSite=Strict", "Path=/", "Max-Age=36000"] {
        assert!(cookie.split("; ").any(|part| part == flag), "{flag} is missing in {cookie}");
    }
    assert!(!cookie.contains("Domain"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    house.serving.stop().await;
}

#[test]
fn two_servers_on_one_machine_do_not_share_a_session_cookie() {
    assert_ne!(cookie_name(8443), cookie_name(9443));
    assert_eq!(cookie_name(443), "__Host-motcua");
}

#[actix_web::test]
async fn a_planted_session_does_not_become_the_officers() {
    let house = house::open();
    // Planted out of nothing, and planted from a session that exists.
    let (own, _) = house.sign_in("minh").await;
    let name = cookie_name(house.address.port());
    let invented = format!("{name}={}", Token::random().unwrap().reveal());
    for planted in [invented, own] {
        let answer = house.try_sign_in("lan", PASSWORD, &[("Cookie", &planted)]).await;
        assert_eq!(answer.status, 201);
        assert!(!planted.ends_with(&answer.cookie()));
        let with_planted =
            ask(house.address, "GET", "/api/v1/session", &[("Cookie", &planted)], "").await;
        assert_eq!(with_planted.status, 401);
    }
    house.serving.stop().await;
}

#[actix_web::test]
async fn what_changes_something_needs_the_confirmation_code() {
    let house = house::open();
    let (cookie, csrf) = house.sign_in("lan").await;
    let (_, csrf_of_another) = house.sign_in("minh").await;
    let note = async |headers: &[(&str, &str)]| {
        ask(house.address, "POST", "/api/v1/notes", headers, NOTE).await
    };
    assert_eq!(note(&[("Cookie", &cookie)]).await.code(), "auth.csrf");
    let foreign = [("Cookie", cookie.as_str()), ("X-CSRF-Token", &csrf_of_another)];
    assert_eq!(note(&foreign).await.code(), "auth.csrf");
    assert_eq!(note(&[("Cookie", &cookie), ("X-CSRF-Token", &csrf)]).await.status, 204);

    let shown = ask(house.address, "GET", "/api/v1/session", &[("Cookie", &cookie)], "").await;
    assert_eq!(shown.json()["csrf"], csrf, "a reloaded page gets the same code");

    let sign_out =
        ask(house.address, "DELETE", "/api/v1/session", &[("Cookie", &cookie)], "").await;
    assert_eq!(sign_out.code(), "auth.csrf");
    house.serving.stop().await;
}

#[actix_web::test]
async fn a_device_needs_no_confirmation_code_and_a_wrong_token_nothing_helps() {
    let house = house::open();
    let right = format!("Bearer {}", house.hall_token.reveal());
    let wrong = format!("Bearer {}", Token::random().unwrap().reveal());
    let note = async |authorization: &str| {
        let headers = [("Authorization", authorization)];
        ask(house.address, "POST", "/api/v1/notes", &headers, NOTE).await.status
    };
    assert_eq!(note(&right).await, 204);
    assert_eq!(note(&wrong).await, 401);
    assert_eq!(note("Bearer ").await, 401);
    assert_eq!(note("Basic bGFuOmxhbg==").await, 401);
    house.serving.stop().await;
}

#[actix_web::test]
async fn a_wrong_token_is_not_saved_by_a_right_cookie() {
    let house = house::open();
    let (cookie, _) = house.sign_in("lan").await;
    let wrong = format!("Bearer {}", Token::random().unwrap().reveal());
    for authorization in [wrong.as_str(), "Bearer x", "Basic bGFuOmxhbg=="] {
        let headers = [("Cookie", cookie.as_str()), ("Authorization", authorization)];
        let shown = ask(house.address, "GET", "/api/v1/session", &headers, "").await;
        assert_eq!(shown.status, 401, "{authorization}");
    }
    house.serving.stop().await;
}

#[actix_web::test]
async fn roles_and_counters_are_told_apart() {
    let house = house::open();
    let tablet = Token::random().unwrap();
    let device = Device { id: "d-tablet".into(), role: DeviceRole::Tablet, counter: Some(3) };
    house.memory.add_device(tablet.hash(), device);
    let tablet = format!("Bearer {}", tablet.reveal());
    let hall = format!("Bearer {}", house.hall_token.reveal());
    let (officer, officer_csrf) = house.sign_in("lan").await;
    let (head, head_csrf) = house.sign_in("minh").await;
    let officer = [("Cookie", officer.as_str()), ("X-CSRF-Token", &officer_csrf)];
    let head = [("Cookie", head.as_str()), ("X-CSRF-Token", &head_csrf)];
    let tablet = [("Authorization", tablet.as_str())];
    let hall = [("Authorization", hall.as_str())];
    type Headers<'a> = &'a [(&'a str, &'a str)];
    let cases: [(&str, &str, Headers<'_>, u16); 8] = [
        ("POST", "/api/v1/heads", &officer, 403),
        ("POST", "/api/v1/heads", &head, 204),
        ("POST", "/api/v1/heads", &tablet, 403),
        ("POST", "/api/v1/heads", &[], 401),
        ("GET", "/api/v1/tablets/3", &tablet, 204),
        ("GET", "/api/v1/tablets/4", &tablet, 403),
        ("GET", "/api/v1/tablets/3", &hall, 403),
        ("GET", "/api/v1/tablets/4", &officer, 204),
    ];
    for (method, path, headers, expected) in cases {
        let answer = ask(house.address, method, path, headers, "").await;
        assert_eq!(answer.status, expected, "{method} {path}");
    }
    house.serving.stop().await;
}

#[actix_web::test]
async fn an_idle_session_ends_and_a_used_one_ends_after_ten_hours() {
    let house = house::open();
    let (cookie, _) = house.sign_in("lan").await;
    let show =
        async || ask(house.address, "GET", "/api/v1/session", &[("Cookie", &cookie)], "").await;
    for _ in 0..24 {
        house.pass(29 * 60);
        let answer = show().await;
        if answer.status != 200 {
            break;
        }
    }
    assert_eq!(house.memory.sessions(), 0, "ten hours of use end it");

    let (cookie, _) = house.sign_in("lan").await;
    house.pass(30 * 60);
    let ended = ask(house.address, "GET", "/api/v1/session", &[("Cookie", &cookie)], "").await;
    assert_eq!((ended.status, ended.code().as_str()), (401, "auth.session_ended"));
    house.serving.stop().await;
}

#[actix_web::test]
async fn a_locked_account_loses_its_open_session() {
    let house = house::open();
    let (cookie, _) = house.sign_in("lan").await;
    house.memory.remove_account("lan");
    let shown = ask(house.address, "GET", "/api/v1/session", &[("Cookie", &cookie)], "").await;
    assert_eq!(shown.status, 401);
    house.serving.stop().await;
}

#[actix_web::test]
async fn signing_out_ends_the_session_and_takes_the_cookie_away() {
    let house = house::open();
    let (cookie, csrf) = house.sign_in("lan").await;
    let headers = [("Cookie", cookie.as_str()), ("X-CSRF-Token", csrf.as_str())];
    let answer = ask(house.address, "DELETE", "/api/v1/session", &headers, "").await;
    assert_eq!(answer.status, 204);
    assert!(answer.header("set-cookie").unwrap().contains("Max-Age=0"));
    assert_eq!(house.memory.sessions(), 0);
    let again = ask(house.address, "DELETE", "/api/v1/session", &headers, "").await;
    assert_eq!(again.status, 204, "signing out twice is no error");
    house.serving.stop().await;
}

#[actix_web::test]
async fn the_sixth_wrong_password_waits_and_so_does_the_right_one_after_it() {
    let house = house::open();
    for _ in 0..5 {
        let answer = house.try_sign_in("minh", "sai mật khẩu rồi", &[]).await;
        assert_eq!((answer.status, answer.code().as_str()), (401, "auth.wrong_login"));
    }
    let answer = house.try_sign_in("minh", PASSWORD, &[]).await;
    assert_eq!((answer.status, answer.code().as_str()), (429, "auth.wait"));
    assert_eq!(answer.header("retry-after"), Some("30"));
    house.pass(30);
    assert_eq!(house.try_sign_in("minh", PASSWORD, &[]).await.status, 201);
    house.serving.stop().await;
}

#[actix_web::test]
async fn an_unknown_account_answers_like_a_wrong_password() {
    let house = house::open();
    let unknown = house.try_sign_in("khong-co", PASSWORD, &[]).await;
    let wrong = house.try_sign_in("lan", "sai mật khẩu rồi", &[]).await;
    assert_eq!((unknown.status, &unknown.body), (wrong.status, &wrong.body));
    house.serving.stop().await;
}

#[actix_web::test]
async fn a_session_whose_use_cannot_be_written_down_is_not_locked_out() {
    let house = house::open();
    let (cookie, _) = house.sign_in("lan").await;
    house.memory.fill();
    house.pass(5 * 60);
    let headers = [("Cookie", cookie.as_str())];
    let answer = ask(house.address, "GET", "/api/v1/session", &headers, "").await;
    assert_eq!(answer.status, 200);
    house.serving.stop().await;
}

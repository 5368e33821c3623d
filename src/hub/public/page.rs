//! How a public page is put together: plain HTML without a script, readable on an old phone. Whatever
//! came from elsewhere goes through [`text`].

use domain::report::outside::{Range, ServiceNow};
use domain::time::{business_day, local};
use jiff::Timestamp;
use jiff::civil::Time;

/// The style of both pages, in a file of its own because the content policy allows none inside.
pub const STYLE: &str = include_str!("style.css");
/// Where it is.
pub const STYLE_PATH: &str = "/assets/cong-khai.css";

/// A sentence in both languages, Vietnamese first.
pub type Said<'a> = (&'a str, &'a str);

/// A whole page. `body` is HTML that was made here.
#[must_use]
pub fn page(title: Said<'_>, body: &str) -> String {
    let (vi, en) = (text(title.0), text(title.1));
    format!(
        "<!doctype html>\n<html lang=\"vi\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex\">\n<title>{vi}</title>\n\
         <link rel=\"icon\" href=\"data:,\">\n<link rel=\"stylesheet\" href=\"{STYLE_PATH}\">\n\
         </head>\n<body>\n<header><p>Tỉnh Quảng Ninh</p></header>\n<main>\n\
         <h1>{vi}</h1>\n<p class=\"en\" lang=\"en\">{en}</p>\n{body}</main>\n</body>\n</html>\n"
    )
}

/// A paragraph in both languages.
#[must_use]
pub fn both(class: &str, said: Said<'_>) -> String {
    let (vi, en) = (text(said.0), text(said.1));
    format!("<p class=\"{class}\">{vi} <span class=\"en\" lang=\"en\">{en}</span></p>\n")
}

/// Text as it stands in HTML, also inside an attribute.
#[must_use]
pub fn text(plain: &str) -> String {
    let mut html = String::with_capacity(plain.len());
    for c in plain.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(c),
        }
    }
    html
}

/// `09:42`, with the day where it is another than that of `now`.
#[must_use]
pub fn clock(at: Timestamp, now: Timestamp) -> String {
    let form = if business_day(at) == business_day(now) { "%H:%M" } else { "%H:%M %d/%m/%Y" };
    local(at).strftime(form).to_string()
}

/// A wait in words, as on the ticket.
#[must_use]
pub fn wait(range: Range) -> (String, String) {
    let Range { low_min, high_min } = range;
    match low_min {
        0 => (format!("Chờ dưới {high_min} phút"), format!("less than {high_min} minutes")),
        _ => (
            format!("Chờ khoảng {low_min}–{high_min} phút"),
            format!("about {low_min} to {high_min} minutes"),
        ),
    }
}

/// What a newcomer's wait would run into, in words: the break is not counted in.
#[must_use]
pub fn wait_over(service: &ServiceNow) -> Option<(String, String)> {
    let minute = |at: Time| at.strftime("%H:%M").to_string();
    let resumes = service.break_until.map(minute).map(|at| {
        (
            format!("Chưa kể giờ nghỉ; quầy làm việc lại lúc {at}"),
            format!("without the break; the counters work again at {at}"),
        )
    });
    let closes = service.closes_at.map(minute).map(|at| {
        (
            format!("Có thể không kịp trước giờ đóng cửa {at}"),
            format!("perhaps not before the center closes at {at}"),
        )
    });
    resumes.or(closes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_from_elsewhere_is_text() {
        let html = both("a", ("<script>alert('x')</script>", "\"&\""));
        assert!(!html.contains("<script"), "{html}");
        assert!(html.contains("&lt;script&gt;alert(&#39;x&#39;)") && html.contains("&quot;&amp;"));
        assert!(page(("<b>", "i"), "").contains("<title>&lt;b&gt;</title>"));
    }

    #[test]
    fn a_wait_that_runs_into_the_break_or_past_the_end_says_so() {
        let mut service = ServiceNow {
            code: domain::ids::ServiceCode::parse("ho-tich").unwrap(),
            name_vi: "Hộ tịch".into(),
            name_en: "Civil status".into(),
            waiting: 9,
            low_min: Some(20),
            high_min: Some(40),
            break_until: None,
            closes_at: None,
        };
        assert_eq!(wait_over(&service), None);
        service.closes_at = Some(jiff::civil::time(17, 0, 0, 0));
        assert!(wait_over(&service).unwrap().0.ends_with("trước giờ đóng cửa 17:00"));
        service.break_until = Some(jiff::civil::time(13, 30, 0, 0));
        assert!(wait_over(&service).unwrap().0.ends_with("làm việc lại lúc 13:30"));
    }

    #[test]
    fn a_time_of_another_day_has_its_day() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let now = at("2026-11-23T02:42:00Z");
        assert_eq!(clock(now, now), "09:42");
        assert_eq!(clock(at("2026-11-22T02:42:00Z"), now), "09:42 22/11/2026");
    }

    #[test]
    fn no_page_has_a_script_or_a_style_inside_which_the_policy_would_refuse() {
        let page = page(("a", "b"), "");
        assert!(!page.contains("<script") && !page.contains("<style") && !page.contains("style="));
    }
}

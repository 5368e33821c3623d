//! What a refusal of a booking says to the citizen at the province's page: Vietnamese first.

use ::web::problem::Problem;
use actix_web::http::StatusCode;
use domain::refusal::{Refusal, RefusalKind};
use serde_json::Value;

/// Code, Vietnamese, English; `{name}` is filled from the refusal's facts.
const SENTENCES: &[(&str, &str, &str)] = &[
    (
        "booking.unknown",
        "Không có lịch hẹn với mã này. Mời Ông/Bà nhập lại.",
        "There is no booking with this code. Please enter it again.",
    ),
    (
        "booking.over",
        "Đã qua giờ hẹn ({to}). Mời Ông/Bà đặt lịch khác hoặc lấy số tại trung tâm.",
        "The time of this appointment has come ({to}). Please book another one or take a number at the center.",
    ),
    (
        "booking.used",
        "Mã này đã được dùng để lấy số tại trung tâm.",
        "A number was taken with this code at the center already.",
    ),
    (
        "booking.no_such_time",
        "Không có khung giờ hẹn này. Mời Ông/Bà chọn lại.",
        "There is no such time. Please choose again.",
    ),
    (
        "booking.too_far",
        "Chỉ đặt trước được nhiều nhất {days} ngày. Mời Ông/Bà chọn ngày gần hơn.",
        "Appointments can be made at most {days} days ahead. Please choose an earlier day.",
    ),
    (
        "booking.slot_full",
        "Khung giờ này đã đủ người. Khung giờ còn chỗ gần nhất: {next}.",
        "This time is full. The next free one: {next}.",
    ),
    (
        "booking.day_full",
        "Trong ngày không còn khung giờ trống. Mời Ông/Bà chọn ngày khác.",
        "No time is free on this day any more. Please choose another day.",
    ),
    (
        "booking.day_off",
        "Trung tâm không làm việc ngày này. Mời Ông/Bà chọn ngày khác.",
        "The center is closed on this day. Please choose another one.",
    ),
    (
        "queue.unknown_service",
        "Chưa đặt lịch được cho nhóm thủ tục này. Mời Ông/Bà chọn lại.",
        "This group of procedures cannot be booked. Please choose again.",
    ),
];

/// The refusal as the citizen sees it.
pub(super) fn refused(refusal: &Refusal) -> Problem {
    let status = match refusal.kind() {
        RefusalKind::BadInput => StatusCode::BAD_REQUEST,
        RefusalKind::NotFound => StatusCode::NOT_FOUND,
        RefusalKind::Rule => StatusCode::CONFLICT,
    };
    let code = refusal.code();
    let Some((_, vi, en)) = SENTENCES.iter().find(|(known, ..)| *known == code) else {
        tracing::error!(code, "a refusal of a booking has no sentence");
        return Problem::internal();
    };
    let details = refusal.details();
    Problem::new(status, code, fill(vi, &details), fill(en, &details)).with_details(details)
}

fn fill(sentence: &str, details: &Value) -> String {
    let mut filled = sentence.to_owned();
    for (name, value) in details.as_object().into_iter().flatten() {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        filled = filled.replace(&format!("{{{name}}}"), &text);
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_time_is_told_with_the_next_free_one() {
        let problem = refused(&Refusal::BookingSlotFull { next: "10:30, 23/11".to_owned() });
        assert_eq!((problem.status(), &*problem.code), (StatusCode::CONFLICT, "booking.slot_full"));
        assert!(problem.message.ends_with("gần nhất: 10:30, 23/11."), "{}", problem.message);
    }

    #[test]
    fn every_refusal_of_the_page_has_a_sentence_without_a_gap() {
        let text = || "10:30, 23/11".to_owned();
        for refusal in [
            Refusal::UnknownBooking,
            Refusal::BookingOver { to: text() },
            Refusal::BookingUsed { at: text() },
            Refusal::BookingNoSuchTime,
            Refusal::BookingTooFar { days: 7 },
            Refusal::BookingSlotFull { next: text() },
            Refusal::BookingDayFull,
            Refusal::BookingDayOff,
            Refusal::UnknownService { service: "ho-tich".to_owned() },
        ] {
            let problem = refused(&refusal);
            assert_eq!(problem.code, refusal.code());
            assert!(!problem.message.contains('{') && !problem.message_en.contains('{'));
        }
    }
}

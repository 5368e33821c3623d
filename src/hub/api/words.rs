//! What a refusal of the hub says to people: Vietnamese first. The inner cause goes to the log.

use actix_web::http::StatusCode;
use web::Problem;

use crate::error::HubError;

/// Code, status, Vietnamese, English.
type Sentence = (&'static str, StatusCode, &'static str, &'static str);

const SENTENCES: &[Sentence] = &[
    (
        "enrol.unknown_token",
        StatusCode::FORBIDDEN,
        "Mã đăng ký không tồn tại hoặc đã được thay bằng mã mới. Hãy lấy mã mới nhất từ quản trị tỉnh.",
        "There is no such enrolment token, or a newer one replaced it. Get the latest one from the province.",
    ),
    (
        "enrol.token_used",
        StatusCode::CONFLICT,
        "Mã đăng ký này đã được sử dụng. Hãy yêu cầu quản trị tỉnh cấp mã mới.",
        "This enrolment token was used already. Ask the province for a new one.",
    ),
    (
        "enrol.token_expired",
        StatusCode::FORBIDDEN,
        "Mã đăng ký đã hết hạn. Hãy yêu cầu quản trị tỉnh cấp mã mới.",
        "The enrolment token has expired. Ask the province for a new one.",
    ),
    (
        "enrol.wrong_node",
        StatusCode::FORBIDDEN,
        "Mã đăng ký được cấp cho máy khác. Hãy kiểm tra tên máy.",
        "The enrolment token is for another node. Check the node's name.",
    ),
    (
        "enrol.other_journal",
        StatusCode::CONFLICT,
        "Trung tâm tỉnh đang nhận nhật ký khác dưới tên máy này (máy đã được thay, hoặc đây là ổ đĩa cũ). Muốn bắt đầu lại, hãy đăng ký với thư mục dữ liệu trống.",
        "The hub goes on with another journal under this name (the box was replaced, or this is an older disk). To begin anew, enrol with an empty data folder.",
    ),
    (
        "enrol.bad_token",
        StatusCode::BAD_REQUEST,
        "Mã đăng ký chưa đúng. Mã bắt đầu bằng motcua1. và có bốn phần cách nhau bằng dấu chấm.",
        "This is not an enrolment token. It begins with motcua1. and has four parts with dots between.",
    ),
    (
        "enrol.bad_node",
        StatusCode::BAD_REQUEST,
        "Tên máy chưa đúng, ví dụ đúng: 06658-1.",
        "The node's name is not right; one that works: 06658-1.",
    ),
    (
        "enrol.bad_request",
        StatusCode::BAD_REQUEST,
        "Yêu cầu cấp chứng thư không đọc được.",
        "The certificate signing request cannot be read.",
    ),
    (
        "enrol.bad_key",
        StatusCode::BAD_REQUEST,
        "Khóa trong yêu cầu cấp chứng thư phải là khóa P-256.",
        "The key of the certificate signing request must be a P-256 key.",
    ),
    (
        "enrol.bad_master",
        StatusCode::BAD_REQUEST,
        "Khóa chính đã bọc không đọc được.",
        "The wrapped master key cannot be read.",
    ),
    (
        "enrol.lan_name_not_allowed",
        StatusCode::BAD_REQUEST,
        "Chứng thư trong mạng nội bộ chỉ cấp cho tên .local, địa chỉ nội bộ và các tên miền đã khai báo.",
        "LAN certificates are issued for .local names, private addresses and the configured domains only.",
    ),
    (
        "enrol.lan_name_missing",
        StatusCode::BAD_REQUEST,
        "Yêu cầu cấp chứng thư nội bộ cần ít nhất một tên hoặc địa chỉ.",
        "The LAN signing request needs at least one name or address.",
    ),
    (
        "renew.bad_challenge",
        StatusCode::FORBIDDEN,
        "Lượt gia hạn đã quá giờ. Máy sẽ tự thử lại.",
        "The renewal took too long. The box tries again by itself.",
    ),
    (
        "renew.bad_signature",
        StatusCode::FORBIDDEN,
        "Yêu cầu gia hạn không được ký bằng khóa của máy.",
        "The renewal was not signed by the box's key.",
    ),
    (
        "renew.unknown_certificate",
        StatusCode::FORBIDDEN,
        "Chứng thư này không do trung tâm tỉnh cấp cho máy.",
        "The hub has not issued this certificate to this box.",
    ),
    (
        "renew.revoked",
        StatusCode::FORBIDDEN,
        "Chứng thư của máy đã bị thu hồi, hoặc đã có chứng thư mới hơn. Hãy xin quản trị tỉnh mã đăng ký mới.",
        "The box's certificate was revoked, or a newer one is in use. Ask the province for a new token.",
    ),
    (
        "renew.too_late",
        StatusCode::FORBIDDEN,
        "Chứng thư hết hạn quá 180 ngày. Hãy xin quản trị tỉnh mã đăng ký mới; dữ liệu của máy vẫn giữ nguyên.",
        "The certificate ended more than 180 days ago. Ask the province for a new token; the box keeps its data.",
    ),
    (
        "renew.too_soon",
        StatusCode::TOO_MANY_REQUESTS,
        "Vừa cấp chứng thư cho máy này. Máy sẽ tự thử lại sau.",
        "A certificate was issued to this box a moment ago. The box tries again later.",
    ),
    (
        "broker.not_reloaded",
        StatusCode::INTERNAL_SERVER_ERROR,
        "Đã thu hồi, nhưng chưa báo được cho MQTT broker. Hãy chạy trên máy chủ: systemctl reload mosquitto.",
        "Revoked, but the MQTT broker could not be told. Run on the server: systemctl reload mosquitto.",
    ),
    (
        "enrol.has_history",
        StatusCode::CONFLICT,
        "Tỉnh đang giữ dữ liệu của máy này. Hãy khôi phục bằng lệnh motcua center restore; chỉ khi thật sự muốn bắt đầu lại từ đầu mới đăng ký với --anew.",
        "The hub has this node's data. Restore it with motcua center restore; only to begin from nothing, enrol with --anew.",
    ),
    (
        "enrol.epoch_forgotten",
        StatusCode::CONFLICT,
        "Cơ sở dữ liệu của tỉnh cũ hơn lần cấp gần nhất cho máy này: có một máy mang lượt cấp mà tỉnh không còn nhớ. Chưa làm gì cả. Hãy xem cảnh báo node.epoch_forgotten ở trang của tỉnh, chọn, rồi chạy lại.",
        "The hub's database is older than its last grant to this node: a box holds one that the hub has forgotten. Nothing was done. See the alarm node.epoch_forgotten at the hub's page, choose, and run again.",
    ),
    (
        "restore.nothing_here",
        StatusCode::NOT_FOUND,
        "Tỉnh chưa có dữ liệu nào của máy này. Hãy đăng ký bằng lệnh motcua center enrol.",
        "The hub has nothing of this node. Enrol it with motcua center enrol.",
    ),
    (
        "restore.not_proven",
        StatusCode::FORBIDDEN,
        "Máy này không giữ khóa hiện hành của tên máy (máy đã được thay bằng máy khác). Hãy xin mã mới và khôi phục lại.",
        "This box does not hold the node's present key (another box has taken its place). Ask for a new token and restore again.",
    ),
    (
        "restore.bad_request",
        StatusCode::BAD_REQUEST,
        "Yêu cầu khôi phục không đọc được.",
        "The request to restore cannot be read.",
    ),
    (
        "restore.no_blob",
        StatusCode::NOT_FOUND,
        "Tỉnh không có bản quét này.",
        "The hub does not have this scan.",
    ),
    (
        "order.bad_text",
        StatusCode::BAD_REQUEST,
        "Nội dung thông báo cần từ 1 đến 2000 ký tự và không có ký tự điều khiển.",
        "A message has 1 to 2000 characters and no control characters.",
    ),
    (
        "order.unknown_node",
        StatusCode::NOT_FOUND,
        "Có máy chưa đăng ký trong danh sách nhận.",
        "One of the nodes is not enrolled.",
    ),
    (
        "order.no_node",
        StatusCode::CONFLICT,
        "Chưa có máy nào đăng ký để nhận thông báo.",
        "No node is enrolled yet.",
    ),
    (
        "booking.bad_plan",
        StatusCode::BAD_REQUEST,
        "Bảng đặt lịch chưa đúng: khung giờ 10–240 phút, 0–50 chỗ, đặt trước 0–60 ngày, 1–4 buổi (giờ bắt đầu trước giờ kết thúc), có tên nhóm thủ tục.",
        "The booking plan is not right: times of 10–240 minutes, 0–50 places, 0–60 days ahead, 1–4 sessions with begin before end, a name for the group.",
    ),
    (
        "hub.nothing_to_decide",
        StatusCode::CONFLICT,
        "Máy này không còn gì phải chọn: có người đã quyết định, hoặc chứng thư đã bị thu hồi (khi đó cần mã đăng ký mới). Đóng cửa sổ rồi mở lại để xem.",
        "Nothing waits for a choice here: somebody has decided already, or the certificates were revoked (then it needs a new token). Close this window and open it again.",
    ),
    ("hub.unknown_node", StatusCode::NOT_FOUND, "Không có máy này.", "There is no such node."),
    (
        "hub.store_unreachable",
        StatusCode::SERVICE_UNAVAILABLE,
        "Máy chủ chưa kết nối được cơ sở dữ liệu. Vui lòng thử lại sau giây lát.",
        "The hub cannot reach its database. Please try again in a moment.",
    ),
];

/// The refusal as the caller sees it. What has no sentence is a failure of ours: logged, and told
/// without its inside.
pub fn problem(error: &HubError) -> Problem {
    let code = error.code();
    match SENTENCES.iter().find(|(known, ..)| *known == code) {
        Some((code, status, vi, en)) => {
            tracing::debug!(code, %error, "refused");
            let problem = Problem::new(*status, *code, *vi, *en);
            if *status == StatusCode::SERVICE_UNAVAILABLE {
                problem.retry_after(2)
            } else {
                problem
            }
        }
        None => {
            tracing::error!(code, %error, "a request failed");
            Problem::internal()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_code_stands_twice() {
        let mut codes: Vec<_> = SENTENCES.iter().map(|(code, ..)| code).collect();
        codes.sort();
        codes.dedup();
        assert_eq!(codes.len(), SENTENCES.len());
    }

    #[test]
    fn a_failure_of_ours_tells_nothing_of_its_inside() {
        let error = HubError::refused("hub.store_damaged", "row 17 of secret");
        let problem = problem(&error);
        assert_eq!(problem.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!problem.to_string().contains("secret"));
    }
}

//! Form 01 as qpdf and pdftotext read it.

use std::io::Write;
use std::process::Command;

use serde_json::json;

use super::{once, pdf, sample, templates};

fn with_tool(tool: &str, arguments: &[&str], pdf: &[u8]) -> (bool, String) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(pdf).unwrap();
    let mut command = Command::new(tool);
    for argument in arguments {
        match *argument {
            "FILE" => command.arg(file.path()),
            plain => command.arg(plain),
        };
    }
    let missing = |_| panic!("{tool} is missing: run ./provision/setup");
    let output = command.output().unwrap_or_else(missing);
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The text of the pages, each run of blanks one space.
pub(super) fn text(pdf: &[u8]) -> String {
    let (ok, text) = with_tool("pdftotext", &["-layout", "FILE", "-"], pdf);
    assert!(ok);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_slip_says_everything_that_the_citizen_must_know() {
    let text = text(&pdf(&sample()));
    for fact in [
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "Hồng Gai, ngày 23 tháng 11 năm 2026",
        "GIẤY TIẾP NHẬN HỒ SƠ",
        "Mã hồ sơ: H49.06658-261123-0007",
        "NGUYỄN THỊ ẴM",
        "Số căn cước/Mã số thuế: 022190000001",
        "(mã 2.000815)",
        "Bản sao cần chứng thực (*)",
        "2. Số lượng hồ sơ: 01 (bộ).",
        "4. Thời gian nhận hồ sơ: 15 giờ 10 phút, ngày 23 tháng 11 năm 2026.",
        "17 giờ 00 phút, thứ Tư, ngày 25 tháng 11 năm 2026 (*).",
        "– Tiếp nhận sau 15 giờ, nên hẹn sang ngày làm việc tiếp theo.",
        "6. Đăng ký nhận kết quả: nhận trực tiếp, tại quầy số 1.",
        "7. Phí, lệ phí (nếu có): 8.000 đồng (*); chưa thu (2.000 đồng/trang).",
        "Quyển số 01/2026, Số thứ tự 0007.",
        "NGƯỜI NỘP HỒ SƠ",
        "Trần Văn Dũng",
        "(*) Số liệu đang chờ cơ quan có thẩm quyền xác nhận",
        "Trang 1/1",
    ] {
        assert!(text.contains(fact), "“{fact}” is missing in: {text}");
    }
    assert!(!text.contains("BẢN IN LẠI"));
}

#[test]
fn the_file_is_archivable_and_sound() {
    let pdf = pdf(&sample());
    let (ok, said) = with_tool("qpdf", &["--check", "FILE"], &pdf);
    assert!(ok && said.contains("No syntax or stream encoding errors"), "{said}");
    let (ok, plain) = with_tool("qpdf", &["--qdf", "--object-streams=disable", "FILE", "-"], &pdf);
    assert!(ok);
    assert!(plain.contains("<pdfaid:part>2</pdfaid:part>"));
    assert!(plain.contains("<pdfaid:conformance>B</pdfaid:conformance>"));
    assert!(plain.contains("/OutputIntents"));
    // Who the form is about stands on the page, not in the file's description.
    let (_, metadata) = with_tool("pdfinfo", &["FILE"], &pdf);
    assert!(metadata.contains("H49.06658-261123-0007") && !metadata.contains("NGUYỄN"));
}

#[test]
fn the_same_request_gives_the_same_bytes() {
    assert!(pdf(&sample()) == pdf(&sample()));
}

#[test]
fn what_is_missing_is_left_out_and_not_printed_as_nothing() {
    let mut request = sample();
    let data = request["data"].as_object_mut().unwrap();
    for field in ["submitter", "ledger", "due_at", "due_reasons", "needs_confirmation", "sets"] {
        data.remove(field);
    }
    data["applicant"] = json!({ "name": "Công ty TNHH Hạ Long" });
    data["unit"] = json!({ "name": "Trung tâm Phục vụ hành chính công", "place": "Cô Tô" });
    data["fee"] = json!({ "amount_vnd": null });
    data["papers"] = json!([{ "name": "Tờ khai", "originals": 1, "copies": 0 }]);
    request["qr"] = json!(null);
    let text = text(&pdf(&request));
    assert!(text.contains("kết quả giải quyết hồ sơ: sẽ thông báo sau."), "{text}");
    let fee =
        "(nếu có): mức thu do cán bộ thông báo tại quầy; danh mục này chưa có mức được xác nhận.";
    assert!(text.contains(fee), "{text}");
    for absent in
        ["Giấy tờ còn thiếu", "none", "Quyển số", "Ghi chú", "(*)", "Mã QR", "Liên hệ", "Email"]
    {
        assert!(!text.contains(absent), "“{absent}” stands in: {text}");
    }
}

#[test]
fn what_was_not_handed_in_stands_on_the_slip() {
    let mut request = sample();
    request["data"]["missing"] = json!(["Giấy chứng sinh", "Văn bản cam đoan"]);
    let text = text(&pdf(&request));
    assert!(text.contains("Giấy tờ còn thiếu (hồ sơ được tiếp nhận khi còn thiếu"), "{text}");
    assert!(text.contains("– Giấy chứng sinh – Văn bản cam đoan"), "{text}");
}

#[test]
fn money_and_dates_are_written_as_on_official_papers() {
    let mut request = sample();
    request["data"]["fee"] = json!({ "amount_vnd": 1_234_567 });
    request["data"]["received_at"] = json!("2026-02-05T08:05");
    request["data"]["due_at"] = json!("2026-10-04T11:30");
    let text_of = text(&pdf(&request));
    assert!(text_of.contains("1.234.567 đồng"), "{text_of}");
    assert!(text_of.contains("08 giờ 05 phút, ngày 05 tháng 02 năm 2026"));
    assert!(text_of.contains("11 giờ 30 phút, Chủ nhật, ngày 04 tháng 10 năm 2026"));
    request["data"]["fee"] = json!({ "amount_vnd": 0 });
    assert!(text(&pdf(&request)).contains("(nếu có): không thu (*)."));
}

#[test]
fn what_people_typed_is_text_and_no_instruction() {
    let mut request = sample();
    request["data"]["applicant"]["name"] = json!("#panic(1) $x$ *đậm* <b>Lan</b> @a \\ ]");
    let text = text(&pdf(&request));
    assert!(text.contains("#panic(1) $x$ *đậm* <b>Lan</b> @a \\ ]"), "{text}");
}

#[test]
fn a_name_that_no_font_can_write_still_gives_a_slip() {
    let mut request = sample();
    request["data"]["applicant"]["name"] = json!("Lan 😀 \u{202e}gnuD");
    let output = once(&templates(), &request);
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("U+1F600"));
    assert!(text(&output.stdout).contains("Lan ? gnuD"));
}

#[test]
fn a_long_list_goes_over_pages_with_its_head_on_each() {
    let mut request = sample();
    let paper = json!({ "name": "Giấy tờ kèm theo", "originals": 1, "copies": 2 });
    request["data"]["papers"] = json!(vec![paper; 60]);
    request["data"]["reprint"] = json!(true);
    let text = text(&pdf(&request));
    assert!(text.matches("Tên giấy tờ").count() > 1);
    assert!(text.contains("Trang 2/") && text.contains("BẢN IN LẠI"), "{text}");
}

#[test]
fn a_broken_template_is_named_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("slip")).unwrap();
    let file = folder.path().join("slip/slip.typ");
    for (content, line) in
        [("Xin chào\n\n#khong-co\n", 3), ("#let x = (\n", 1), ("\n#sys.inputs.thieu\n", 2)]
    {
        std::fs::write(&file, content).unwrap();
        let output = once(folder.path(), &sample());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success());
        assert!(said.contains(&format!("forms.bad_template: slip/slip.typ:{line}: ")), "{said}");
    }
}

#[test]
fn a_template_reads_nothing_outside_its_folder_and_does_not_run_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("slip")).unwrap();
    std::fs::write(folder.path().join("secret"), "x").unwrap();
    let file = folder.path().join("slip/slip.typ");
    std::os::unix::fs::symlink("/etc/hostname", folder.path().join("slip/link")).unwrap();
    for content in [
        "#read(\"/../../../../etc/hostname\")",
        "#read(\"link\")",
        "#import \"@preview/tablex:0.0.8\": *",
        "#while true {}",
    ] {
        std::fs::write(&file, content).unwrap();
        let output = once(folder.path(), &sample());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{content}");
        assert!(said.contains("forms.bad_template"), "{said}");
    }
}

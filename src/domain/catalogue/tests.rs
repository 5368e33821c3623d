use jiff::civil::date;

use super::*;
use crate::queue::parse_services;

const FILES: [(&str, &str); 5] = [
    ("ho-tich.toml", include_str!("../../../config/catalogue/ho-tich.toml")),
    ("chung-thuc.toml", include_str!("../../../config/catalogue/chung-thuc.toml")),
    ("dat-dai.toml", include_str!("../../../config/catalogue/dat-dai.toml")),
    ("xa-hoi.toml", include_str!("../../../config/catalogue/xa-hoi.toml")),
    ("khac.toml", include_str!("../../../config/catalogue/khac.toml")),
];

fn services() -> Vec<ServiceCode> {
    let text = include_str!("../../../config/queue/services.toml");
    parse_services("services.toml", text).unwrap().into_iter().map(|s| s.code).collect()
}

fn catalogue() -> Catalogue {
    Catalogue::parse(&FILES, &services()).unwrap()
}

#[test]
fn the_starter_catalogue_reads_and_says_what_it_does_not_know() {
    let catalogue = catalogue();
    assert!(catalogue.len() >= 20);
    let today = date(2026, 11, 23);
    for procedure in catalogue.search("", today, usize::MAX) {
        assert!(procedure.needs_confirmation || !procedure.source.is_empty());
        assert!(!procedure.papers.is_empty(), "{}", procedure.code);
        let unknown = procedure.fee.kind == FeeKind::SetByCouncil;
        assert_eq!(
            unknown || procedure.fee.kind == FeeKind::Free,
            procedure.fee.amount_vnd.is_none()
        );
    }
}

#[test]
fn what_rests_on_knowledge_alone_is_marked_as_to_be_confirmed() {
    let today = date(2026, 11, 23);
    let catalogue = catalogue();
    let by_knowledge: Vec<_> = catalogue
        .search("", today, usize::MAX)
        .into_iter()
        .filter(|procedure| procedure.source.contains("theo hiểu biết"))
        .collect();
    assert!(!by_knowledge.is_empty());
    let unmarked: Vec<String> = by_knowledge
        .iter()
        .filter(|procedure| !procedure.needs_confirmation)
        .map(|procedure| procedure.code.to_string())
        .collect();
    assert!(unmarked.is_empty(), "needs_confirmation = true is missing: {unmarked:?}");
}

#[test]
fn a_paper_that_only_some_have_to_bring_carries_its_condition_as_data() {
    let catalogue = catalogue();
    let today = date(2026, 11, 23);
    let all = catalogue.search("", today, usize::MAX);
    let conditions = all.iter().flat_map(|procedure| &procedure.papers);
    let conditions = conditions.filter_map(|paper| paper.condition.as_deref()).collect::<Vec<_>>();
    assert!(conditions.contains(&"nếu có") && conditions.contains(&"nếu ủy quyền"));
    for procedure in all {
        let required = procedure.papers.iter().any(Paper::is_required);
        assert!(required, "{} asks for nothing", procedure.code);
    }
}

#[test]
fn a_condition_inside_the_name_of_a_paper_is_told_with_its_field() {
    let text = FILES[4].1;
    let problems_of =
        |text: &str| Catalogue::parse(&[("a.toml", text)], &services()).unwrap_err().0;
    let hidden = text.replacen(
        "name = \"Bản sao văn bản ủy quyền của thành viên hộ gia đình\"",
        "name = \"Văn bản ủy quyền (nếu ủy quyền)\"",
        1,
    );
    let problems = problems_of(&hidden);
    assert_eq!(problems.len(), 1);
    assert!(problems[0].key.ends_with(".name"), "{}", problems[0].key);
    assert_eq!(problems[0].works, "condition = \"nếu ủy quyền\"");
    let conditions = [("true".to_owned(), "text"), (format!("\"{}\"", "x".repeat(121)), "120")];
    for (written, told) in conditions {
        let wrong =
            text.replacen("condition = \"nếu ủy quyền\"", &format!("condition = {written}"), 1);
        let problems = problems_of(&wrong);
        assert!(problems[0].key.ends_with(".condition"), "{}", problems[0].key);
        assert!(problems[0].message.contains(told) && problems[0].works.contains("nếu có"));
    }
}

#[test]
fn a_procedure_is_found_by_everyday_words_without_tones() {
    let catalogue = catalogue();
    let today = date(2026, 11, 23);
    let first = |query: &str| {
        catalogue.search(query, today, 5).first().map(|procedure| procedure.code.to_string())
    };
    assert_eq!(first("lam giay khai sinh").as_deref(), Some("1.001193"));
    assert_eq!(first("độc thân").as_deref(), Some("1.004873"));
    assert_eq!(first("1.001612").as_deref(), Some("1.001612"));
    assert_eq!(first("tàu vũ trụ"), None);
    // typed with tones, the one that has them so comes first
    let names: Vec<&str> =
        catalogue.search("khai tử", today, 9).iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names.first(), Some(&"Đăng ký khai tử"));
}

#[test]
fn only_a_version_in_force_is_received() {
    let catalogue = catalogue();
    assert!(catalogue.valid_on("1.001193", date(2025, 7, 1)).is_ok());
    for (code, day) in [("1.001193", date(2025, 6, 30)), ("9.999999", date(2026, 1, 1))] {
        let refusal = catalogue.valid_on(code, day).unwrap_err();
        assert_eq!(refusal.code(), "dossier.unknown_procedure");
    }
}

#[test]
fn two_versions_must_not_share_a_day() {
    let text = FILES[4].1;
    let later = text.replace("version = 1", "version = 2").replace("2025-07-01", "2027-03-01");
    let ended = text.replace(
        "valid_from = \"2025-07-01\"",
        "valid_from = \"2025-07-01\"\nvalid_to = \"2027-02-28\"",
    );
    let both = Catalogue::parse(&[("a.toml", &ended), ("b.toml", &later)], &services()).unwrap();
    let on = |day| both.valid_on("1.001612", day).unwrap().version;
    assert_eq!((on(date(2027, 2, 28)), on(date(2027, 3, 1))), (1, 2));
    let problems =
        Catalogue::parse(&[("a.toml", text), ("b.toml", &later)], &services()).unwrap_err();
    assert_eq!(problems.0.len(), 4);
    assert_eq!(problems.0[0].file, "b.toml");
}

#[test]
fn every_problem_of_every_file_is_told_with_a_value_that_works() {
    let first = r#"
[[procedure]]
code = "1.01266"
name = ""
sector = "Hộ tịch"
service = "nope"
limit = { value = 0, unit = "working_days" }
fee = { kind = "set_by_council", amount_vnd = 8000 }
source = "x"
needs_confirmation = true
valid_from = "2025-07-01"
valid_to = "2024-07-01"
"#;
    let second = "[[procedure]\n";
    let problems =
        Catalogue::parse(&[("a.toml", first), ("b.toml", second)], &services()).unwrap_err();
    let told: Vec<String> =
        problems.0.iter().map(|problem| format!("{}:{}", problem.file, problem.key)).collect();
    let expected = [
        "a.toml:procedure[0].code",
        "a.toml:procedure[0].name",
        "a.toml:procedure[0].limit.value",
        "a.toml:procedure[0].fee.amount_vnd",
        "a.toml:procedure[0].paper",
        "a.toml:procedure[0].service",
        "a.toml:procedure[0].valid_to",
        "b.toml:line 1",
    ];
    assert_eq!(told, expected);
    assert!(problems.0.iter().all(|problem| !problem.works.is_empty()));
}

//! From a citizen's everyday words to the service group that gives the number: «khai sinh», «so do»,
//! «cuoi», with or without tones. What is looked through: the groups' names, their words of
//! `config/queue/words.toml`, and the catalogue's procedures with theirs (`also`), which lead to a group.

use std::collections::BTreeMap;

use jiff::civil;

use crate::catalogue::{Catalogue, Procedure};
use crate::fields::Checks;
use crate::ids::ServiceCode;
use crate::problem::Problems;
use crate::queue::Service;
use crate::text_fold::{Fit, fit, fold};

/// Longest list of words for one group. Characters.
const WORDS_LENGTH_MAX: usize = 4_000;
/// What people type around the thing that they mean, folded: «tôi muốn làm giấy khai sinh cho con». Left
/// out only where nothing fits the whole, so that «làm sổ đỏ» and «giấy hẹn» are found as they stand.
const AROUND: [&str; 14] = [
    "toi", "em", "muon", "can", "di", "lam", "xin", "nop", "cap", "giay", "to", "thu", "tuc", "cho",
];

/// Everyday words for the service groups, as data of a site.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceWords {
    /// One line for each word or phrase, folded.
    folded: BTreeMap<ServiceCode, String>,
}

impl ServiceWords {
    /// Reads `config/queue/words.toml`. `services` are the codes that it may name.
    ///
    /// # Errors
    /// All problems at once.
    pub fn parse(file: &str, text: &str, services: &[ServiceCode]) -> Result<Self, Problems> {
        let checks = Checks::new(file);
        let Some(table) = checks.table(text) else { return checks.finish(None) };
        let root = checks.root(&table);
        let mut words = Self::default();
        for part in root.tables("words") {
            let service = part.parsed::<ServiceCode>("service", "tra-ket-qua");
            let also = part.text("also", "lấy kết quả; trả hồ sơ");
            part.no_others();
            let (Some(service), Some(also)) = (service, also) else { continue };
            if !services.contains(&service) {
                let codes: Vec<&str> = services.iter().map(ServiceCode::as_str).collect();
                part.wrong::<()>(
                    "service",
                    &format!("{service} is no service group"),
                    &codes.join(" | "),
                );
                continue;
            }
            if also.chars().count() > WORDS_LENGTH_MAX {
                let told = format!("is longer than {WORDS_LENGTH_MAX} characters");
                part.wrong::<()>("also", &told, "lấy kết quả; trả hồ sơ");
                continue;
            }
            let lines: String = also.split(';').map(|word| fold(word) + "\n").collect();
            if words.folded.insert(service.clone(), lines).is_some() {
                part.wrong::<()>("service", &format!("{service} stands twice"), "ho-tich");
            }
        }
        root.no_others();
        checks.finish(Some(words))
    }

    fn of(&self, service: &Service) -> String {
        let own = self.folded.get(&service.code).map_or("", String::as_str);
        format!("{}\n{}\n{own}", fold(&service.name_vi), fold(&service.name_en))
    }
}

/// A service group that was found.
#[derive(Debug, Clone, Copy)]
pub struct Way<'a> {
    /// The group.
    pub service: &'a Service,
    /// The procedure that leads to it; nothing where its own name or words were found.
    pub procedure: Option<&'a Procedure>,
}

/// What fits the words on a day, the best first: of what fits equally well the groups themselves before
/// procedures, in the order of the settings. Where nothing fits all words, those that only stand around
/// the thing that is meant are left out. Nothing for a query without a word.
pub fn ways<'a>(
    query: &str,
    services: &'a [Service],
    words: &ServiceWords,
    catalogue: &'a Catalogue,
    day: civil::Date,
) -> Vec<Way<'a>> {
    let found = fitting(query, services, words, catalogue, day);
    if !found.is_empty() {
        return found;
    }
    let query = fold(query);
    let meant: Vec<&str> = query.split(' ').filter(|word| !AROUND.contains(word)).collect();
    fitting(&meant.join(" "), services, words, catalogue, day)
}

fn fitting<'a>(
    query: &str,
    services: &'a [Service],
    words: &ServiceWords,
    catalogue: &'a Catalogue,
    day: civil::Date,
) -> Vec<Way<'a>> {
    let groups = services.iter().enumerate().filter_map(|(place, service)| {
        let fits = fit(&words.of(service), query)?;
        Some((fits, place, Way { service, procedure: None }))
    });
    let procedures = catalogue.fitting(query, day).into_iter().filter_map(|(fits, procedure)| {
        let place = services.iter().position(|service| service.code == procedure.service)?;
        let service = services.get(place)?;
        Some((fits, place, Way { service, procedure: Some(procedure) }))
    });
    let mut found: Vec<(Fit, usize, Way<'a>)> = groups.chain(procedures).collect();
    // Stable: procedures of one group stay in the order of their codes.
    found.sort_by_key(|(fits, place, way)| (*fits, way.procedure.is_some(), *place));
    found.into_iter().map(|(_, _, way)| way).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::queue::parse_services;

    const WORDS: &str = include_str!("../../config/queue/words.toml");
    const DAY: civil::Date = date(2026, 11, 23);

    fn services() -> Vec<Service> {
        parse_services("services.toml", include_str!("../../config/queue/services.toml")).unwrap()
    }

    fn codes(services: &[Service]) -> Vec<ServiceCode> {
        services.iter().map(|service| service.code.clone()).collect()
    }

    fn catalogue(codes: &[ServiceCode]) -> Catalogue {
        let files = [
            ("ho-tich.toml", include_str!("../../config/catalogue/ho-tich.toml")),
            ("dat-dai.toml", include_str!("../../config/catalogue/dat-dai.toml")),
            ("khac.toml", include_str!("../../config/catalogue/khac.toml")),
        ];
        Catalogue::parse(&files, codes).unwrap()
    }

    /// The first group found, and the procedure that leads to it.
    fn first(query: &str) -> Option<(String, Option<String>)> {
        let services = services();
        let codes = codes(&services);
        let words = ServiceWords::parse("words.toml", WORDS, &codes).unwrap();
        let catalogue = catalogue(&codes);
        let found = ways(query, &services, &words, &catalogue, DAY);
        let way = found.first()?;
        let procedure = way.procedure.map(|procedure| procedure.name.clone());
        Some((way.service.code.to_string(), procedure))
    }

    #[test]
    fn everyday_words_without_tones_lead_to_the_group() {
        for (query, service) in [
            ("khai sinh", "ho-tich"),
            ("KHAI SINH", "ho-tich"),
            ("khai sin", "ho-tich"),
            ("so do", "dat-dai"),
            ("sổ đỏ", "dat-dai"),
            ("cuoi", "ho-tich"),
            ("lay ket qua", "tra-ket-qua"),
            ("mo cua hang", "khac"),
            ("tre em", "xa-hoi"),
            ("sang ten so do", "dat-dai"),
            ("sao y", "ho-tich"),
            ("xin tro cap", "xa-hoi"),
            ("civil status", "ho-tich"),
            ("tôi muốn làm giấy khai sinh cho con", "ho-tich"),
            ("xin cap so do", "dat-dai"),
            ("thu tuc ket hon", "ho-tich"),
            ("tôi cần nhận kết quả", "tra-ket-qua"),
        ] {
            assert_eq!(first(query).map(|found| found.0).as_deref(), Some(service), "{query}");
        }
        assert_eq!(first("cuoi"), Some(("ho-tich".to_owned(), Some("Đăng ký kết hôn".to_owned()))));
        for query in ["", "   ", "...", "mua ve may bay", "inh khai", "tôi muốn xin", "xin visa"]
        {
            assert_eq!(first(query), None, "{query:?}");
        }
    }

    #[test]
    fn a_group_s_own_words_come_before_procedures_that_fit_as_well() {
        let services = services();
        let codes = codes(&services);
        let own = "[[words]]\nservice = \"khac\"\nalso = \"khai sinh\"\n";
        let words = ServiceWords::parse("words.toml", own, &codes).unwrap();
        let catalogue = catalogue(&codes);
        let found = ways("khai sinh", &services, &words, &catalogue, DAY);
        assert_eq!(found[0].service.code.as_str(), "khac");
        assert!(found[0].procedure.is_none());
        assert!(found[1..].iter().all(|way| way.procedure.is_some()));
        assert!(found.len() > 1);
        // A day on which no procedure is in force yet.
        let found = ways("khai sinh", &services, &words, &catalogue, date(2020, 1, 1));
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn a_file_of_words_names_groups_that_exist_each_once() {
        let codes = codes(&services());
        let wrong = "[[words]]\nservice = \"ho-tich\"\nalso = \"a\"\n\
                     [[words]]\nservice = \"ho-tich\"\nalso = \"b\"\n\
                     [[words]]\nservice = \"cho\"\nalso = \"c\"\n\
                     [[words]]\nservice = \"khac\"\nalso = \"\"\nalsoo = \"\"\n";
        let long = format!("[[words]]\nservice = \"khac\"\nalso = \"{}\"\n", "ă".repeat(4_001));
        let told = ServiceWords::parse("words.toml", wrong, &codes).unwrap_err().to_string();
        for expected in [
            "words[1].service: ho-tich stands twice",
            "words[2].service: cho is no service group",
            "words[3].also: is empty",
            "words[3].alsoo: is not a key known here",
        ] {
            assert!(told.contains(expected), "{expected} is missing in:\n{told}");
        }
        let told = ServiceWords::parse("words.toml", &long, &codes).unwrap_err().to_string();
        assert!(told.contains("words[0].also: is longer than 4000 characters"), "{told}");
        assert_eq!(ServiceWords::parse("words.toml", "", &codes).unwrap(), ServiceWords::default());
    }
}

//! Reading one file of the catalogue.

use std::collections::BTreeSet;

use jiff::civil;

use super::{Fee, FeeKind, Paper, Procedure};
use crate::deadline::{Limit, LimitUnit};
use crate::fields::{Checks, Fields};
use crate::ids::{ProcedureCode, ServiceCode};
use crate::problem::Problems;

const UNITS: [(&str, LimitUnit); 4] = [
    ("working_days", LimitUnit::WorkingDays),
    ("same_day", LimitUnit::SameDay),
    ("hours", LimitUnit::Hours),
    ("calendar_days", LimitUnit::CalendarDays),
];

const FEES: [(&str, FeeKind); 4] = [
    ("set_by_council", FeeKind::SetByCouncil),
    ("fee", FeeKind::Fee),
    ("charge", FeeKind::Charge),
    ("free", FeeKind::Free),
];

/// Longest condition of a paper: it stands beside the name in the checklist. Characters.
const CONDITION_LENGTH_MAX: usize = 120;

pub(super) fn parse(
    file: &str,
    text: &str,
    services: &[ServiceCode],
) -> Result<Vec<Procedure>, Problems> {
    let checks = Checks::new(file);
    let Some(table) = checks.table(text) else { return checks.finish(None) };
    let root = checks.root(&table);
    let parts = root.tables("procedure");
    if parts.is_empty() {
        checks.note("procedure", "there is no procedure", "[[procedure]] code = \"1.001193\"");
    }
    let procedures =
        parts.iter().filter_map(|part| parse_procedure(part, services)).collect::<Vec<_>>();
    root.no_others();
    checks.finish(Some(procedures))
}

fn parse_procedure(part: &Fields<'_>, services: &[ServiceCode]) -> Option<Procedure> {
    let code = part.parsed::<ProcedureCode>("code", "1.001193");
    let version = part.number_or("version", 1..=1_000, 1, Some(1));
    let name = part.text("name", "Đăng ký khai sinh");
    let also = part.text_or_none("also", "làm giấy khai sinh; khai sinh cho con");
    let sector = part.text("sector", "Hộ tịch");
    let service = part.parsed::<ServiceCode>("service", "ho-tich");
    let source = part.text("source", "Cổng Dịch vụ công quốc gia, 2026-07-16");
    let needs_confirmation = part.flag("needs_confirmation");
    let valid_from = part.parsed::<civil::Date>("valid_from", "2025-07-01");
    let valid_to = part.date_or_none("valid_to", "2026-12-31");
    let limit = part
        .table("limit", "{ value = 5, unit = \"working_days\" }")
        .and_then(|limit| parse_limit(&limit));
    let fee = part.table("fee", "{ kind = \"set_by_council\" }").and_then(|fee| parse_fee(&fee));
    let papers = parse_papers(part);
    part.no_others();
    if let Some(service) = &service
        && !services.contains(service)
    {
        let known: Vec<&str> = services.iter().map(ServiceCode::as_str).collect();
        part.wrong::<()>("service", &format!("{service} is no service group"), &known.join(" | "));
    }
    if let (Some(from), Some(to)) = (valid_from, valid_to)
        && to < from
    {
        part.wrong::<()>("valid_to", "is before valid_from", &from.to_string());
    }
    Some(Procedure {
        code: code?,
        version: u32::try_from(version?).ok()?,
        name: name?,
        also: also
            .map(|also| also.split(';').map(|word| word.trim().to_owned()).collect())
            .unwrap_or_default(),
        sector: sector?,
        service: service?,
        limit: limit?,
        fee: fee?,
        papers,
        source: source?,
        needs_confirmation: needs_confirmation?,
        valid_from: valid_from?,
        valid_to,
    })
}

fn parse_limit(part: &Fields<'_>) -> Option<Limit> {
    let unit = part.one_of("unit", &UNITS);
    let value = match unit {
        Some(LimitUnit::SameDay) => part.number_or("value", 0..=0, 0, Some(0)),
        _ => part.number("value", 1..=365, 5),
    };
    part.no_others();
    Some(Limit { value: u32::try_from(value?).ok()?, unit: unit? })
}

fn parse_fee(part: &Fields<'_>) -> Option<Fee> {
    let kind = part.one_of("kind", &FEES);
    let per = part.text_or_none("per", "trang");
    let note = part.text_or_none("note", "Từ trang thứ ba: 1.000 đồng/trang");
    let amount_vnd = match kind {
        Some(FeeKind::Fee | FeeKind::Charge) => {
            Some(part.number("amount_vnd", 1..=1_000_000_000, 8_000)?)
        }
        Some(FeeKind::SetByCouncil | FeeKind::Free) => {
            // an amount beside "set by the council" would be printed as if it were known
            let amount = part.number_or("amount_vnd", 0..=0, 0, Some(0))?;
            debug_assert_eq!(amount, 0);
            None
        }
        None => None,
    };
    part.no_others();
    let amount_vnd = amount_vnd.and_then(|amount| u64::try_from(amount).ok());
    Some(Fee { kind: kind?, amount_vnd, per, note })
}

fn parse_papers(part: &Fields<'_>) -> Vec<Paper> {
    let mut papers: Vec<Paper> = Vec::new();
    let mut seen = BTreeSet::new();
    let lines = part.tables("paper");
    if lines.is_empty() {
        part.wrong::<()>("paper", "the procedure has no papers", "[[procedure.paper]] seq = 1");
    }
    for line in lines {
        let seq = line.number("seq", 1..=200, 1);
        let name = line.text("name", "Tờ khai theo mẫu");
        let originals = line.number_or("originals", 0..=20, 1, Some(0));
        let copies = line.number_or("copies", 0..=20, 1, Some(0));
        let condition = line.text_or_none("condition", "nếu có");
        let needs_confirmation = line.flag("needs_confirmation");
        line.no_others();
        check_condition(&line, name.as_deref(), condition.as_deref());
        if let Some(seq) = seq
            && !seen.insert(seq)
        {
            line.wrong::<()>("seq", &format!("{seq} stands twice"), &(seen.len() + 1).to_string());
        }
        let paper = (|| {
            Some(Paper {
                seq: u16::try_from(seq?).ok()?,
                name: name?,
                originals: u16::try_from(originals?).ok()?,
                copies: u16::try_from(copies?).ok()?,
                condition,
                needs_confirmation: needs_confirmation?,
            })
        })();
        papers.extend(paper);
    }
    papers
}

/// A condition inside the name would be printed and yet not be known: everybody without that paper
/// would be told that it is missing.
fn check_condition(line: &Fields<'_>, name: Option<&str>, condition: Option<&str>) {
    if let Some((_, rest)) = name.and_then(|name| name.split_once("(nếu")) {
        let inside = rest.split(')').next().unwrap_or_default().trim();
        line.wrong::<()>(
            "name",
            "has a condition in it, which has a field of its own",
            &format!("condition = \"nếu {inside}\""),
        );
    }
    let Some(condition) = condition else { return };
    if condition.chars().count() > CONDITION_LENGTH_MAX || condition.chars().any(char::is_control) {
        let problem = format!("is longer than {CONDITION_LENGTH_MAX} characters or no plain text");
        line.wrong::<()>("condition", &problem, "nếu có");
    }
}

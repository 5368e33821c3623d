//! The centers of the province: code, kind, name. Codes are text: they start with zeros.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::csv;
use crate::ids::UnitCode;
use crate::problem::{Problem, Problems, all_or};
use crate::text_fold::normalise;

/// What kind of commune.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitKind {
    /// Phường.
    Phuong,
    /// Xã.
    Xa,
    /// Đặc khu.
    DacKhu,
}

/// One administrative unit with a center.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// Five digits.
    pub code: UnitCode,
    /// Kind.
    pub kind: UnitKind,
    /// Name with its kind, as on paper: "Phường Cao Xanh".
    pub name: String,
    /// Name alone: "Cao Xanh".
    pub short_name: String,
}

/// All units by code.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Units(BTreeMap<UnitCode, Unit>);

const COLUMNS: [&str; 4] = ["unit_code", "kind", "name", "short_name"];
const ROW_THAT_WORKS: &str = "06658,phuong,Phường Cao Xanh,Cao Xanh";

impl Units {
    /// Reads `config/units/centers.csv`.
    pub fn parse(file: &str, text: &str) -> Result<Self, Problems> {
        let mut problems = Vec::new();
        let mut units = BTreeMap::new();
        for row in csv::rows(file, text, &COLUMNS, &mut problems) {
            let key = format!("line {}", row.line);
            let mut wrong =
                |message: String| problems.push(Problem::new(file, &key, message, ROW_THAT_WORKS));
            let code = UnitCode::parse(&row.fields[0]);
            let kind = match row.fields[1].as_str() {
                "phuong" => Some(UnitKind::Phuong),
                "xa" => Some(UnitKind::Xa),
                "dac_khu" => Some(UnitKind::DacKhu),
                other => {
                    wrong(format!("the kind {other:?} is none of phuong, xa, dac_khu"));
                    None
                }
            };
            let (name, short_name) = (normalise(&row.fields[2]), normalise(&row.fields[3]));
            if short_name.is_empty() || !name.ends_with(&short_name) {
                wrong(format!("the name {name:?} does not end with {short_name:?}"));
            }
            match (code, kind) {
                (Err(error), _) => wrong(error.to_string()),
                (Ok(code), Some(kind)) => {
                    let unit = Unit { code: code.clone(), kind, name, short_name };
                    if units.insert(code.clone(), unit).is_some() {
                        wrong(format!("the code {code} stands twice"));
                    }
                }
                (Ok(_), None) => {}
            }
        }
        if units.is_empty() && problems.is_empty() {
            problems.push(Problem::new(file, "line 2", "there is no unit", ROW_THAT_WORKS));
        }
        all_or(Self(units), problems)
    }

    /// One unit.
    pub fn get(&self, code: &str) -> Option<&Unit> {
        UnitCode::parse(code).ok().and_then(|code| self.0.get(&code))
    }

    /// All units by code.
    pub fn iter(&self) -> impl Iterator<Item = &Unit> {
        self.0.values()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Unit {
    /// The name of its center in full.
    pub fn center_name(&self) -> String {
        let mut chars = self.name.chars();
        let first = chars.next().map(|c| c.to_lowercase().to_string()).unwrap_or_default();
        format!("Trung tâm Phục vụ hành chính công {first}{}", chars.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = include_str!("../../config/units/centers.csv");

    #[test]
    fn the_province_has_54_centers_of_three_kinds() {
        let units = Units::parse("centers.csv", FILE).unwrap();
        let count = |kind| units.iter().filter(|unit| unit.kind == kind).count();
        assert_eq!(units.len(), 54);
        let kinds = [UnitKind::Phuong, UnitKind::Xa, UnitKind::DacKhu].map(count);
        assert_eq!(kinds, [30, 22, 2]);
        let unit = units.get("06658").unwrap();
        assert_eq!(unit.name, "Phường Cao Xanh");
        assert_eq!(unit.center_name(), "Trung tâm Phục vụ hành chính công phường Cao Xanh");
    }

    #[test]
    fn every_wrong_line_is_named() {
        let text = "unit_code,kind,name,short_name\n6658,phuong,Phường A,A\n06658,ward,Phường B,B\n\
                    06661,xa,Xã C,D\n06673,xa,Xã E,E\n06673,xa,Xã E,E\n";
        let problems = Units::parse("centers.csv", text).unwrap_err();
        let keys: Vec<_> = problems.0.iter().map(|problem| problem.key.as_str()).collect();
        assert_eq!(keys, ["line 2", "line 3", "line 4", "line 6"]);
    }
}

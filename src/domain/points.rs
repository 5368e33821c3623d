//! The reception points of the special zones: where a unit receives and returns beside its center. Each
//! has a box of its own, `unit code - number` from 2 on, whose books are the unit's books.
//!
//! That there are six was reported when the centers opened; where they stand was not published, hence the
//! mark of each row.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::csv;
use crate::dossier::BOXES_MAX;
use crate::ids::NodeId;
use crate::problem::{Problem, Problems, all_or};
use crate::text_fold::{normalise, turns_direction};
use crate::units::Units;

/// Longest name of a point. Characters.
const NAME_LENGTH_MAX: usize = 60;
/// Longest address of one. Characters.
const ADDRESS_LENGTH_MAX: usize = 200;
/// The box of a center itself; points have those after it.
const CENTER_NUMBER: u16 = 1;
const COLUMNS: [&str; 5] = ["node", "short_name", "address", "certainty", "source"];
const ROW_THAT_WORKS: &str =
    "06994-2,Quan Lạn,\"Khu vực xã Quan Lạn cũ, đặc khu Vân Đồn\",needs confirmation,nguồn";

/// One point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Point {
    /// Its box.
    pub node: NodeId,
    /// Name alone: "Quan Lạn".
    pub short_name: String,
    /// Where it stands; empty while nobody knows.
    pub address: String,
    /// Whether the province still has to say that this is so.
    pub needs_confirmation: bool,
}

/// All points by box.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Points(BTreeMap<NodeId, Point>);

impl Point {
    /// Its name in full, as on its sign.
    pub fn title(&self) -> String {
        format!("Điểm Tiếp nhận và Trả kết quả {}", self.short_name)
    }

    /// The same in English.
    pub fn title_en(&self) -> String {
        format!("Reception point {}", self.short_name)
    }
}

impl Points {
    /// Reads `config/units/points.csv`.
    ///
    /// # Errors
    /// Every wrong line: a box that is none, of no unit, or a center's own; a name or an address that
    /// cannot be shown; a row that stands twice.
    pub fn parse(file: &str, text: &str, units: &Units) -> Result<Self, Problems> {
        let mut problems = Vec::new();
        let mut points = BTreeMap::new();
        for row in csv::rows(file, text, &COLUMNS, &mut problems) {
            let key = format!("line {}", row.line);
            let mut wrong =
                |message: String| problems.push(Problem::new(file, &key, message, ROW_THAT_WORKS));
            let short_name = normalise(&row.fields[1]);
            let address = normalise(&row.fields[2]);
            if short_name.is_empty() || !may_be_shown(&short_name, NAME_LENGTH_MAX) {
                wrong(format!("the name is not 1 to {NAME_LENGTH_MAX} plain characters"));
            }
            if !may_be_shown(&address, ADDRESS_LENGTH_MAX) {
                wrong(format!("the address is not up to {ADDRESS_LENGTH_MAX} plain characters"));
            }
            let needs_confirmation = match row.fields[3].as_str() {
                "confirmed" => false,
                "needs confirmation" => true,
                other => {
                    wrong(format!(
                        "certainty {other:?} is neither \"confirmed\" nor \"needs confirmation\""
                    ));
                    true
                }
            };
            if !needs_confirmation && address.is_empty() {
                wrong("a point that is confirmed has an address".to_owned());
            }
            if row.fields[4].is_empty() {
                wrong("the source is empty".to_owned());
            }
            let node = match NodeId::parse(&row.fields[0]) {
                Ok(node) => node,
                Err(error) => {
                    wrong(error.to_string());
                    continue;
                }
            };
            if units.get(node.unit()).is_none() {
                wrong(format!("there is no unit {}", node.unit()));
            }
            if !(CENTER_NUMBER + 1..=BOXES_MAX).contains(&node.number()) {
                wrong(format!(
                    "{node} is no box of a point: its number is {} to {BOXES_MAX}",
                    CENTER_NUMBER + 1
                ));
            }
            let point = Point { node: node.clone(), short_name, address, needs_confirmation };
            if points.insert(node.clone(), point).is_some() {
                wrong(format!("the box {node} stands twice"));
            }
        }
        all_or(Self(points), problems)
    }

    /// The point of a box.
    pub fn get(&self, node: &str) -> Option<&Point> {
        NodeId::parse(node).ok().and_then(|node| self.0.get(&node))
    }

    /// All points by box.
    pub fn iter(&self) -> impl Iterator<Item = &Point> {
        self.0.values()
    }

    /// The points of one unit, by box.
    pub fn of_unit<'a>(&'a self, unit: &'a str) -> impl Iterator<Item = &'a Point> {
        self.0.values().filter(move |point| point.node.unit() == unit)
    }

    /// What people call a box that is of a unit: the unit's name alone for its center; the point's name
    /// behind it for a point; the number behind it for another box, which nobody has named.
    pub fn name_at(&self, unit_name: &str, node: &NodeId) -> String {
        match (self.0.get(node), node.number()) {
            (Some(point), _) => format!("{unit_name}, điểm {}", point.short_name),
            (None, CENTER_NUMBER) => unit_name.to_owned(),
            (None, number) => format!("{unit_name}, điểm {number}"),
        }
    }

    /// The same in full, as papers name it; the unit's code where no list names the unit.
    pub fn center_at(&self, units: &Units, node: &NodeId) -> String {
        match units.get(node.unit()) {
            Some(unit) => self.name_at(&unit.center_name(), node),
            None => format!("Trung tâm Phục vụ hành chính công, mã đơn vị {}", node.unit()),
        }
    }
}

/// Short enough, without what would break a line or turn the order of the letters.
fn may_be_shown(text: &str, length_max: usize) -> bool {
    text.chars().count() <= length_max
        && !text.chars().any(|c| c.is_control() || turns_direction(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::UnitKind;

    const CENTERS: &str = include_str!("../../config/units/centers.csv");
    const FILE: &str = include_str!("../../config/units/points.csv");

    fn units() -> Units {
        Units::parse("centers.csv", CENTERS).unwrap()
    }

    #[test]
    fn the_two_special_zones_have_six_points_and_none_is_taken_for_certain() {
        let units = units();
        let points = Points::parse("points.csv", FILE, &units).unwrap();
        assert_eq!(points.iter().count(), 6);
        for point in points.iter() {
            let unit = units.get(point.node.unit()).unwrap();
            assert_eq!(unit.kind, UnitKind::DacKhu, "{}", point.node);
            assert!(point.needs_confirmation && point.address.contains(&unit.short_name));
        }
        assert_eq!((points.of_unit("06994").count(), points.of_unit("06658").count()), (5, 0));
        let quan_lan = points.get("06994-2").unwrap();
        assert_eq!(quan_lan.title(), "Điểm Tiếp nhận và Trả kết quả Quan Lạn");
        assert!(points.get("06994-1").is_none() && points.get("?").is_none());
    }

    #[test]
    fn a_box_is_called_by_its_unit_and_a_point_by_its_own_name_too() {
        let points = Points::parse("points.csv", FILE, &units()).unwrap();
        let name = |node: &str| points.name_at("Đặc khu Vân Đồn", &NodeId::parse(node).unwrap());
        assert_eq!(name("06994-1"), "Đặc khu Vân Đồn");
        assert_eq!(name("06994-2"), "Đặc khu Vân Đồn, điểm Quan Lạn");
        assert_eq!(name("06994-9"), "Đặc khu Vân Đồn, điểm 9");
    }

    #[test]
    fn a_paper_names_the_center_of_a_box_in_full() {
        let points = Points::parse("points.csv", FILE, &units()).unwrap();
        let name = |node: &str| points.center_at(&units(), &NodeId::parse(node).unwrap());
        assert_eq!(name("06658-1"), "Trung tâm Phục vụ hành chính công phường Cao Xanh");
        let point = "Trung tâm Phục vụ hành chính công đặc khu Vân Đồn, điểm Quan Lạn";
        assert_eq!(name("06994-2"), point);
        assert_eq!(name("99999-1"), "Trung tâm Phục vụ hành chính công, mã đơn vị 99999");
    }

    #[test]
    fn every_wrong_line_is_named() {
        let text = format!(
            "node,short_name,address,certainty,source\n\
             06994-1,A,B,needs confirmation,s\n\
             06994-10,A,B,needs confirmation,s\n\
             99999-2,A,B,needs confirmation,s\n\
             nowhere,A,B,needs confirmation,s\n\
             06994-2,,B,needs confirmation,s\n\
             06994-3,\u{202e}A,B,needs confirmation,s\n\
             06994-4,A,{},needs confirmation,s\n\
             06994-5,A,,confirmed,s\n\
             06994-6,A,B,perhaps,s\n\
             06994-7,A,B,confirmed,\n\
             06994-8,A,B,confirmed,s\n\
             06994-8,A,B,confirmed,s\n",
            "x".repeat(ADDRESS_LENGTH_MAX + 1)
        );
        let problems = Points::parse("points.csv", &text, &units()).unwrap_err();
        let lines: Vec<_> = problems.0.iter().map(|problem| problem.key.as_str()).collect();
        let expected: Vec<String> =
            (2..=11).chain([13]).map(|line| format!("line {line}")).collect();
        assert_eq!(lines, expected);
    }
}

//! Which box of the unit gave the code of a dossier that is not here: whoever asks at the wrong counter is
//! told the place. A dossier is at one box alone until it is handed over; the number in its code says at
//! which one it was received. Codes of other units say nothing to this box.

use crate::center::code_pattern;
use crate::province_data::ProvinceData;
use crate::settings::Settings;
use domain::ids::NodeId;

/// The box of the center itself, which every unit has.
const CENTER_NUMBER: u16 = 1;

/// The other box of this unit that gave a code; nothing for this box's own codes, for another unit's, and for
/// what is no code.
#[must_use]
pub fn other_box(settings: &Settings, code: &str) -> Option<NodeId> {
    let own = NodeId::parse(&settings.node.id).ok()?;
    let number = code_pattern(settings).ok()?.box_of(code.trim())?;
    let giver = NodeId::parse(&format!("{}-{number}", own.unit())).ok()?;
    (giver != own).then_some(giver)
}

/// What people call the place of such a box. Nothing for one that the unit does not have: then the code was
/// mistyped, and nobody is sent to a place that is none.
#[must_use]
pub fn place(data: &ProvinceData, enrolled: &[NodeId], giver: &NodeId) -> Option<String> {
    let stands = giver.number() == CENTER_NUMBER
        || data.points.get(giver.as_str()).is_some()
        || enrolled.contains(giver);
    let unit = data.units.get(giver.unit()).filter(|_| stands)?;
    Some(data.points.name_at(&unit.name, giver))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_of_another_box_of_the_unit_names_its_place() {
        let mut settings = Settings::load_from(None, &[]).unwrap();
        let data = ProvinceData::load(&settings).unwrap();
        let mut told = |own: &str, code: &str| {
            settings.node.id = own.to_owned();
            settings.node.dossier_code_start = "H49.06994".to_owned();
            other_box(&settings, code).and_then(|giver| place(&data, &[], &giver))
        };
        let (center, point) = ("H49.06994-261123-0007", " h49.06994-261123-5001 ");
        assert_eq!(told("06994-1", point).unwrap(), "Đặc khu Vân Đồn, điểm Quan Lạn");
        assert_eq!(told("06994-3", point).unwrap(), "Đặc khu Vân Đồn, điểm Quan Lạn");
        assert_eq!(told("06994-2", center).unwrap(), "Đặc khu Vân Đồn");
        assert_eq!(told("06994-2", point), None, "its own");
        assert_eq!(told("06994-1", center), None, "its own");
        for other in ["H49.06658-261123-5001", "Nguyễn Thị Ánh Tuyết", "", "5001"] {
            assert_eq!(told("06994-1", other), None, "{other}");
        }
    }

    #[test]
    fn nobody_is_sent_to_a_box_that_the_unit_does_not_have() {
        let settings = Settings::load_from(None, &[]).unwrap();
        let data = ProvinceData::load(&settings).unwrap();
        let giver = other_box(&settings, "H49.06658-261123-5001").unwrap();
        assert_eq!((giver.as_str(), place(&data, &[], &giver)), ("06658-2", None));
        let let_in = [giver.clone()];
        assert_eq!(place(&data, &let_in, &giver).unwrap(), "Phường Cao Xanh, điểm 2");
    }
}

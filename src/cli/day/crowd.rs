//! Who comes on a simulated day, drawn from a seed: the arrival law and the service times of a
//! counter morning, the share of priority citizens, what each of them brings.

use dice::Dice;
use std::f64::consts::TAU;

/// Length of the arrival window. Minutes.
pub const ARRIVALS_MINUTES: f64 = 240.0;
/// The minute at which most citizens arrive.
pub const ARRIVALS_MODE: f64 = 25.0;
/// Mean time at the counter. Minutes.
pub const SERVICE_MEAN_MINUTES: f64 = 6.0;
/// Share of priority citizens.
pub const PRIORITY_SHARE: f64 = 0.15;
/// Share of citizens who do not come when called.
pub const NO_SHOW_SHARE: f64 = 0.03;

/// One citizen of the plan.
#[derive(Debug, Clone)]
pub struct Citizen {
    /// Position in the order of arrival, from 0.
    pub index: usize,
    /// When, in minutes after opening.
    pub arrives_minute: f64,
    /// The service group wanted.
    pub service: String,
    /// The ground of priority, if any.
    pub priority_ground: Option<String>,
    /// Time at the counter. Minutes.
    pub service_minutes: f64,
    /// Does not come when called.
    pub no_show: bool,
    /// Hands in a dossier.
    pub files_dossier: bool,
    /// Gives an assessment.
    pub votes: bool,
    /// Who it is.
    pub person: Person,
}

/// What the citizen's card says.
#[derive(Debug, Clone)]
pub struct Person {
    /// Twelve digits.
    pub number: String,
    /// As on the card.
    pub name: String,
    /// `yyyy-mm-dd`.
    pub birth_date: String,
    /// `Nam` or `Nữ`.
    pub sex: &'static str,
    /// Where they live.
    pub address: String,
}

const FAMILY: &[&str] =
    &["Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Ngô"];
const MIDDLE: &[&str] = &["Văn", "Thị", "Đức", "Minh", "Thu", "Quốc", "Ngọc", "Hữu"];
const GIVEN: &[&str] = &[
    "An",
    "Bình",
    "Cường",
    "Dũng",
    "Hạnh",
    "Hương",
    "Lan",
    "Nghĩa",
    "Phượng",
    "Sơn",
    "Thủy",
    "Tuấn",
    "Vinh",
    "Yến",
];
const STREETS: &[&str] = &["Cao Thắng", "Lê Lợi", "Trần Phú", "Hà Khánh", "Nguyễn Văn Cừ"];

/// A day's citizens in the order of their arrival.
#[must_use]
pub fn plan(
    dice: &mut Dice,
    count: usize,
    services: &[(String, f64)],
    grounds: &[String],
    dossier_services: &[String],
) -> Vec<Citizen> {
    let mut minutes: Vec<f64> =
        (0..count).map(|_| dice.triangular(ARRIVALS_MINUTES, ARRIVALS_MODE)).collect();
    minutes.sort_by(f64::total_cmp);
    minutes
        .into_iter()
        .enumerate()
        .map(|(index, arrives_minute)| {
            let service = weighted(dice, services);
            let priority = dice.happens(PRIORITY_SHARE) && !grounds.is_empty();
            let files = dossier_services.contains(&service) && dice.happens(0.6);
            Citizen {
                index,
                arrives_minute,
                priority_ground: priority.then(|| grounds[dice.index(grounds.len())].clone()),
                service_minutes: dice.exponential(SERVICE_MEAN_MINUTES).clamp(0.5, 30.0),
                no_show: dice.happens(NO_SHOW_SHARE),
                files_dossier: files,
                votes: dice.happens(0.9),
                person: person(dice),
                service,
            }
        })
        .collect()
}

fn weighted(dice: &mut Dice, choices: &[(String, f64)]) -> String {
    let total: f64 = choices.iter().map(|(_, weight)| weight).sum();
    let mut at = dice.share() * total;
    for (name, weight) in choices {
        if at < *weight {
            return name.clone();
        }
        at -= weight;
    }
    choices.last().map(|(name, _)| name.clone()).unwrap_or_default()
}

/// Somebody; no real person is meant.
#[must_use]
pub fn person(dice: &mut Dice) -> Person {
    let man = dice.happens(0.5);
    let year = 1945 + dice.index(60);
    let century_digit = match (year < 2000, man) {
        (true, true) => 0,
        (true, false) => 1,
        (false, true) => 2,
        (false, false) => 3,
    };
    let middle = if man { MIDDLE[dice.index(MIDDLE.len())] } else { "Thị" };
    Person {
        // 022 is the province's own start; a random tail as on a real card.
        number: format!("022{century_digit}{:02}{:06}", year % 100, dice.index(1_000_000)),
        name: format!(
            "{} {middle} {}",
            FAMILY[dice.index(FAMILY.len())],
            GIVEN[dice.index(GIVEN.len())]
        ),
        birth_date: format!("{year}-{:02}-{:02}", 1 + dice.index(12), 1 + dice.index(28)),
        sex: if man { "Nam" } else { "Nữ" },
        address: format!(
            "Số {} đường {}, phường Cao Xanh, tỉnh Quảng Ninh",
            1 + dice.index(300),
            STREETS[dice.index(STREETS.len())]
        ),
    }
}

/// A page as a scanner would send it: a grey JPEG-like body is not enough for a viewer, so this is a
/// small but true PDF of one page, different for every citizen, with `kilobytes` of page noise.
#[must_use]
pub fn scan(dice: &mut Dice, kilobytes: usize) -> Vec<u8> {
    use std::fmt::Write as _;
    let mut noise = String::with_capacity(kilobytes * 1024);
    while noise.len() < kilobytes * 1024 {
        let _ = writeln!(noise, "% {:016x}{:016x}", dice.roll(), dice.roll());
    }
    let angle = dice.share() * TAU;
    let content = format!(
        "q 1 0 0 1 300 400 cm {:.3} {:.3} m 0 0 l S Q\n{noise}",
        100.0 * angle.cos(),
        100.0 * angle.sin()
    );
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()),
    ];
    let mut file = String::from("%PDF-1.4\n");
    let mut places = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        places.push(file.len());
        let _ = write!(file, "{} 0 obj\n{object}\nendobj\n", index + 1);
    }
    let start = file.len();
    let _ = write!(file, "xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for place in places {
        let _ = writeln!(file, "{place:010} 00000 n ");
    }
    let _ = write!(
        file,
        "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n",
        objects.len() + 1
    );
    file.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_day() {
        let services = [("ho-tich".to_owned(), 1.0), ("dat-dai".to_owned(), 1.0)];
        let day = |seed| {
            plan(&mut Dice::new(seed), 240, &services, &["elderly".to_owned()], &[])
                .iter()
                .map(|citizen| (citizen.person.number.clone(), citizen.arrives_minute.to_bits()))
                .collect::<Vec<_>>()
        };
        assert_eq!(day(7), day(7));
        assert_ne!(day(7), day(8));
    }

    #[test]
    fn arrivals_follow_the_law_of_the_morning() {
        let mut dice = Dice::new(1);
        let drawn: Vec<f64> =
            (0..20_000).map(|_| dice.triangular(ARRIVALS_MINUTES, ARRIVALS_MODE)).collect();
        let mean = drawn.iter().sum::<f64>() / 20_000.0;
        // The mean of a triangular law is the mean of its three corners.
        let expected = (ARRIVALS_MINUTES + ARRIVALS_MODE) / 3.0;
        assert!((mean - expected).abs() < 1.5, "{mean} against {expected}");
        assert!(drawn.iter().all(|minute| (0.0..=ARRIVALS_MINUTES).contains(minute)));
    }

    #[test]
    fn fifteen_in_a_hundred_citizens_have_a_ground_of_priority() {
        let services = [("ho-tich".to_owned(), 1.0)];
        let grounds = ["elderly".to_owned()];
        let citizens = plan(&mut Dice::new(1), 20_000, &services, &grounds, &[]);
        let with_ground = citizens.iter().filter(|one| one.priority_ground.is_some()).count();
        assert!((2_800..=3_200).contains(&with_ground), "{with_ground} of 20000");
    }

    #[test]
    fn a_scan_is_a_page_and_no_two_are_equal() {
        let mut dice = Dice::new(1);
        let (one, two) = (scan(&mut dice, 8), scan(&mut dice, 8));
        assert!(one.starts_with(b"%PDF-1.4") && one.ends_with(b"%%EOF\n"));
        assert_ne!(one, two);
    }
}

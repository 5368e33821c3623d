//! `motcua access CODE`: who looked at a dossier, and when; for the head and for who inspects. Also while
//! the daemon runs.

use super::Config;
use super::check::onlooker;
use crate::code_giver;
use anyhow::bail;
use domain::dossier::Dossier;
use domain::time::local;
use rusqlite::Connection;
use store::records::AccessRecord;
use store::{StoreError, query};

/// Accesses of one dossier that are printed, the newest; the line after them says that there are more.
const PRINTED_MAX: usize = 1_000;

/// Prints who looked at the dossiers with a code.
///
/// # Errors
/// There is none with this code here, or the store cannot be read.
pub fn run(config: &Config, code: &str) -> anyhow::Result<()> {
    let code = code.trim().to_owned();
    let lines = onlooker(config)?.readers().read_now(|c| lines(c, &code))?;
    if lines.is_empty() {
        let giver = code_giver::other_box(&config.settings()?, &code);
        let giver = giver.map_or_else(String::new, |node| {
            format!("\nmã này do máy {node} của đơn vị cấp / box {node} of the unit gave this code")
        });
        bail!("không có hồ sơ {code} ở máy này / there is no dossier {code} at this center{giver}");
    }
    for line in lines {
        println!("{line}");
    }
    Ok(())
}

/// One heading a dossier: two nodes may have given the same code.
fn lines(c: &Connection, code: &str) -> Result<Vec<String>, StoreError> {
    let mut lines = Vec::new();
    for dossier in query::dossiers::by_code(c, code)? {
        let limit = u32::try_from(PRINTED_MAX + 1).unwrap_or(u32::MAX);
        let mut all = query::access::of_dossier(c, dossier.id, limit)?;
        let more = all.len() > PRINTED_MAX;
        all.truncate(PRINTED_MAX);
        lines.push(heading(&dossier, all.len(), more));
        for access in &all {
            let account = query::officers::by_id(c, &access.officer)?;
            lines.push(line(access, account.as_ref().map(|account| account.name.as_str())));
        }
    }
    Ok(lines)
}

fn heading(dossier: &Dossier, count: usize, more: bool) -> String {
    let (code, origin) = (&dossier.code, &dossier.origin);
    match (count, more) {
        (0, _) => format!("Hồ sơ {code} (nơi tiếp nhận {origin}): chưa ai mở."),
        (_, false) => {
            format!("Hồ sơ {code} (nơi tiếp nhận {origin}): {count} lần xem, mới nhất trước.")
        }
        (_, true) => {
            format!("Hồ sơ {code} (nơi tiếp nhận {origin}): {count} lần xem mới nhất; còn nữa.")
        }
    }
}

fn line(access: &AccessRecord, name: Option<&str>) -> String {
    let at = local(access.at).strftime("%d/%m/%Y %H:%M:%S");
    let what = match access.action.as_str() {
        "read" => "mở hồ sơ",
        "scan" => "xem bản quét",
        "slip" => "mở giấy tiếp nhận (PDF)",
        "print" => "in phiếu hẹn",
        other => other,
    };
    let (name, id) = (name.unwrap_or("(không còn tài khoản)"), &access.officer);
    format!("{at}  {name} ({id})  {what}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actors::testing::{Center, ONE, at_counter, receiving};

    #[actix_rt::test]
    async fn who_printed_a_slip_is_told_by_name_and_minute() {
        let center = Center::start().await;
        let received = center.dossiers.receive(at_counter(), receiving()).await.unwrap();
        let dossier = received.dossier.unwrap();
        let told = async || {
            let code = dossier.code.clone();
            center.ports.readers.read(move |c| lines(c, &code)).await.unwrap()
        };
        assert_eq!(told().await.len(), 1);
        assert!(told().await[0].ends_with("chưa ai mở."), "{:?}", told().await);
        center.clock.move_by(65);
        center.dossiers.print_slip(at_counter(), dossier.id, ONE).await.unwrap();
        let now = told().await;
        assert!(now[0].contains(&dossier.code) && now[0].contains("1 lần xem"), "{now:?}");
        assert_eq!(now[1], "23/11/2026 08:01:05  (không còn tài khoản) (nguyen.lan)  in phiếu hẹn");
        let none = center.ports.readers.read(|c| lines(c, "H49.00000-261123-0001")).await;
        assert!(none.unwrap().is_empty());
    }
}

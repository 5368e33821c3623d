//! `motcua center restore --from FOLDER`: a box is made of the second medium, or of a backup, without
//! asking the hub. Numbers go on from the reserved block; when the hub is in reach again it compares.

use super::restore::{Arguments, ask_code, no_sheet};
use crate::center::{mark_demo, store_config};
use crate::clock;
use crate::identity::{self, Identity};
use crate::province_data::ProvinceData;
use crate::recovery::{FILE, Recovery};
use crate::restore;
use crate::settings::Settings;
use anyhow::{Context, bail};
use hub::enrol_client::Identity as Enrolment;
use std::path::{Path, PathBuf};
use store::medium::MediumReader;
use store::{Store, query};

/// What the mark of a restore holds while one from a copy is under way.
const BEGUN: &[u8] = b"from a copy";

/// Restores from a folder.
///
/// # Errors
/// What is missing and what to do.
pub fn run(settings: &Settings, arguments: &Arguments, from: &Path) -> anyhow::Result<()> {
    let data_folder = &settings.node.data_folder;
    let data = ProvinceData::load(settings)?;
    let clock = clock::for_folder(data_folder).map_err(anyhow::Error::msg)?;
    let from = find(from, &settings.node.id)?;
    let recovery = Recovery::read(&from)?;
    if recovery.node.as_str() != settings.node.id {
        bail!("{} is of {}, node.id is {}", from.display(), recovery.node, settings.node.id);
    }
    let store_folder = data_folder.join("store");
    let mark = restore::mark(data_folder);
    if std::fs::read(&mark).is_ok_and(|begun| begun == BEGUN) {
        // Killed in the middle: everything is still on the copy.
        for folder in [&store_folder, &identity::folder(data_folder)] {
            if folder.exists() {
                std::fs::remove_dir_all(folder)?;
            }
        }
    }
    let enrolled = Enrolment::load(&identity::folder(data_folder))?.is_some();
    if enrolled || store_folder.join("center.db").exists() {
        bail!(
            "Máy này đã có dữ liệu của nó; hãy để {0} sang một bên (không xóa).\n\
             this box has data of its own; move {0} aside (do not delete it)",
            data_folder.display()
        );
    }
    let Some(master) = ask_code(arguments, &recovery.node, |code| recovery.open_master(code))?
    else {
        bail!(no_sheet(&recovery.node));
    };
    hub::keys::write_public(&mark, BEGUN)?;
    let (base, copy, blobs, reader) = if from.join("center.db").exists() {
        (None, from.clone(), from.join("blobs"), None)
    } else {
        let reader = MediumReader::open(&from, &master)?;
        let (base, copy) = reader.base()?;
        (Some(base), copy, reader.blobs(), Some(reader))
    };
    store::restore::lay_down(&copy, &blobs, &store_folder)
        .with_context(|| from.display().to_string())?;
    recovery.write_identity(data_folder, &master)?;

    let identity = Identity::load(data_folder)?;
    let config = store_config(settings, &identity);
    mark_demo(&config)?;
    let store = Store::open(config)?;
    if let (Some(base), Some(reader)) = (base, reader) {
        reader.frames(base + 1, |frame| store.replay_now(&frame))?;
    }
    store.bring_accounts_back()?;
    let now = clock.now();
    let reason = if base.is_some() { "restored_from_medium" } else { "restored_from_backup" };
    let head = store.readers().read_now(query::journal::head)?;
    let gaps = restore::leave_out(&store, settings, &data, &recovery.node, reason, now)?;
    std::fs::remove_file(&mark)?;
    hub::keys::sync_folder(&mark)?;
    println!(
        "{}: đến mục {} / up to entry {}.\n\
         Có thể mở trung tâm ngay: motcua center. / The center can open now: motcua center.",
        recovery.node, head.seq, head.seq
    );
    for gap in gaps {
        println!(
            "Số bỏ trống hôm nay / numbers left out today: {} {} → {}",
            gap.series, gap.known_to, gap.next
        );
    }
    println!(
        "Nếu tỉnh có những mục mà bản này thiếu, tỉnh sẽ tạm giữ máy và người quản trị tỉnh chọn.\n\
         If the hub has entries that this copy lacks, it holds the box, and a person there chooses."
    );
    Ok(())
}

/// The folder itself, or the node's one on a medium.
fn find(from: &Path, node: &str) -> anyhow::Result<PathBuf> {
    let on_medium = from.join(format!("motcua-{node}"));
    for folder in [from.to_owned(), on_medium] {
        if folder.join(FILE).exists() {
            return Ok(folder);
        }
    }
    bail!(
        "Trong {0} không có {FILE} của máy {node}.\n\
         there is no {FILE} of {node} in {0}",
        from.display()
    )
}

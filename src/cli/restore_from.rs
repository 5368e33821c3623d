//! `motcua center restore --from FOLDER`: a box is made of the second medium, or of a backup, without
//! asking the hub. Numbers go on from the reserved block; when the hub is in reach again it compares.

use super::check::tell_left_out;
use super::restore::{Arguments, ask_code, no_sheet};
use crate::center::{mark_demo, store_config};
use crate::clock;
use crate::identity::{self, Identity};
use crate::province_data::ProvinceData;
use crate::recovery::{FILE, Recovery};
use crate::restore::{self, MadeOf, Progress};
use crate::settings::Settings;
use crate::voice::{self, recordings};
use anyhow::{Context, bail};
use hub::enrol_client::Identity as Enrolment;
use jiff::Timestamp;
use std::path::{Path, PathBuf};
use store::medium::MediumReader;
use store::{Batch, Store, query};

/// What the mark of a restore holds while one from a copy is under way.
const BEGUN: &[u8] = b"from a copy";
/// A clock that is further behind the copy's last entry than this is wrong.
const CLOCK_BEHIND_US_MAX: i64 = 5 * 60 * 1_000_000;

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
    let (behind, copy, segments) = if from.join("center.db").exists() {
        (None, from.clone(), from.join("segments"))
    } else {
        let reader = MediumReader::open(&from, &master)?;
        let (base, copy) = reader.base()?;
        let segments = reader.segments(&copy);
        (Some((base, reader)), copy, segments)
    };
    // The scans lie in the folder itself, of a backup and of a medium.
    store::restore::lay_down(&copy, &segments, &from.join("blobs"), &store_folder)
        .with_context(|| from.display().to_string())?;
    recovery.write_identity(data_folder, &master)?;

    let identity = Identity::load(data_folder)?;
    let config = store_config(settings, &identity);
    mark_demo(&config)?;
    let store = Store::open(config)?;
    if let Some((base, reader)) = &behind {
        reader.frames(base + 1, |frame| store.replay_now(&frame))?;
    }
    store.bring_accounts_back()?;
    let now = clock.now();
    let last = not_before_the_copy(&store, now)?;
    store.seal_again(now)?;
    store.settle_scans(now)?;
    if restore::progress(&store.readers())?.is_none() {
        let enrolment = Enrolment::load(&identity::folder(data_folder))?.context("not enrolled")?;
        let made = Progress::of_a_copy(&enrolment.hub_url, now);
        store.commit_now(Batch::new("system", now).and(made.kept()?))?;
    }
    let made_of = if behind.is_some() { MadeOf::Medium { last } } else { MadeOf::Backup };
    let head = store.readers().read_now(query::journal::head)?;
    let gaps = restore::leave_out(&store, settings, &data, &recovery.node, made_of, now)?;
    // A medium keeps none; its folder is simply not there.
    let voice = voice::RECORDINGS;
    let recorded = recordings::bring_back(&from.join(voice), &data_folder.join(voice))
        .with_context(|| from.join(voice).display().to_string())?;
    std::fs::remove_file(&mark)?;
    hub::keys::sync_folder(&mark)?;
    println!(
        "{}: đến mục {} / up to entry {}.\n\
         Có thể mở trung tâm ngay: motcua center. / The center can open now: motcua center.",
        recovery.node, head.seq, head.seq
    );
    println!("Đoạn giọng đã thu / recordings of the voice: {}", recorded.count);
    tell_left_out(&recorded);
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

/// Numbers are left out on the day of the restore: a box that takes an earlier day for today would leave
/// them out then, and give some of today's twice. Gives when the copy's last entry was written.
fn not_before_the_copy(store: &Store, now: Timestamp) -> anyhow::Result<Option<Timestamp>> {
    let last = store.readers().read_now(query::journal::last_time)?;
    let Some(last) = last else { return Ok(None) };
    let written = Timestamp::from_microsecond(last.at_us)?;
    if now.as_microsecond() < last.at_us.saturating_sub(CLOCK_BEHIND_US_MAX) {
        bail!(
            "Đồng hồ máy này chậm: {now}, mà bản sao có mục lúc {written}. Hãy chỉnh giờ rồi chạy lại.\n\
             this box's clock is behind: it shows {now}, and the copy has an entry of {written}; set it and \
             run again"
        );
    }
    Ok(Some(written))
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

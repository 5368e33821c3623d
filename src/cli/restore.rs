//! `motcua center restore`: this box takes an old one's place.
//!
//! What it says is for a technician who stands in a center that is closed: both languages, a line each.

use crate::center::store_config;
use crate::clock;
use crate::identity::{self, Identity};
use crate::province_data::ProvinceData;
use crate::restore::{self, Keep, MadeOf, Progress};
use crate::settings::Settings;
use anyhow::{Context, bail};
use clap::Args;
use domain::ids::NodeId;
use hub::enrol_client::{self, EnrolOrder, Identity as Enrolment, MasterKey, Way};
use hub::restore_words::{Part, RestoreOffer};
use hub::{renew_client, restore_client};
use jiff::{SignedDuration, Timestamp};
use std::io::{BufRead, Read};
use std::path::PathBuf;
use store::Store;

/// A sheet's code is 47 characters; what is longer is not one.
const SHEET_BYTES_MAX: u64 = 400;
/// How often a mistyped code may be typed again.
const SHEET_TRIES: u32 = 5;
/// Scans that are named as lost.
const LOST_LISTED_MAX: u32 = 200;
/// The box's clock and the hub's may be so far apart.
const CLOCK_APART_MAX: SignedDuration = SignedDuration::from_mins(5);

/// How to restore.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Address of the hub's pages, `https://hub.example:8443`.
    #[arg(long)]
    pub hub: Option<String>,
    /// The token that `motcua hub enrol` printed for this node.
    #[arg(long)]
    pub token: Option<String>,
    /// A file with the recovery sheet's code; asked for at the standard input when absent.
    #[arg(long)]
    pub sheet: Option<PathBuf>,
    /// From the second medium or a backup, without asking the hub.
    #[arg(long, conflicts_with_all = ["hub", "token", "without_sheet"])]
    pub from: Option<PathBuf>,
    /// Without the recovery sheet: this box begins with a new master key.
    #[arg(long)]
    pub without_sheet: bool,
    /// Also while the hub says that the old box is connected.
    #[arg(long)]
    pub old_box_is_off: bool,
    /// Waits here until everything has come, also what the center can open without.
    #[arg(long)]
    pub whole: bool,
}

/// Restores, or goes on with a restore.
///
/// # Errors
/// What is missing and what to do; the hub's refusal.
pub fn run(settings: &Settings, arguments: &Arguments) -> anyhow::Result<()> {
    if let Some(from) = &arguments.from {
        return super::restore_from::run(settings, arguments, from);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(restore(settings, arguments))
}

async fn restore(settings: &Settings, arguments: &Arguments) -> anyhow::Result<()> {
    let data_folder = &settings.node.data_folder;
    let node = NodeId::parse(&settings.node.id).context("node.id")?;
    // Everything that can be wrong on this box is found before the old one loses its name.
    let data = ProvinceData::load(settings)?;
    let clock = clock::for_folder(data_folder).map_err(anyhow::Error::msg)?;
    let mark = restore::mark(data_folder);
    if Enrolment::load(&identity::folder(data_folder))?.is_none() {
        let progress = begin(settings, arguments, &node, clock.now()).await?;
        tracing::info!(hub = progress.hub_url, "the hub has let this box in");
    }
    let identity = Identity::load(data_folder)?;
    let store = open(settings, &identity)?;
    let kept = restore::progress(&store.readers())?;
    let mut progress = match kept {
        // A token is for a new box; this one was restored long ago and has written since.
        Some(progress) if progress.unfinished() || arguments.token.is_none() => progress,
        None if mark.exists() => serde_json::from_slice(&std::fs::read(&mark)?)
            .with_context(|| mark.display().to_string())?,
        _ => bail!(
            "Máy này đã đăng ký và có dữ liệu của nó; không có gì để khôi phục.\n\
             this box is enrolled and has its own data; there is nothing to restore"
        ),
    };
    let client = restore::client(&identity, &progress.hub_url)?;
    let keep = Keep::Now(&store);
    if progress.open_at.is_none() {
        if progress.part == Part::Open {
            restore::part(&client, &keep, &mut progress, clock.as_ref(), show).await?;
        }
        let accounts = store.bring_accounts_back()?;
        // Asked again: a power cut may have taken the clock since the restore began.
        let said = renew_client::hub_time(&identity.files.0).await?;
        clock_agrees(Timestamp::from_microsecond(said.us)?)?;
        let now = clock.now();
        let made_of = MadeOf::Hub { last: progress.last_at_hub };
        let gaps = restore::leave_out(&store, settings, &data, &node, made_of, now)?;
        progress.open_at = Some(now);
        store.commit_now(store::Batch::new("system", now).and(progress.kept()?))?;
        tell_open(&store, accounts, &gaps)?;
    }
    if mark.exists() {
        std::fs::remove_file(&mark)?;
        hub::keys::sync_folder(&mark)?;
    }
    if !progress.unfinished() {
        println!("Khôi phục đã xong. / The restore is complete.");
        return Ok(());
    }
    if !arguments.whole {
        println!(
            "Có thể mở trung tâm ngay: motcua center. Phần còn lại tự về trong khi làm việc.\n\
             The center can open now: motcua center. The rest comes while it works."
        );
        return Ok(());
    }
    restore::part(&client, &keep, &mut progress, clock.as_ref(), show).await?;
    if progress.differs {
        bail!(
            "Dữ liệu nhận được không khớp sổ của tỉnh; báo quản trị tỉnh.\n\
             restore.digest_differs: what has come does not match the hub's books"
        );
    }
    println!("Khôi phục đã xong, khớp sổ của tỉnh. / Complete, and the same as the hub's books.");
    Ok(())
}

/// Asks what there is, opens the sheet, and takes the old box's name.
async fn begin(
    settings: &Settings,
    arguments: &Arguments,
    node: &NodeId,
    now: jiff::Timestamp,
) -> anyhow::Result<Progress> {
    let (Some(hub_url), Some(token)) = (&arguments.hub, &arguments.token) else {
        bail!(
            "Cần địa chỉ của tỉnh và mã: motcua center restore --hub https://… --token …\n\
             say where the hub is, and the token that `motcua hub enrol {node}` printed there"
        );
    };
    let folder = identity::folder(&settings.node.data_folder);
    let store = settings.node.data_folder.join("store");
    if store.join("center.db").exists() {
        bail!(
            "Thư mục {0} đã có một cơ sở dữ liệu mà không có danh tính. Hãy để nó sang một bên (không xóa).\n\
             {0} holds a database without an identity; move it aside (do not delete it)",
            store.display()
        );
    }
    let offer = restore_client::look(hub_url, token).await?;
    tell_offer(node, &offer);
    if offer.online && !arguments.old_box_is_off {
        bail!(
            "Máy cũ đang kết nối với tỉnh. Hãy tắt máy cũ trước; nếu nó đã tắt hẳn thì thêm --old-box-is-off.\n\
             the old box is connected to the hub: switch it off first; if it is off for certain, add --old-box-is-off"
        );
    }
    clock_agrees(restore_client::hub_time(hub_url, token).await?)?;
    let master =
        if arguments.without_sheet { MasterKey::Own } else { ask_sheet(arguments, node, &offer)? };
    let with_sheet = matches!(master, MasterKey::OfTheSheet { .. });
    let last_at_hub = offer.last_entry_us.and_then(|at| Timestamp::from_microsecond(at).ok());
    let progress = Progress { last_at_hub, ..Progress::begin(hub_url, with_sheet, now) };
    hub::keys::write_public(
        &restore::mark(&settings.node.data_folder),
        progress.text()?.as_bytes(),
    )?;
    let order = EnrolOrder {
        hub_url: hub_url.clone(),
        token: token.clone(),
        node: Some(node.clone()),
        lan_names: identity::lan_names(settings, node),
        folder,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        way: Way::Restore(master),
    };
    let enrolled = enrol_client::enrol(&order).await?;
    if let Some(sheet) = enrolled.sheet_text() {
        println!("{sheet}");
    }
    Ok(progress)
}

/// Numbers are left out on the day of the restore: a box that takes another day for today would leave them
/// out then, and give some of today's twice.
fn clock_agrees(hub: Timestamp) -> anyhow::Result<()> {
    let machine = Timestamp::now();
    if machine.duration_since(hub).abs() > CLOCK_APART_MAX {
        bail!(
            "Đồng hồ máy này sai: máy {machine}, tỉnh {hub}. Hãy chỉnh giờ (timedatectl set-time) rồi chạy lại.\n\
             this box's clock is wrong: it shows {machine}, the hub's {hub}; set it (timedatectl set-time) and \
             run again"
        );
    }
    Ok(())
}

/// Asks for the sheet and opens with it what lies at the hub.
fn ask_sheet(
    arguments: &Arguments,
    node: &NodeId,
    offer: &RestoreOffer,
) -> anyhow::Result<MasterKey> {
    let master =
        ask_code(arguments, node, |code| Ok(restore_client::open_master(node, offer, code)?))?;
    master.ok_or_else(|| anyhow::Error::msg(no_sheet(node)))
}

/// Asks for the sheet's code until it opens something; nothing when none was given.
pub(super) fn ask_code<T>(
    arguments: &Arguments,
    node: &NodeId,
    open: impl Fn(&str) -> anyhow::Result<T>,
) -> anyhow::Result<Option<T>> {
    let from_file = arguments.sheet.is_some();
    for _ in 0..SHEET_TRIES {
        let code = match &arguments.sheet {
            Some(file) => {
                let mut text = String::new();
                std::fs::File::open(file)
                    .and_then(|file| file.take(SHEET_BYTES_MAX).read_to_string(&mut text))
                    .with_context(|| file.display().to_string())?;
                text
            }
            None => {
                eprintln!(
                    "Gõ mã trên phiếu khôi phục của máy {node} / type the code on the recovery sheet:"
                );
                let mut line = String::new();
                std::io::stdin().lock().take(SHEET_BYTES_MAX).read_line(&mut line)?;
                line
            }
        };
        if code.trim().is_empty() {
            return Ok(None);
        }
        match open(&code) {
            Ok(opened) => return Ok(Some(opened)),
            Err(error) if from_file => return Err(error),
            Err(error) => eprintln!(
                "Mã không mở được khóa của máy {node}; so lại tên máy và từng nhóm trên phiếu mới nhất.\n{error}"
            ),
        }
    }
    Ok(None)
}

/// What is said to someone without a sheet. Nothing has been done yet.
pub(super) fn no_sheet(node: &NodeId) -> String {
    format!(
        "Chưa có phiếu khôi phục của máy {node}; chưa làm gì cả.\n\
         Phiếu ở trong két của đơn vị. Nếu đã mất: xin ý kiến tỉnh, rồi chạy lại với --without-sheet. Khi đó máy \
         bắt đầu với khóa chính mới: hồ sơ, số thứ tự và lịch sử vẫn về từ tỉnh; tài khoản cán bộ và mã thiết bị \
         phải tạo lại; bản sao lưu, ổ phụ và ổ đĩa cũ không còn đọc được.\n\
         restore.no_sheet: nothing was done. The sheet is in the unit's safe. If it is lost, ask the province, then \
         run again with --without-sheet: the box begins with a new master key. Dossiers, tickets and history still \
         come from the hub; officers' accounts and devices' tokens have to be made anew; backups, the second medium \
         and the old disk can no longer be read."
    )
}

fn open(settings: &Settings, identity: &Identity) -> anyhow::Result<Store> {
    let config = store_config(settings, identity);
    crate::center::mark_demo(&config)?;
    let folder = config.folder.clone();
    Store::open(config).with_context(|| folder.display().to_string())
}

fn tell_offer(node: &NodeId, offer: &RestoreOffer) {
    let last = offer
        .last_entry_us
        .and_then(|at| jiff::Timestamp::from_microsecond(at).ok())
        .map_or_else(|| "-".to_owned(), |at| at.to_string());
    println!(
        "{node} · {}\nTỉnh có {} mục dữ liệu, nhật ký đến mục {} lúc {last}.\n\
         The hub has {} subjects, the journal up to entry {} of {last}.",
        offer.unit_name, offer.subjects, offer.last_seq, offer.subjects, offer.last_seq
    );
}

fn show(progress: &Progress) {
    let part = match progress.part {
        Part::Open => "đang mở / open",
        Part::Rest => "còn lại / rest",
    };
    let of = progress.digest.as_ref().map_or(progress.rows, |digest| digest.rows);
    eprintln!("{part}: {} / {of}", progress.rows);
}

fn tell_open(
    store: &Store,
    accounts: bool,
    gaps: &[store::numbers::NumberGap],
) -> anyhow::Result<()> {
    if !accounts {
        println!(
            "Tài khoản cán bộ và mã thiết bị không mở được bằng khóa này: tạo lại bằng motcua officer add, motcua device token.\n\
             Officers' accounts and devices' tokens do not open with this key: make them anew."
        );
    }
    for gap in gaps {
        println!(
            "Số bỏ trống hôm nay / numbers left out today: {} {} → {}",
            gap.series, gap.known_to, gap.next
        );
    }
    let lost = store.readers().read_now(|c| store::restore::lost_scans(c, LOST_LISTED_MAX))?;
    if !lost.is_empty() {
        println!(
            "{} bản quét mất cùng ổ đĩa cũ, cần quét lại / scans died with the old disk, scan again:",
            lost.len()
        );
        for (code, component) in lost {
            println!("  {code} ({component})");
        }
    }
    Ok(())
}

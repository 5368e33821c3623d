//! The demo's command line, and what it tells the person in front of it.

use super::center_files::{COUNTERS, HEAD, SCREEN_COUNTER, officer_of};
use super::many::NODES_MAX;
use super::{Demo, NODES, PASSWORD, Place, TECHNICIAN, Wish};
use crate::cli::day;
use anyhow::{anyhow, bail};
use clap::Args;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// How often the demo looks whether a process ended by itself.
const WATCH_EVERY: Duration = Duration::from_secs(1);

/// `motcua demo …`
#[derive(Debug, Args)]
pub struct Arguments {
    /// How many nodes, 1 to 300. Up to 3 are whole centers: with 2 a dossier can be handed over. The others
    /// are simulated, with real links and journals, many in a process.
    #[arg(
        long,
        default_value_t = 1,
        value_parser = nodes_of
    )]
    nodes: u16,
    /// So many made-up years lie behind each center; the first time they are built for some minutes.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=30))]
    years: u32,
    /// Runs a service day by itself, with faults, and compares the books at its end.
    #[arg(long)]
    day: bool,
    /// The seed of the day.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where the day's report is written.
    #[arg(long)]
    report: Option<PathBuf>,
    /// Keeps everything in this folder instead of a temporary one.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Writes addresses and tokens into this file once everything is up (for tests).
    #[arg(long)]
    ready: Option<PathBuf>,
}

/// Reads how many nodes are asked for.
fn nodes_of(text: &str) -> Result<u16, String> {
    text.parse::<u16>().ok().filter(|nodes| (1..=NODES_MAX).contains(nodes)).ok_or_else(|| {
        format!("từ 1 đến {NODES_MAX} nút trên một máy / 1 to {NODES_MAX} nodes on one machine")
    })
}

/// Runs the demo until Ctrl-C, or until the day is over.
///
/// # Errors
/// A part does not come up or ends again and again, or the day does not end well.
pub fn run(arguments: Arguments) -> anyhow::Result<()> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async move {
        let rate = if arguments.day { day::RATE } else { 1.0 };
        let wish = Wish {
            nodes: usize::from(arguments.nodes),
            rate,
            folder: arguments.folder.clone(),
            place: Place::default(),
            times: None,
            years: arguments.years,
        };
        // Heard before the first part is started, or a signal would end the demo without its cleaning.
        let mut signals = Signals::listen()?;
        let mut demo = tokio::select! {
            // Whatever has come up is dropped with this, the folder last.
            started = Demo::start(&wish) => started?,
            () = signals.stop_asked() => bail!("đã dừng khi đang khởi động / stopped while starting"),
        };
        let ended = if arguments.day {
            tokio::select! {
                ended = day::run(&mut demo, arguments.seed, arguments.report.as_deref()) => ended,
                () = signals.stop_asked() => Err(anyhow::anyhow!(
                    "đã dừng trước khi hết ngày / stopped before the day was over"
                )),
            }
        } else {
            tell(&demo);
            if let Some(file) = &arguments.ready {
                write_ready(&demo, file)?;
            }
            watch(&mut demo, &mut signals).await
        };
        if let Err(reason) = &ended {
            // First, because what follows tells where to look, not why.
            eprintln!("{reason:#}");
            demo.keep();
        }
        println!("Đang dừng. / Stopping.");
        demo.stop().await;
        ended.map_err(|_| anyhow!("demo dừng vì lý do ở trên / the demo ended for the reason above"))
    })
}

async fn watch(demo: &mut Demo, signals: &mut Signals) -> anyhow::Result<()> {
    loop {
        tokio::select! {
            () = signals.stop_asked() => return Ok(()),
            () = tokio::time::sleep(WATCH_EVERY) => {
                for line in demo.start_ended()?.into_iter().chain(demo.coming.news()) {
                    println!("{line}");
                }
            }
        }
    }
}

/// The ways in which a demo is asked to stop: Ctrl-C, its service manager, a closed terminal.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    async fn stop_asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
        }
    }
}

/// Lines that people read come from one place, so that both languages stay side by side.
fn tell(demo: &Demo) {
    let program = std::env::current_exe().unwrap_or_else(|_| "motcua".into());
    let order = format!("{} sim order", program.display());
    let papers = demo.centers[0].files.folder.join("papers");
    let sign = demo.centers[0].files.folder.join("sign-1.jsonl");
    let (printer, line) = (demo.printer_control(), demo.line_control(0));
    let mut lines = vec![
        String::new(),
        "Trung tâm và máy chủ tỉnh đang chạy. / The center and the hub are up.".to_owned(),
    ];
    lines.extend(certificate_lines());
    for (index, center) in demo.centers.iter().enumerate() {
        lines.push(String::new());
        let authority = center.files.authority();
        lines.push(format!("{} - {} ({})", NODES[index].0, NODES[index].1, authority.display()));
        for (name, address) in center.files.pages() {
            lines.push(format!("  {name:<8} {address}"));
        }
    }
    lines.extend([String::new(), format!("Tỉnh / hub: {}/", demo.hub_address())]);
    if demo.coming.all() > 0 {
        lines.extend(simulated_lines(demo.coming.all()));
    }
    lines.push(String::new());
    lines.extend(login_lines());
    lines.extend([
        String::new(),
        "Thử / try:".to_owned(),
        format!("  1. kiosk: lấy số; phiếu ra tệp ảnh trong {}", papers.display()),
        "     take a number; the slip appears as a picture in that folder".to_owned(),
        format!(
            "  2. console: {}, mở quầy {SCREEN_COUNTER}, gọi số; xem trang counter và hall",
            officer_of(SCREEN_COUNTER)
        ),
        format!(
            "     log in, open counter {SCREEN_COUNTER}, call next; see the pages counter and hall"
        ),
        format!("     bảng LED ghi vào / the LED sign writes {}", sign.display()),
        "  3. console: tiếp nhận hồ sơ, mở giấy tiếp nhận (PDF); tablet: đánh giá".to_owned(),
        "     receive a dossier, open the slip (PDF); assess it on the tablet".to_owned(),
    ]);
    lines.extend(vote_lines());
    lines.extend([
        format!(
            "  4. máy in hết giấy, thay giấy / paper out, a new roll:  {order} {printer} paper_out"
        ),
        format!("     {order} {printer} paper_in"),
        format!("  5. cắt đường truyền, nối lại / cut the line, repair it:  {order} {line} cut"),
        format!("     {order} {line} mend"),
    ]);
    if let Ok(site) = demo.site() {
        lines.push(
            "  6. đặt thẻ lên đầu đọc quầy 1 / a card on the reader of counter 1:".to_owned(),
        );
        lines.push(format!(
            "     {order} {} 'scan 022185004321||Nguyễn Thị Hương|12031985|Nữ|Số 5 đường Cao \
             Thắng, phường Cao Xanh|15062022'",
            site.reader_control
        ));
    }
    lines.push("  7. trang tỉnh: gửi tin cho mọi quầy / hub: a message to all counters".to_owned());
    if demo.centers.len() > 1 {
        lines.push(format!("  8. console {}: bàn giao một hồ sơ cho {}", NODES[0].0, NODES[1].0));
        lines.push(
            "     hand a dossier over; accept or refuse it at the other console; to take it back, cut \
             the line first: once the province has passed it on, it is too late"
                .into(),
        );
        lines.extend(neighbour_lines());
    }
    let number = if demo.centers.len() > 1 { 9 } else { 8 };
    lines.push(format!(
        "  {number}. tắt ngang trung tâm, xem nó tự chạy lại / kill the center, see it come back:"
    ));
    lines.push(format!("     {}", kill_command(&demo.centers[0].files.config)));
    lines.push(String::new());
    lines.push("Ctrl-C để dừng. / Ctrl-C stops everything.".to_owned());
    for line in lines {
        println!("{line}");
    }
}

/// By its settings and not by its id, which is another one after each start.
fn kill_command(config: &Path) -> String {
    format!("pkill -9 -f 'center --config {}'", config.display())
}

/// What the browser says at first, and what to press: nothing is wrong, its authority is new to it.
fn certificate_lines() -> Vec<String> {
    [
        "Mở lần đầu, trình duyệt báo «Kết nối của bạn không phải là kết nối riêng tư»: bấm «Nâng cao»,",
        "rồi «Tiếp tục truy cập … (không an toàn)». Hoặc cài tệp .pem dưới đây vào trình duyệt.",
        "At first the browser says «Your connection is not private»: press «Advanced», then",
        "«Proceed to … (unsafe)». Or import the .pem file below into the browser.",
    ]
    .map(str::to_owned)
    .into()
}

/// Why a vote that was just given is not seen anywhere yet.
fn vote_lines() -> [String; 4] {
    [
        "     Phiếu được đếm tại máy của trung tâm và chỉ báo theo nhóm năm phiếu của những ngày đã",
        "     qua: phiếu của hôm nay chưa hiện ở trang «Đánh giá».",
        "     Votes are counted at the center's box and told in groups of five from whole past days:",
        "     those of today are not seen at «Đánh giá» yet.",
    ]
    .map(str::to_owned)
}

/// What the other centers do not have.
fn neighbour_lines() -> [String; 4] {
    [
        "     Bản quét ở lại nơi tiếp nhận. Thiết bị mô phỏng (máy in, bảng LED, đầu đọc) chỉ có ở",
        "     trung tâm thứ nhất; các trung tâm khác chỉ có các trang và đường truyền.",
        "     Scans stay where the dossier was received. Simulated devices (printer, LED signs, card",
        "     reader) are at the first center only; the others have their pages and their line.",
    ]
    .map(str::to_owned)
}

/// The nodes beyond the whole centers: they are at the hub alone.
fn simulated_lines(count: usize) -> [String; 2] {
    [
        format!("  {count} nút mô phỏng đang lần lượt vào mạng: xem trên trang này"),
        format!("  {count} simulated nodes come in one after the other: see them on that page"),
    ]
}

/// Every account of a demo.
fn login_lines() -> Vec<String> {
    let officers: Vec<String> = COUNTERS.iter().map(|counter| officer_of(*counter)).collect();
    vec![
        format!("Tài khoản, mật khẩu / logins, password: {PASSWORD}"),
        format!("  console   {}", officers.join(", ")),
        "            cán bộ, mỗi quầy một người / officers, one a counter".to_owned(),
        format!("            {HEAD}: giám đốc, xem số liệu / the head, sees the figures"),
        format!("  tỉnh/hub  {TECHNICIAN}: kỹ thuật của tỉnh / the province's technician"),
    ]
}

fn write_ready(demo: &Demo, file: &Path) -> anyhow::Result<()> {
    let centers: Vec<_> = demo
        .centers
        .iter()
        .map(|center| {
            serde_json::json!({
                "base": center.files.base(),
                "authority": center.files.authority(),
                "config": &center.files.config,
                "pages": center.files.pages().into_iter().collect::<std::collections::BTreeMap<_, _>>(),
                "load_token": center.files.site().map(|site| site.load_token).ok(),
                "printer_control": center.files.printer_control,
                "line_control": center.files.line_control,
                "sign_control": center.files.sign_control(1),
                "reader_control": center.files.site().map(|site| site.reader_control).ok(),
            })
        })
        .collect();
    let ready = serde_json::json!({
        "centers": centers,
        "hub": demo.hub_address(),
        "password": PASSWORD,
        "folder": demo.folder.path(),
        "simulated_nodes": demo.coming.all(),
    });
    // Written beside and renamed: a reader sees all of it or nothing.
    let beside = file.with_extension("part");
    std::fs::write(&beside, serde_json::to_string_pretty(&ready)?)?;
    std::fs::rename(beside, file)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_account_of_a_demo_is_told_with_its_password() {
        let told = login_lines().join("\n");
        let officers = COUNTERS.iter().map(|counter| officer_of(*counter));
        for account in officers.chain([HEAD, TECHNICIAN, PASSWORD].map(str::to_owned)) {
            assert!(told.contains(&account), "{account} is missing in:\n{told}");
        }
    }

    #[test]
    fn more_nodes_than_one_machine_bears_are_refused_with_the_bound() {
        assert_eq!(nodes_of("1"), Ok(1));
        assert_eq!(nodes_of(&NODES_MAX.to_string()), Ok(NODES_MAX));
        for wrong in ["0", "301", "70000", "-1", "12.5", "nhiều"] {
            let refused = nodes_of(wrong).unwrap_err();
            assert!(refused.contains("1 to 300 nodes"), "{wrong}: {refused}");
        }
    }

    #[test]
    fn lines_fit_a_terminal() {
        let simulated = simulated_lines(usize::from(NODES_MAX));
        let (votes, neighbour) = (vote_lines(), neighbour_lines());
        let told = certificate_lines().into_iter().chain(login_lines()).chain(simulated);
        for line in told.chain(votes).chain(neighbour) {
            assert!(line.chars().count() <= 100, "{line}");
        }
    }
}

//! The demo's command line, and what it tells the person in front of it.

use super::{Demo, NODES, PASSWORD, Place, Wish};
use crate::cli::day;
use anyhow::bail;
use clap::Args;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often the demo looks whether a process ended by itself.
const WATCH_EVERY: Duration = Duration::from_secs(1);

/// `motcua demo …`
#[derive(Debug, Args)]
pub struct Arguments {
    /// How many centers, 1 to 3; with 2 a dossier can be handed over.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=3))]
    nodes: u8,
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

/// Runs the demo until Ctrl-C, or until the day is over.
///
/// # Errors
/// A part does not come up, ends by itself, or the day does not end well.
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
        };
        let starting = Demo::start(&wish);
        let mut demo = tokio::select! {
            started = starting => started?,
            _ = stop_asked() => bail!("stopped while starting"),
        };
        let ended = if arguments.day {
            tokio::select! {
                ended = day::run(&mut demo, arguments.seed, arguments.report.as_deref()) => ended,
                () = stop_asked() => Err(anyhow::anyhow!("stopped before the day was over")),
            }
        } else {
            tell(&demo);
            if let Some(file) = &arguments.ready {
                write_ready(&demo, file)?;
            }
            watch(&mut demo).await
        };
        if ended.is_err() {
            demo.keep();
        }
        println!("stopping");
        demo.stop().await;
        ended
    })
}

async fn watch(demo: &mut Demo) -> anyhow::Result<()> {
    let mut stopped = Box::pin(stop_asked());
    loop {
        tokio::select! {
            () = &mut stopped => return Ok(()),
            () = tokio::time::sleep(WATCH_EVERY) => {
                if let Some(what) = demo.ended() {
                    bail!("{what}");
                }
            }
        }
    }
}

async fn stop_asked() {
    use tokio::signal::unix::{SignalKind, signal};
    let interrupt = tokio::signal::ctrl_c();
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        let _ = interrupt.await;
        return;
    };
    tokio::select! {
        _ = interrupt => {}
        _ = terminate.recv() => {}
    }
}

fn tell(demo: &Demo) {
    println!();
    println!("Trung tâm và máy chủ tỉnh đang chạy. / The center and the hub are up.");
    println!(
        "Trang nào cũng dùng chứng thư của mạng nội bộ: bấm chấp nhận trong trình duyệt, hoặc cài"
    );
    println!(
        "tệp bên dưới. / Pages use the LAN authority: accept it in the browser, or install the file."
    );
    for (index, center) in demo.centers.iter().enumerate() {
        println!();
        println!(
            "{} - {} (chứng thư: {})",
            NODES[index].0,
            NODES[index].1,
            center.files.authority().display()
        );
        for (name, address) in center.files.pages() {
            println!("  {name:<8} {address}");
        }
    }
    println!();
    println!("Tỉnh / hub: {}/  (tinh / {PASSWORD})", demo.hub_address());
    println!();
    println!("Thử / try:");
    println!(
        "  1. kiosk: lấy số; phiếu ra tệp ảnh trong {}",
        demo.centers[0].files.folder.join("papers").display()
    );
    println!("     take a number; the slip appears as a picture in that folder");
    println!(
        "  2. console: officer-1 / {PASSWORD}, mở quầy 1, gọi số tiếp theo; bảng LED ghi vào sign-1.jsonl"
    );
    println!("     log in, open counter 1, call next; the LED sign's log is sign-1.jsonl");
    println!("  3. console: tiếp nhận hồ sơ, in giấy hẹn; tablet: đánh giá");
    println!("     receive a dossier, print the slip; assess it on the tablet");
    println!(
        "  4. máy in hết giấy / paper out:  printf 'paper_out\\n' | nc -q1 {} ",
        spaced(demo.printer_control())
    );
    println!(
        "  5. cắt đường truyền / cut the line:  printf 'cut\\n' | nc -q1 {} ",
        spaced(demo.line_control())
    );
    println!("     (mend để nối lại / mend to repair); xem trang tỉnh / watch the hub's page");
    println!();
    println!("Ctrl-C để dừng. / Ctrl-C stops everything.");
}

fn spaced(address: std::net::SocketAddr) -> String {
    format!("{} {}", address.ip(), address.port())
}

fn write_ready(demo: &Demo, file: &Path) -> anyhow::Result<()> {
    let centers: Vec<_> = demo
        .centers
        .iter()
        .map(|center| {
            serde_json::json!({
                "base": center.files.base(),
                "authority": center.files.authority(),
                "pages": center.files.pages().into_iter().collect::<std::collections::BTreeMap<_, _>>(),
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
        "folder": demo.folder,
    });
    // Written beside and renamed: a reader sees all of it or nothing.
    let beside = file.with_extension("part");
    std::fs::write(&beside, serde_json::to_string_pretty(&ready)?)?;
    std::fs::rename(beside, file)?;
    Ok(())
}

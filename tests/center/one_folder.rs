//! What a technician meets at the start: a second daemon, a box that is not enrolled, wrong settings,
//! wrong data. Each says what to do and leaves.

use crate::house::{Folder, House, issue, run};
use serde_json::Value;
use std::path::Path;

/// What the program said when it left with a failure.
async fn refusal(arguments: &[&str], config: &Path) -> String {
    let output = run(arguments, Some(config)).await;
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "{arguments:?} ended well, and said: {said}");
    said
}

fn says(said: &str, wanted: &[&str]) {
    for word in wanted {
        assert!(said.contains(word), "«{word}» is not in:\n{said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_daemon_on_a_folder_says_so_and_leaves_and_the_first_goes_on() {
    let mut house = House::open("second", 1).await;
    let center = house.center(0);
    let said = refusal(&["center"], &center.config).await;
    says(&said, &["another motcua daemon is running on this folder", &center.node]);
    let said = refusal(
        &["officer", "add", "nguyen-van-b", "--name", "B", "--password", "mat khau rat dai"],
        &center.config,
    )
    .await;
    says(&said, &["stop the daemon first"]);
    assert!(!house.demo.center_process().has_ended());
    let mut kiosk = house.kiosk();
    issue(&mut kiosk, "ho-tich").await;
    house.books_agree(0).await;
    house.close().await;
}

#[tokio::test]
async fn a_box_that_is_not_enrolled_says_what_to_do() {
    let folder = Folder::new("not-enrolled");
    let config = folder.path.join("center.toml");
    std::fs::write(&config, format!("[node]\ndata_folder = {:?}\n", folder.path)).unwrap();
    for arguments in
        [vec!["center"], vec!["books"], vec!["check", "journal"], vec!["queue", "replay"]]
    {
        let said = refusal(&arguments, &config).await;
        says(&said, &["not enrolled", "motcua center enrol --hub", "--token"]);
    }
}

#[tokio::test]
async fn a_replay_with_a_number_out_of_its_bounds_names_the_bounds_and_a_code() {
    let folder = Folder::new("replay");
    let config = folder.path.join("center.toml");
    std::fs::write(&config, format!("[node]\ndata_folder = {:?}\n", folder.path)).unwrap();
    let said = refusal(&["queue", "replay", "--overtakes-max", "-1"], &config).await;
    says(&said, &["queue.policy_parameter", "overtakes_max = -1", "từ 0 đến 100"]);
    let said = refusal(&["queue", "replay", "--policy", "loudest"], &config).await;
    says(&said, &["queue.unknown_policy", "loudest", "guard, strict, ratio"]);
}

#[tokio::test]
async fn a_settings_file_with_mistakes_has_every_one_named() {
    let folder = Folder::new("mistakes");
    let config = folder.path.join("center.toml");
    let text = "[node]\nid = \"665\"\nunit_name = \"\"\n\
                [web]\nlisten = \"everywhere\"\nsession_idle_minutes = \"long\"\n\
                [queue]\ncall_seconds = 0\n[link]\nwindow_frames = 1000\n\
                [log]\nformat = \"loud\"\ncolour = 1\n";
    std::fs::write(&config, text).unwrap();
    for arguments in [["center"], ["check"]] {
        let said = refusal(&arguments, &config).await;
        says(
            &said,
            &[
                "center.toml",
                "node.id",
                "\"06658-1\"",
                "node.unit_name",
                "web.listen",
                "\"0.0.0.0:8443\"",
                "web.session_idle_minutes",
                "queue.call_seconds",
                "link.window_frames",
                "log.format",
                "log.colour",
            ],
        );
    }
    let config = folder.path.join("hub.toml");
    let text = "data_folder = 5\n[http]\nlisten = \"here\"\n[broker]\nport = 70000\n\
                [ingest]\nrefused_frame_max = 3\n";
    std::fs::write(&config, text).unwrap();
    let said = refusal(&["hub"], &config).await;
    says(&said, &["hub.toml", "data_folder", "http.listen", "broker.port", "refused_frames_max"]);
}

#[tokio::test]
async fn data_and_devices_with_mistakes_have_every_one_named() {
    let folder = Folder::new("data");
    let queue = folder.path.join("queue");
    std::fs::create_dir_all(&queue).unwrap();
    for name in ["services.toml", "priority_grounds.toml", "rules.toml"] {
        std::fs::copy(Path::new("config/queue").join(name), queue.join(name)).unwrap();
    }
    let rules = "policy = \"loudest\"\nthreshold_min = -1\nrecall_max = 3\nrecall_gap_s = 20\n\
                 return_places = 3\n";
    std::fs::write(queue.join("rules.toml"), rules).unwrap();
    let config = folder.path.join("center.toml");
    let text = format!(
        "[folders]\nqueue = {queue:?}\n\
         [[device]]\nid = \"sign-1\"\ndriver = \"led_alfa\"\n\
         transport = {{ kind = \"tcp\", address = \"192.168.1.9:10001\" }}\n\
         [[device]]\nid = \"printer-1\"\ndriver = \"printer_escpos\"\n\
         transport = {{ kind = \"tcp\", address = \"nowhere\" }}\n"
    );
    std::fs::write(&config, text).unwrap();
    let said = refusal(&["check"], &config).await;
    says(&said, &["rules.toml", "policy", "led_alfa", "led_alpha", "nowhere", "center.toml"]);
}

#[tokio::test]
async fn the_settings_and_data_that_come_with_the_program_are_in_order() {
    for config in [None, Some(Path::new("config/center.toml"))] {
        let output = run(&["check"], config).await;
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{said}");
    }
    let output = run(&["openapi"], None).await;
    let description: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(description["paths"]["/api/v1/tickets"]["post"].is_object());
}

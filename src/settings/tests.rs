use super::*;
use domain::dossier::CodePattern;

fn problems_of(text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("center.toml");
    std::fs::write(&file, text).unwrap();
    Settings::load_from(Some(&file), &[]).err().map(|all| all.to_string()).unwrap_or_default()
}

#[test]
fn the_defaults_are_complete_and_right() {
    let settings = Settings::load_from(None, &[]).unwrap();
    assert_eq!(settings.node.id, "06658-1");
    assert_eq!(settings.counter.len(), 4);
}

#[test]
fn every_mistake_is_told_at_once_with_file_key_and_a_value() {
    let told = problems_of(
        "[node]\nid = \"665\"\n[web]\nlisten = \"everywhere\"\nsession_idle_minutes = \"long\"\n\
         [queue]\ncall_seconds = 0\n[log]\ncolour = 1\n",
    );
    for expected in [
        "node.id",
        "06658-1",
        "web.listen",
        "0.0.0.0:8443",
        "session_idle_minutes",
        "30",
        "queue.call_seconds",
        "log.colour",
        "center.toml",
    ] {
        assert!(told.contains(expected), "{expected} is not in:\n{told}");
    }
    for line in told.lines() {
        let works = line.split_once("; a value that works: ").map(|(_, works)| works.trim());
        assert!(line.contains("center.toml: ") && works.is_some_and(|it| !it.is_empty()), "{line}");
    }
}

#[test]
fn a_box_beyond_those_that_share_a_units_numbers_is_a_mistake() {
    let told = problems_of("[node]\nid = \"06994-10\"\n");
    assert!(told.contains("node.id: a unit has at most 9 boxes"), "{told}");
    assert_eq!(problems_of("[node]\nid = \"06994-9\"\n"), "");
}

#[test]
fn codes_of_dossiers_begin_with_the_boxs_own_unit_where_nothing_is_written() {
    let start = |text: &str| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("center.toml");
        std::fs::write(&file, text).unwrap();
        Settings::load_from(Some(&file), &[]).unwrap().node.dossier_code_start
    };
    assert_eq!(start(""), "H49.06658");
    assert_eq!(start("[node]\nid = \"06994-2\"\n"), "H49.06994", "the unit's, at its points too");
    assert_eq!(start("[node]\nid = \"22-1\"\n"), "H49.22");
    let written = "[node]\nid = \"06994-2\"\ndossier_code_start = \"H49.65.12\"\n";
    assert_eq!(start(written), "H49.65.12");
    let told = problems_of("[node]\ndossier_code_start = \"H49 06658\"\n");
    assert!(told.contains("node.dossier_code_start: «H49 06658» is not"), "{told}");
}

#[test]
fn codes_of_dossiers_follow_the_pattern_that_the_site_writes() {
    let delivered = Settings::load_from(None, &[]).unwrap().node.dossier_code_pattern;
    assert_eq!(delivered, CodePattern::DEFAULT);
    assert_eq!(problems_of("[node]\ndossier_code_pattern = \"{yymmdd}_{org}.{seq:5}\"\n"), "");
    for wrong in ["", "{yymmdd}-{seq:4}", "{org}-{seq:4}", "{org}{yymmdd}{seq:4}"] {
        let told = problems_of(&format!("[node]\ndossier_code_pattern = \"{wrong}\"\n"));
        let named = format!("node.dossier_code_pattern: «{wrong}» does not have");
        assert!(told.contains(&named) && told.contains("{org}-{yymmdd}-{seq:4}"), "{told}");
    }
}

#[test]
fn a_file_that_is_not_toml_names_its_line() {
    let told = problems_of("[node]\nid = \n");
    assert!(told.contains("line 2"), "{told}");
}

#[test]
fn the_environment_is_over_the_file() {
    let set = [("web.listen".to_owned(), "127.0.0.1:9443".to_owned())];
    assert_eq!(Settings::load_from(None, &set).unwrap().web.listen, "127.0.0.1:9443");
}

#[test]
fn a_printer_for_slips_that_is_none_is_a_mistake() {
    let told = problems_of(
        "[dossier]\nslip_printers = [\"sign-1\", \"printer-1\"]\n\
         [[device]]\nid = \"sign-1\"\ndriver = \"led_alpha\"\n\
         [[device]]\nid = \"printer-1\"\ndriver = \"printer_escpos\"\n",
    );
    assert!(told.contains("dossier.slip_printers") && told.contains("sign-1"), "{told}");
    assert!(!told.contains("«printer-1»"), "{told}");
}

#[test]
fn lines_of_a_ticket_that_are_too_many_too_long_or_turn_around_are_a_mistake() {
    let long = "x".repeat(65);
    let five = "\"1\", \"2\", \"3\", \"4\", \"5\"";
    for wrong in [five, &format!("\"{long}\""), "\"\u{202e}x\""] {
        let told = problems_of(&format!("[node]\nticket_header = [{wrong}]\n"));
        assert!(told.contains("node.ticket_header"), "{wrong}: {told}");
    }
}

#[test]
fn a_sound_output_that_a_player_would_take_for_an_option_is_a_mistake() {
    let told = problems_of("[voice]\ndevice = \"--help\"\n");
    assert!(told.contains("voice.device") && told.contains("\"default\""), "{told}");
    assert_eq!(problems_of("[voice]\ndevice = \"plughw:0,0\"\n"), "");
}

#[test]
fn a_counter_named_twice_is_a_mistake() {
    let told = problems_of(
        "[[counter]]\nnumber = 1\nname = \"a\"\nservices = [\"ho-tich\"]\n\
         [[counter]]\nnumber = 1\nname = \"b\"\nservices = [\"khac\"]\n",
    );
    assert!(told.contains("counter[2].number"), "{told}");
}

#[test]
fn a_number_that_does_not_fit_is_named_by_its_key_beside_every_other_mistake() {
    let told = problems_of(
        "[web]\nlisten = \"nowhere\"\nsession_idle_minutes = 4294967296\n\
         [link]\nkeepalive_seconds = -5\n[discovery]\nfoo = 1\n\
         [[counter]]\nnumber = 70000\nname = \"a\"\nservices = [\"ho-tich\"]\n\
         [[counter]]\nnumber = 2\nname = \"b\"\nservices = []\n",
    );
    for expected in [
        "link.keepalive_seconds: -5 is below 0; a value that works: 20",
        "web.session_idle_minutes: 4294967296 is above 4294967295; a value that works: 30",
        "web.listen",
        "discovery.foo: no such setting; a value that works: remove the line",
        "counter[1].number: 70000 is not a number from 1 to 99; a value that works: 1",
        "counter[2].services",
    ] {
        assert!(told.contains(expected), "{expected} is not in:\n{told}");
    }
    assert!(!told.contains("(whole file)"), "{told}");
}

#[test]
fn an_unknown_key_is_answered_with_the_nearest_one_or_to_remove_it() {
    let told = problems_of("[web]\nlisten_at = 1\n[devices]\na = 1\n[zzz]\na = 1\n");
    for expected in [
        "web.listen_at: no such setting; a value that works: listen = \"0.0.0.0:8443\", or remove",
        "devices: no such setting; a value that works: [[device]], or remove the section",
        "zzz: no such setting; a value that works: remove the section",
    ] {
        assert!(told.contains(expected), "{expected} is not in:\n{told}");
    }
}

#[test]
fn a_list_that_holds_a_number_is_named_by_its_key() {
    let told = problems_of("[web]\nnames = [\"a\", 1]\n[queue]\ncall_seconds = 0\n");
    assert!(told.contains("web.names: holds a whole number"), "{told}");
    assert!(told.contains("queue.call_seconds"), "{told}");
}

#[test]
fn a_variable_with_a_mistake_is_named_with_a_value_that_works() {
    let set = [
        ("link.keepalive_seconds".to_owned(), "-5".to_owned()),
        ("web.lis".to_owned(), "x".to_owned()),
        ("foo".to_owned(), "x".to_owned()),
    ];
    let told = Settings::load_from(None, &set).unwrap_err().to_string();
    for expected in [
        "MOTCUA__LINK__KEEPALIVE_SECONDS: link.keepalive_seconds: -5 is below 0; \
         a value that works: 20",
        "works: MOTCUA__WEB__LISTEN, or unset this variable",
        "MOTCUA__FOO: foo: no such setting; a value that works: unset this variable",
    ] {
        assert!(told.contains(expected), "{expected} is not in:\n{told}");
    }
}

#[test]
fn a_device_at_a_counter_that_is_none_is_a_mistake() {
    let told = problems_of(
        "[[device]]\nid = \"sign-1\"\ndriver = \"led_alpha\"\ncounter = 1\n\
         [[device]]\nid = \"sign-2\"\ndriver = \"led_alpha\"\ncounter = 99\n",
    );
    assert!(told.contains("device[2].counter: there is no counter 99"), "{told}");
    assert!(!told.contains("device[1]"), "{told}");
}

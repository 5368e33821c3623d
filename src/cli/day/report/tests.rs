use super::*;

#[test]
fn a_number_held_twice_is_counted_once() {
    assert_eq!(duplicates(["A001", "A002", "A001", "A001"].into_iter()), 1);
    assert_eq!(duplicates(["A001", "A002"].into_iter()), 0);
}

/// A day on which everything went as it must.
fn good_day() -> Report {
    Report {
        seed: 1,
        tickets_issued: 240,
        tickets_lost: 0,
        duplicate_numbers: 0,
        double_calls: 0,
        dossiers_received: 80,
        dossiers_lost: 0,
        duplicate_codes: 0,
        dossiers_returned: 10,
        ratings: 60,
        ratings_lost: 0,
        counts_different: Vec::new(),
        blobs_at_hub: 80,
        blobs_missing: 0,
        entries_written: 2000,
        entries_at_hub: 2000,
        entries_missing: 0,
        entries_doubled: 0,
        rows_different: 0,
        rows_compared: 400,
        chain_ok: true,
        restarts: 3,
        outages: 2,
        call_to_led_ms_p50: 8.0,
        call_to_led_ms_p99: 30.0,
        calls_for_sign: 230,
        calls_on_sign: 230,
        signs_back: true,
        papers_printed: 321,
        paper_out: 1,
        unplugged: 1,
        refused: Vec::new(),
    }
}

#[test]
fn a_day_with_one_figure_wrong_does_not_pass() {
    assert_eq!(good_day().failures(), Vec::<String>::new());
    let wrongs: [fn(&mut Report); 12] = [
        |day| day.counts_different.push("ticket: 240 answered, 241 at the node".into()),
        |day| day.duplicate_codes = 1,
        |day| day.dossiers_returned = 0,
        |day| day.calls_on_sign = 229,
        |day| day.calls_for_sign = 0,
        |day| day.signs_back = false,
        |day| day.papers_printed = 319,
        |day| day.paper_out = 0,
        |day| day.unplugged = 0,
        |day| day.entries_doubled = 1,
        |day| day.refused.push("POST tickets: 409".into()),
        |day| day.chain_ok = false,
    ];
    for (index, wrong) in wrongs.iter().enumerate() {
        let mut day = good_day();
        wrong(&mut day);
        assert!(!day.failures().is_empty(), "wrong figure {index} passed");
    }
}

fn call(counter: u16, label: &str, pressed_at_us: i64) -> Called {
    Called {
        ticket: label.to_owned(),
        label: label.to_owned(),
        counter,
        pressed_at_us,
        answered_at_us: pressed_at_us + 5,
    }
}

fn shown(counter: u16, text: &str, at_us: i64) -> SignSeen {
    SignSeen { counter, text: text.to_owned(), at_us }
}

#[test]
fn a_call_that_no_sign_showed_is_missed_unless_the_sign_had_no_plug() {
    let called = [call(1, "A001", 100), call(1, "A002", 205), call(2, "A003", 210)];
    let signs = [shown(1, "A001", 120), shown(1, "A009", 310)];
    let dark = Unplugged { counter: 1, from_us: 200, to_us: 300 };
    let seen = on_signs(&called, &signs, &[dark]);
    assert_eq!(seen, OnSigns { calls: 2, latencies_us: vec![20], all_back: true });
    let never = Unplugged { counter: 1, from_us: 200, to_us: 400 };
    assert!(!on_signs(&called, &signs, &[never]).all_back);
}

#[test]
fn a_call_that_was_on_its_way_when_the_plug_was_pulled_may_have_been_cut_off() {
    let pulled = 10_000_000;
    let dark = Unplugged { counter: 1, from_us: pulled, to_us: pulled + 100 };
    let called = [
        call(1, "A001", pulled - 2 * ON_ITS_WAY_US),
        call(1, "A002", pulled - 40_000),
        call(1, "A003", pulled - 30_000),
        call(2, "B001", pulled - 40_000),
    ];
    let seen = on_signs(&called, &[shown(1, "A003", pulled - 1)], &[dark]);
    assert_eq!(seen.calls, 3, "A001 and B001 are missed, A003 was seen");
    assert_eq!(seen.latencies_us, [29_999]);
}

#[test]
fn the_time_without_a_plug_ends_with_the_first_thing_shown_after_it() {
    let dark = Unplugged { counter: 1, from_us: 200, to_us: 300 };
    let called = [call(1, "A001", 305), call(1, "A002", 311)];
    let seen = on_signs(&called, &[shown(1, "A001", 310)], &[dark]);
    assert_eq!((seen.calls, seen.latencies_us.len()), (1, 0), "A002 was never shown");
}

#[test]
fn one_row_too_many_is_a_difference_as_one_too_few() {
    let books = |count: usize| Books {
        rows: (0..count)
            .map(|id| (("ticket".to_owned(), id.to_string()), (1, String::new())))
            .collect(),
    };
    assert_eq!(different("ticket", 2, &books(2), &books(2)), None);
    for (node, hub) in [(3, 3), (3, 2), (2, 1), (1, 1)] {
        assert!(different("ticket", 2, &books(node), &books(hub)).is_some());
    }
}

#[test]
fn percentiles_are_taken_from_the_sorted_list() {
    let sorted: Vec<i64> = (1..=100).map(|ms| ms * 1000).collect();
    assert!((percentile(&sorted, 50) - 50.0).abs() < f64::EPSILON);
    assert!((percentile(&sorted, 99) - 99.0).abs() < f64::EPSILON);
    assert!(percentile(&[], 99).abs() < f64::EPSILON);
}

#[test]
fn a_row_that_differs_or_is_missing_is_a_difference() {
    let row = |sha: &str| (1, sha.to_owned());
    let books = |rows: &[(&str, &str)]| Books {
        rows: rows
            .iter()
            .map(|(id, sha)| (("ticket".to_owned(), (*id).to_owned()), row(sha)))
            .collect(),
    };
    let one = books(&[("a", "1"), ("b", "2")]);
    assert_eq!(one.differences(&books(&[("a", "1"), ("b", "2")])), 0);
    assert_eq!(one.differences(&books(&[("a", "1"), ("b", "3"), ("c", "4")])), 2);
}

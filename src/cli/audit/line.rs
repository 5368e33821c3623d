//! One line of the audit: a change in the words of the counters, from the state before it and the one after.

use crate::text;
use domain::ids::OfficerId;
use domain::queue::{Class, Counter, CounterState, QueueSettings, Ticket, TicketState};
use domain::sheet::Cell;
use domain::split::Journaled;
use domain::time::local;
use journal::hex;
use std::collections::HashMap;
use store::audit::Audited;

/// The columns.
pub(super) const HEAD: [&str; 14] = [
    "Mục",
    "Lúc",
    "Ai",
    "Thiết bị",
    "Loại",
    "Số",
    "Việc",
    "Quầy",
    "Cán bộ ở quầy",
    "Đối tượng",
    "Căn cứ ưu tiên",
    "Lý do gọi",
    "Lý do đã ghi",
    "Mã băm của mục",
];
/// Instead of a ground or a reason whose key is gone.
pub(super) const DESTROYED: &str = "(khóa đã hủy)";

/// What a line says beside who, when and where.
#[derive(Default)]
struct Told {
    label: String,
    step: &'static str,
    counter: String,
    officer: String,
    class: &'static str,
    ground: String,
    why: String,
    said: String,
}

/// The cells of a change. `before`: the tickets as the lines so far left them.
pub(super) fn row(
    change: &Audited,
    before: &mut HashMap<String, Ticket>,
    queue: &QueueSettings,
) -> Vec<Cell> {
    let told = match change.kind.as_str() {
        Ticket::KIND => {
            let private = change.private.clone().unwrap_or_default();
            Ticket::join(change.public.clone(), private).ok().map(|ticket| {
                let told = of_ticket(before.get(&change.subject), &ticket, change, queue);
                before.insert(change.subject.clone(), ticket);
                told
            })
        }
        Counter::KIND => {
            let counter = serde_json::from_value(change.public.clone()).ok();
            counter.map(|counter| of_counter(&counter))
        }
        _ => None,
    };
    // Of another kind, or of a later release: the line says at least that something was written.
    let told = told.unwrap_or_else(|| Told {
        label: change.subject.clone(),
        step: "ghi",
        ..Told::default()
    });
    let Told { label, step, counter, officer, class, ground, why, said } = told;
    vec![
        Cell::Text(change.seq.to_string()),
        Cell::text(local(change.at).strftime("%Y-%m-%d %H:%M:%S").to_string()),
        Cell::text(change.actor.as_str()),
        Cell::text(change.device.as_str()),
        Cell::text(change.kind.as_str()),
        Cell::Text(label),
        Cell::text(step),
        Cell::Text(counter),
        Cell::Text(officer),
        Cell::text(class),
        Cell::Text(ground),
        Cell::Text(why),
        Cell::Text(said),
        Cell::Text(hex::encode(&change.hash)),
    ]
}

fn of_ticket(
    before: Option<&Ticket>,
    ticket: &Ticket,
    change: &Audited,
    queue: &QueueSettings,
) -> Told {
    let destroyed = change.private.is_none();
    let ground = match &ticket.priority_ground {
        Some(code) => {
            let known = queue.grounds.iter().find(|ground| ground.code == *code);
            known.map_or_else(|| code.clone(), |ground| ground.name_vi.clone())
        }
        None if destroyed && ticket.class == Class::Priority => DESTROYED.to_owned(),
        None => String::new(),
    };
    let mut said: Vec<&str> = [&ticket.reason, &ticket.outside_hours]
        .into_iter()
        .filter_map(|said| said.as_deref())
        .collect();
    // Nothing else of a regular number is sealed: there was a reason. Of a priority one nobody knows.
    if destroyed && ticket.class == Class::Regular {
        said.push(DESTROYED);
    }
    let step = step(before, ticket);
    let reason = ticket.call_reason.as_ref().filter(|_| [CALLED, WENT_ON].contains(&step));
    Told {
        label: ticket.label.clone(),
        step,
        counter: ticket.counter.map(|number| number.to_string()).unwrap_or_default(),
        officer: officer_of(ticket.officer.as_ref()),
        class: if ticket.class == Class::Priority { "ưu tiên" } else { "thường" },
        ground,
        why: reason.map(|why| text::call_sentence(&ticket.label, why).vi).unwrap_or_default(),
        said: said.join("; "),
    }
}

fn officer_of(officer: Option<&OfficerId>) -> String {
    officer.map(|id| id.as_str().to_owned()).unwrap_or_default()
}

const CALLED: &str = "gọi";
const WENT_ON: &str = "làm tiếp việc sau tại quầy";

/// What happened to a ticket between two of its states; from the later one alone where the earlier one was
/// written before the first day.
fn step(before: Option<&Ticket>, after: &Ticket) -> &'static str {
    let was = before.map(|before| before.state);
    let recalled = before.is_some_and(|before| before.recall_count < after.recall_count);
    if after.closed_at_day_end {
        return "hết ngày tự đóng";
    }
    if before.is_some_and(|before| before.carried_to != after.carried_to) {
        return "chuyển sang ngày sau";
    }
    match (was, after.state) {
        (None, TicketState::Waiting) if after.rev == 1 => "cấp số",
        (Some(TicketState::Called), TicketState::Called) if recalled => "gọi lại",
        (Some(TicketState::Serving), TicketState::Serving)
            if before.is_some_and(|before| before.service != after.service) =>
        {
            WENT_ON
        }
        (Some(was), now) if was == now => {
            if before.is_some_and(|before| before.printed != after.printed) {
                "ghi việc in phiếu"
            } else {
                "sửa"
            }
        }
        (_, TicketState::Called) => CALLED,
        (Some(TicketState::OnHold), TicketState::Serving) => "trở lại quầy sau tạm hoãn",
        (_, TicketState::Serving) => "bắt đầu phục vụ",
        (_, TicketState::OnHold) => "tạm hoãn",
        (Some(TicketState::NoShow), TicketState::Waiting) => "trở lại hàng chờ",
        (_, TicketState::Waiting) => "chuyển",
        (_, TicketState::Completed) => "hoàn thành",
        (_, TicketState::NoShow) => "vắng mặt",
        (_, TicketState::Cancelled) => "hủy",
    }
}

fn of_counter(counter: &Counter) -> Told {
    Told {
        step: match counter.state {
            CounterState::Open => "quầy đang mở",
            CounterState::Paused => "quầy tạm dừng",
            CounterState::Closed if counter.closed_at_day_end => "hết ngày tự đóng",
            CounterState::Closed => "quầy đóng",
        },
        counter: counter.number.to_string(),
        officer: officer_of(counter.officer.as_ref()),
        ..Told::default()
    }
}

//! What requests are answered with: the desks' records as pages see them. Times are UTC.
//!
//! A page gets what its work needs: the ground of a priority goes to officers only, and nothing here
//! names a citizen on a screen of the hall.

use super::words;
use crate::actors::OfficerNames;
use crate::text::{self, Sentence};
use domain::queue::{
    CallEnd, CallReason, Counter, CounterCall, PastCall, Resting, Service, Ticket,
};
use domain::refusal::Refusal;
use jiff::civil;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use web::Caller;

/// A ticket.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TicketView {
    /// Id, unique in the province.
    pub id: Uuid,
    /// The number on the paper, as `A012`.
    pub label: String,
    /// Business day, `yyyy-mm-dd`.
    pub business_day: String,
    /// Code of the service group.
    pub service: String,
    /// Codes of the service groups still to visit after it, in their order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub next_services: Vec<String>,
    /// `regular` or `priority`.
    #[schema(value_type = words::TicketClass)]
    pub class: String,
    /// Code of the ground of priority; for officers only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority_ground: Option<String>,
    /// `waiting`, `called`, `serving`, `on_hold`, `completed`, `no_show`, `cancelled`.
    #[schema(value_type = words::TicketState)]
    pub state: String,
    /// When it was issued.
    pub issued_at: String,
    /// Its place in the queue is by this time.
    pub queued_at: String,
    /// When it was called last.
    pub called_at: Option<String>,
    /// When serving began.
    pub begun_at: Option<String>,
    /// When it was finished.
    pub finished_at: Option<String>,
    /// The counter it is or was called to.
    pub counter: Option<u16>,
    /// The counter that a transfer keeps it for; the others pass it over while that one is not closed.
    pub for_counter: Option<u16>,
    /// The counter to which it comes back once it is served elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub return_to: Option<u16>,
    /// It came back to the counter that it waits for, from this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub returned_from: Option<u16>,
    /// How often it was called again.
    pub recall_count: u32,
    /// Whether the right to come back was used.
    pub return_used: bool,
    /// The day into whose queue it was carried over, `yyyy-mm-dd`.
    pub carried_to: Option<String>,
    /// `pending`, `printed`, `failed`, `not_asked`.
    #[schema(value_type = words::PaperState)]
    pub printed: String,
    /// Why it was called when it was.
    pub call_reason: Option<ReasonView>,
    /// Counts every change.
    pub rev: u64,
}

/// Why a number was called.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReasonView {
    /// The policy in force.
    pub policy: String,
    /// The line of it that decided.
    #[schema(value_type = words::CallRule)]
    pub rule: String,
    /// The number that was passed over.
    pub over: Option<String>,
    /// The called number's wait. Seconds.
    pub waited_s: i64,
    /// The longest wait of a regular citizen at that moment. Seconds.
    pub oldest_regular_wait_s: Option<i64>,
    /// From this wait on, classes are called in turn. Seconds.
    pub threshold_s: i64,
    /// In Vietnamese.
    pub sentence: String,
    /// In English.
    pub sentence_en: String,
}

/// A call of one counter.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CallView {
    /// The ticket as it is now, wherever that is.
    pub ticket: TicketView,
    /// When this counter called it.
    pub called_at: String,
    /// Why this counter called it.
    pub reason: Option<ReasonView>,
    /// How the call ended, when the ticket went back into the queue.
    pub ended: Option<CallEndView>,
}

/// How a ticket went on from a counter.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CallEndView {
    /// `to_counter`, `to_service`, `came_back`: missed, and put back into the queue, `carried_over` to the
    /// next day's queue; or served there, and then `to_next`: waits for its next service group, `went_on`:
    /// the same counter served that at once, `returned_to`: came back to the counter that had passed it on.
    #[schema(value_type = words::CallEnd)]
    pub end: String,
    /// When.
    pub at: String,
    /// The counter that it was passed on to, or came back to.
    pub counter: Option<u16>,
    /// The service group that it was passed on to, or went on with.
    pub service: Option<String>,
}

/// A counter.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CounterView {
    /// Number on the sign.
    pub number: u16,
    /// Name.
    pub name: String,
    /// Codes of the service groups that it calls for.
    pub services: Vec<String>,
    /// Codes of those of its plan that it leaves out, because its officer may not serve them.
    pub withheld: Vec<String>,
    /// `closed`, `open`, `paused`.
    #[schema(value_type = words::CounterState)]
    pub state: String,
    /// Why it is paused.
    #[schema(value_type = Option<words::PauseReason>)]
    pub pause_reason: Option<String>,
    /// Id of the officer who opened it.
    pub officer: Option<String>,
    /// How that officer is called; nothing where the account has no name.
    pub officer_name: Option<String>,
    /// The ticket called or served there.
    pub current: Option<Uuid>,
    /// Counts every change.
    pub rev: u64,
}

/// A service group with its load.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ServiceView {
    /// Code.
    pub code: String,
    /// Name in Vietnamese.
    pub name_vi: String,
    /// Name in English.
    pub name_en: String,
    /// The letter of its numbers.
    pub series: String,
    /// Waiting in the regular class.
    pub waiting_regular: usize,
    /// Waiting in the priority class.
    pub waiting_priority: usize,
    /// Minutes within which a regular citizen should be called.
    pub promise_regular_min: u32,
    /// Minutes within which a priority citizen should be called.
    pub promise_priority_min: u32,
    /// Until when a regular number is given as the queue stands, `HH:MM` in Vietnam; nothing while that
    /// is far off.
    pub come_by: Option<String>,
    /// Why no regular number is given now; nothing while one is.
    pub closed: Option<ClosedView>,
    /// Until when a number with priority is given, by the rule of calls in force, `HH:MM` in Vietnam;
    /// nothing while that is far off.
    pub priority_come_by: Option<String>,
    /// Why no number with priority is given now; nothing while one is.
    pub priority_closed: Option<ClosedView>,
    /// That the center is closed while its numbers are given all the same, and from when on they are
    /// called; nothing while it works, or gives none.
    pub called_from: Option<ClosedView>,
}

/// Why a service group gives no number now, or why nobody calls those that are given.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ClosedView {
    /// `queue.outside_hours`, `queue.hours_over`, `queue.not_served_today`, `queue.closed_today` or
    /// `queue.holiday`; of numbers that nobody calls yet `queue.resting_until_later`,
    /// `queue.resting_until_day` or `queue.resting_for_today`.
    pub code: String,
    /// In Vietnamese.
    pub sentence: String,
    /// In English.
    pub sentence_en: String,
}

/// The name that serde gives to a value of a plain enum.
pub fn word<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

impl ReasonView {
    /// A reason with its sentences.
    #[must_use]
    pub fn new(label: &str, reason: &CallReason) -> Self {
        let Sentence { vi, en } = text::call_sentence(label, reason);
        Self {
            policy: word(&reason.policy),
            rule: word(&reason.rule),
            over: reason.over.clone(),
            waited_s: reason.waited_s,
            oldest_regular_wait_s: reason.oldest_regular_wait_s,
            threshold_s: reason.threshold_s,
            sentence: vi,
            sentence_en: en,
        }
    }
}

impl TicketView {
    /// For officers.
    #[must_use]
    pub fn full(ticket: &Ticket) -> Self {
        let time = |at: &Option<jiff::Timestamp>| at.as_ref().map(ToString::to_string);
        Self {
            id: ticket.id,
            label: ticket.label.clone(),
            business_day: ticket.business_day.to_string(),
            service: ticket.service.to_string(),
            next_services: ticket.next_services.iter().map(ToString::to_string).collect(),
            class: word(&ticket.class),
            priority_ground: ticket.priority_ground.clone(),
            state: ticket.state.as_str().to_owned(),
            issued_at: ticket.issued_at.to_string(),
            queued_at: ticket.queued_at.to_string(),
            called_at: time(&ticket.called_at),
            begun_at: time(&ticket.begun_at),
            finished_at: time(&ticket.finished_at),
            counter: ticket.counter.map(|counter| counter.0),
            for_counter: ticket.for_counter.map(|counter| counter.0),
            return_to: ticket.return_to.as_ref().map(|back| back.counter.0),
            returned_from: ticket.returned_from.map(|counter| counter.0),
            recall_count: u32::from(ticket.recall_count),
            return_used: ticket.return_used,
            carried_to: ticket.carried_to.map(|day| day.to_string()),
            printed: word(&ticket.printed),
            call_reason: ticket
                .call_reason
                .as_ref()
                .map(|reason| ReasonView::new(&ticket.label, reason)),
            rev: ticket.rev,
        }
    }

    /// As this caller may see it.
    #[must_use]
    pub fn seen_by(caller: &Caller, ticket: &Ticket) -> Self {
        match caller {
            Caller::Officer(_) => Self::full(ticket),
            Caller::Device(_) => Self::without_ground(ticket),
        }
    }

    /// For a kiosk or another system: without the ground of priority.
    #[must_use]
    pub fn without_ground(ticket: &Ticket) -> Self {
        Self { priority_ground: None, ..Self::full(ticket) }
    }
}

impl From<&CounterCall<'_>> for CallView {
    fn from(call: &CounterCall<'_>) -> Self {
        let label = &call.ticket.label;
        Self {
            ticket: TicketView::full(call.ticket),
            called_at: call.called_at.to_string(),
            reason: call.reason().map(|reason| ReasonView::new(label, reason)),
            ended: call.past.map(CallEndView::from),
        }
    }
}

impl From<&PastCall> for CallEndView {
    fn from(past: &PastCall) -> Self {
        let (end, counter, service) = match &past.end {
            CallEnd::ToCounter(number) => ("to_counter", Some(number.0), None),
            CallEnd::ToService(code) => ("to_service", None, Some(code.to_string())),
            CallEnd::CameBack => ("came_back", None, None),
            CallEnd::CarriedOver => ("carried_over", None, None),
            CallEnd::ToNext(code) => ("to_next", None, Some(code.to_string())),
            CallEnd::WentOn(code) => ("went_on", None, Some(code.to_string())),
            CallEnd::ReturnedTo(number) => ("returned_to", Some(number.0), None),
        };
        Self { end: end.to_owned(), at: past.ended_at.to_string(), counter, service }
    }
}

impl CounterView {
    /// A counter with the name of its officer.
    #[must_use]
    pub fn new(counter: &Counter, officers: &OfficerNames) -> Self {
        let name = counter.officer.as_ref().and_then(|officer| officers.of_officer(officer));
        Self {
            number: counter.number.0,
            name: counter.name.clone(),
            services: counter.services.iter().map(ToString::to_string).collect(),
            withheld: counter.withheld.iter().map(ToString::to_string).collect(),
            state: word(&counter.state),
            pause_reason: counter.pause_reason.as_ref().map(word),
            officer: counter.officer.as_ref().map(ToString::to_string),
            officer_name: name.map(str::to_owned),
            current: counter.current,
            rev: counter.rev,
        }
    }
}

impl ServiceView {
    /// A service group with how many wait.
    #[must_use]
    pub fn new(service: &Service, waiting_regular: usize, waiting_priority: usize) -> Self {
        Self {
            code: service.code.to_string(),
            name_vi: service.name_vi.clone(),
            name_en: service.name_en.clone(),
            series: service.series.to_string(),
            waiting_regular,
            waiting_priority,
            promise_regular_min: service.promise_regular_min,
            promise_priority_min: service.promise_priority_min,
            come_by: None,
            closed: None,
            priority_come_by: None,
            priority_closed: None,
            called_from: None,
        }
    }

    /// The same with what the opening hours say of each class.
    #[must_use]
    pub fn with_hours(
        self,
        regular: &Result<Option<civil::Time>, Refusal>,
        priority: &Result<Option<civil::Time>, Refusal>,
    ) -> Self {
        let (come_by, closed) = of_hours(regular);
        let (priority_come_by, priority_closed) = of_hours(priority);
        Self { come_by, closed, priority_come_by, priority_closed, ..self }
    }
}

impl From<&Resting> for ClosedView {
    fn from(resting: &Resting) -> Self {
        let (code, opens, day) = match resting {
            Resting::UntilLater { opens } => ("queue.resting_until_later", opens, None),
            Resting::UntilDay { opens, day } => ("queue.resting_until_day", opens, *day),
            Resting::ForToday { opens, day } => ("queue.resting_for_today", opens, *day),
        };
        let details = serde_json::json!({ "opens": opens, "day": day });
        let Sentence { vi, en } = text::sentence(code, &details);
        Self { code: code.to_owned(), sentence: vi, sentence_en: en }
    }
}

/// Until when numbers are given, or why none is.
fn of_hours(hours: &Result<Option<civil::Time>, Refusal>) -> (Option<String>, Option<ClosedView>) {
    match hours {
        Ok(until) => (until.map(|until| until.strftime("%H:%M").to_string()), None),
        Err(refusal) => {
            let Sentence { vi, en } = text::sentence(refusal.code(), &refusal.details());
            let code = refusal.code().to_owned();
            (None, Some(ClosedView { code, sentence: vi, sentence_en: en }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actors::origin::Origin;
    use crate::actors::queue_desk::Issuing;
    use crate::actors::testing::{Center, issuing, queue_settings};
    use web::{Device, DeviceRole, Officer, Role};

    #[test]
    fn each_class_has_its_own_last_time_and_its_own_reason() {
        let service = &queue_settings().services[0];
        let until = Ok(Some(civil::time(16, 54, 0, 0)));
        let closed = Err(Refusal::OutsideHours { from: "13:15".to_owned() });
        let view = ServiceView::new(service, 3, 0).with_hours(&closed, &until);
        assert_eq!((view.come_by, view.priority_come_by.as_deref()), (None, Some("16:54")));
        let why = view.closed.unwrap();
        assert_eq!(why.code, "queue.outside_hours");
        assert!(why.sentence.contains("13:15") && why.sentence_en.contains("13:15"));
        assert!(view.priority_closed.is_none());
    }

    #[test]
    fn a_center_that_rests_says_so_and_from_when_on_numbers_are_called() {
        let (opens, day) = ("07:30".to_owned(), Some(civil::date(2026, 11, 30)));
        let told = |resting: Resting| {
            let ClosedView { code, sentence, sentence_en } = ClosedView::from(&resting);
            assert!(text::has(&code) && !sentence.contains('…') && !sentence_en.contains('…'));
            sentence
        };
        let later = told(Resting::UntilLater { opens: opens.clone() });
        assert_eq!(later, "Trung tâm đang nghỉ. Số lấy bây giờ được gọi từ 07:30.");
        let carried = told(Resting::UntilDay { opens: opens.clone(), day });
        assert!(carried.ends_with("được gọi từ 07:30 thứ Hai 30/11."), "{carried}");
        let over = told(Resting::ForToday { opens, day: None });
        assert!(over.contains("mở lại lúc 07:30 ngày làm việc tiếp theo"), "{over}");
    }

    #[actix_rt::test]
    async fn the_ground_of_a_priority_is_for_officers_only() {
        let center = Center::start().await;
        let ground = queue_settings().grounds[0].code.clone();
        let wanted = Issuing { priority_ground: Some(ground.clone()), ..issuing() };
        let issued = center.queue.issue(Origin::device("kiosk-1"), wanted).await.unwrap();
        let ticket = issued.ticket.unwrap();
        let officer = Officer { id: "lan".into(), name: "Lan".into(), role: Role::Officer };
        let seen = |caller| TicketView::seen_by(&caller, &ticket).priority_ground;
        assert_eq!(seen(Caller::Officer(officer)), Some(ground));
        for role in [DeviceRole::Kiosk, DeviceRole::Load] {
            let device = Device { id: "device".into(), role, counter: None };
            assert_eq!(seen(Caller::Device(device)), None);
        }
    }
}

//! Every "no" of the rules. A refusal has a stable code that support can search for, a kind that the
//! edge turns into a status, and the facts a sentence needs. The sentences stand in the root's `text`.

use serde::Serialize;
use serde_json::Value;

use crate::ids::{CounterNumber, NodeId, OfficerId};

/// What sort of "no": the edge maps it to a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// The request cannot be read as what it should be.
    BadInput,
    /// It names something that is not there.
    NotFound,
    /// A rule of the center says no at this moment.
    Rule,
}

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident $({ $($(#[$field_doc:meta])* $field:ident: $type:ty),* $(,)? })? = $kind:ident $code:literal;)*) => {
        /// A refusal with its facts.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
        #[serde(tag = "code", content = "details")]
        pub enum Refusal {
            $($(#[$doc])* #[serde(rename = $code)] $name $({ $($(#[$field_doc])* $field: $type),* })?,)*
        }

        impl Refusal {
            /// Every code, so that a test can find one without a sentence.
            pub const CODES: &'static [&'static str] = &[$($code),*];

            /// The stable code.
            pub fn code(&self) -> &'static str {
                match self { $(Self::$name { .. } => $code,)* }
            }

            /// What sort of "no" this is.
            pub fn kind(&self) -> RefusalKind {
                match self { $(Self::$name { .. } => RefusalKind::$kind,)* }
            }
        }
    };
}

refusals! {
    /// The queue in memory is of another business day; reload it with `Queue::for_day`.
    WrongDay {
        /// The day in memory.
        day: jiff::civil::Date
    } = Rule "queue.wrong_day";
    /// No such service group here.
    UnknownService {
        /// What was asked for.
        service: String
    } = NotFound "queue.unknown_service";
    /// No counter serves this service group.
    ServiceNotServed {
        /// The service group.
        service: String
    } = Rule "queue.service_not_served";
    /// All numbers of the series are given out for today.
    SeriesFull {
        /// The letter.
        series: char,
        /// The last number of the band.
        number_to: u32
    } = Rule "queue.series_full";
    /// This kiosk has given out as many numbers of the series today as one kiosk may.
    KioskShareUsed {
        /// The letter.
        series: char,
        /// So many.
        share: u32
    } = Rule "queue.kiosk_share_used";
    /// The center does not give numbers yet, or not during its break.
    OutsideHours {
        /// From when on numbers are given, `HH:MM` in Vietnam.
        from: String
    } = Rule "queue.outside_hours";
    /// The center is closed on this weekday.
    ClosedToday {
        /// When numbers are given on the next working day, `HH:MM` in Vietnam.
        from: String,
        /// When the center opens on that day, `HH:MM` in Vietnam.
        opens: String,
        /// That day; nothing where it is not known.
        day: Option<jiff::civil::Date>
    } = Rule "queue.closed_today";
    /// The center is closed because today is a day off.
    Holiday {
        /// The name of the day in Vietnamese.
        name_vi: String,
        /// The name of the day in English.
        name_en: String,
        /// When numbers are given on the next working day, `HH:MM` in Vietnam.
        from: String,
        /// When the center opens on that day, `HH:MM` in Vietnam.
        opens: String,
        /// That day; nothing where it is not known.
        day: Option<jiff::civil::Date>
    } = Rule "queue.holiday";
    /// Numbers are given no more today.
    HoursOver {
        /// Until when they were given, `HH:MM` in Vietnam.
        until: String,
        /// When they are given on the next working day, `HH:MM` in Vietnam.
        from: String,
        /// When the center opens on that day, `HH:MM` in Vietnam.
        opens: String,
        /// That day; nothing where it is not known.
        day: Option<jiff::civil::Date>
    } = Rule "queue.hours_over";
    /// Who came now would not be served any more before the center closes.
    NotServedToday {
        /// How many are called before.
        waiting: u64,
        /// When the center closes, `HH:MM` in Vietnam.
        until: String,
        /// When numbers are given on the next working day, `HH:MM` in Vietnam.
        from: String,
        /// When the center opens on that day, `HH:MM` in Vietnam.
        opens: String,
        /// That day; nothing where it is not known.
        day: Option<jiff::civil::Date>
    } = Rule "queue.not_served_today";
    /// Not one of the configured grounds of priority.
    UnknownPriorityGround {
        /// What was asked for.
        ground: String
    } = BadInput "queue.unknown_priority_ground";
    /// A ticket with this id exists already with other contents.
    TicketExists = Rule "queue.ticket_exists";
    /// Not one of the policies of calling.
    UnknownPolicy {
        /// What was asked for.
        policy: String
    } = BadInput "queue.unknown_policy";
    /// A number of a policy, or of its replay, lies outside its bounds.
    PolicyParameter {
        /// Which number, as the settings name it.
        parameter: &'static str,
        /// What was asked for.
        value: i64,
        /// The least that works.
        least: i64,
        /// The most that works.
        most: i64
    } = BadInput "queue.policy_parameter";
    /// A policy is chosen without saying why.
    PolicyReason = BadInput "queue.policy_reason";
    /// The policy that is wanted is in force already.
    PolicyInForce = Rule "queue.policy_in_force";
    /// Somebody else chose a policy since the page was read.
    PolicyChosenMeanwhile = Rule "queue.policy_chosen_meanwhile";
    /// A replay of the last days runs; there is one at a time.
    ReplayRuns = Rule "queue.replay_runs";
    /// An officer is to serve no group at all.
    NoSkills = BadInput "queue.no_skills";
    /// No account here has this id.
    UnknownOfficer {
        /// What was asked for.
        officer: String
    } = NotFound "queue.unknown_officer";
    /// No such ticket today.
    UnknownTicket = NotFound "queue.unknown_ticket";
    /// No such counter here.
    UnknownCounter {
        /// The number asked for.
        counter: CounterNumber
    } = NotFound "queue.unknown_counter";
    /// The counter is paused or closed.
    CounterNotOpen {
        /// Which counter.
        counter: CounterNumber
    } = Rule "queue.counter_not_open";
    /// The counter is closed, so nothing can be sent to it.
    TargetClosed {
        /// Which counter.
        counter: CounterNumber
    } = Rule "queue.target_closed";
    /// Another officer has the counter open.
    CounterTaken {
        /// Which counter.
        counter: CounterNumber,
        /// Its name on the sign.
        counter_name: String,
        /// The account of who has it. No word for people: those know each other by name.
        officer: OfficerId
    } = Rule "queue.counter_taken";
    /// The counter still has an unfinished ticket.
    CounterBusy {
        /// Which counter.
        counter: CounterNumber,
        /// The unfinished ticket.
        label: String
    } = Rule "queue.counter_busy";
    /// Tickets are on hold at the counter, so it cannot close.
    CounterHasHeld {
        /// Which counter.
        counter: CounterNumber,
        /// The tickets on hold.
        labels: Vec<String>
    } = Rule "queue.counter_has_held";
    /// Nobody waits whom this counter may serve.
    NobodyWaiting {
        /// Which counter.
        counter: CounterNumber
    } = Rule "queue.nobody_waiting";
    /// The counter has no current ticket.
    NoCurrentTicket {
        /// Which counter.
        counter: CounterNumber
    } = Rule "queue.no_current_ticket";
    /// The ticket is not in the state "called".
    TicketNotCalled {
        /// The ticket.
        label: String
    } = Rule "queue.ticket_not_called";
    /// The ticket is not in the state "serving".
    TicketNotServing {
        /// The ticket.
        label: String
    } = Rule "queue.ticket_not_serving";
    /// The ticket is not on hold at this counter.
    TicketNotHeldHere {
        /// The ticket.
        label: String,
        /// Where it is on hold, if it is.
        counter: Option<CounterNumber>
    } = Rule "queue.ticket_not_held_here";
    /// The ticket is neither waiting nor on hold, so it cannot be cancelled.
    TicketNotCancellable {
        /// The ticket.
        label: String
    } = Rule "queue.ticket_not_cancellable";
    /// A kiosk gives back only the number that it gave last itself.
    NotLastOfKiosk {
        /// The ticket.
        label: String
    } = Rule "queue.not_last_of_kiosk";
    /// Too late to give the last number back at the kiosk.
    CancelLastOver {
        /// The ticket.
        label: String,
        /// So long it could be done. Seconds.
        within_s: i64
    } = Rule "queue.cancel_last_over";
    /// The ticket was not missed, so there is nothing to return from.
    TicketNotMissed {
        /// The ticket.
        label: String
    } = Rule "queue.ticket_not_missed";
    /// The right to return was used once already.
    ReturnUsed {
        /// The ticket.
        label: String
    } = Rule "queue.return_used";
    /// The ticket was recalled as often as the rule allows.
    RecallLimit {
        /// The ticket.
        label: String,
        /// How often it may be recalled.
        recall_max: u8
    } = Rule "queue.recall_limit";
    /// The last call is too short a time ago.
    RecallTooSoon {
        /// The ticket.
        label: String,
        /// Seconds until the next recall is allowed.
        wait_s: i64
    } = Rule "queue.recall_too_soon";
    /// A transfer to the counter where the ticket already is.
    SameCounter {
        /// Which counter.
        counter: CounterNumber
    } = Rule "queue.same_counter";
    /// More service groups than one ticket may have.
    TooManyServices {
        /// How many it may have.
        most: usize
    } = BadInput "queue.too_many_services";
    /// A service group that the ticket has already.
    ServiceTwice {
        /// The service group.
        service: String
    } = BadInput "queue.service_twice";
    /// The ticket has no next service group that this counter could go on with.
    NoNextHere {
        /// The ticket.
        label: String,
        /// Which counter.
        counter: CounterNumber
    } = Rule "queue.no_next_here";
    /// The ticket comes back to another counter already.
    ReturnPending {
        /// The ticket.
        label: String,
        /// The counter that expects it.
        counter: CounterNumber
    } = Rule "queue.return_pending";
    /// The counter expects as many tickets back as it may.
    TooManyReturns {
        /// Which counter.
        counter: CounterNumber,
        /// How many it may expect.
        most: usize
    } = Rule "queue.too_many_returns";
    /// No booking has this code here; one of the province's page may not have come over the line yet.
    UnknownBooking = NotFound "booking.unknown";
    /// The booking is for a later day.
    BookingNotToday {
        /// When, as people read it.
        from: String
    } = Rule "booking.not_today";
    /// The booking's time is over.
    BookingOver {
        /// Since when, as people read it.
        to: String
    } = Rule "booking.over";
    /// Somebody came by this booking already.
    BookingUsed {
        /// When, as people read it.
        at: String
    } = Rule "booking.used";
    /// The booking was given back.
    BookingCancelled = Rule "booking.cancelled";
    /// No time that can be booked begins then.
    BookingNoSuchTime = BadInput "booking.no_such_time";
    /// Further ahead than can be booked.
    BookingTooFar {
        /// So many days ahead it can be.
        days: u32
    } = Rule "booking.too_far";
    /// Every place of that time is taken.
    BookingSlotFull {
        /// The next free time of that day, as people read it.
        next: String
    } = Rule "booking.slot_full";
    /// Every further time of that day is taken.
    BookingDayFull = Rule "booking.day_full";
    /// Nobody works on that day.
    BookingDayOff = Rule "booking.day_off";
    /// A free text is longer than its limit or has control characters.
    BadText {
        /// Which field.
        field: &'static str,
        /// The limit in characters.
        length_max: usize
    } = BadInput "input.bad_text";
    /// Not in the catalogue, or not valid on that day.
    UnknownProcedure {
        /// The code asked for.
        procedure: String
    } = NotFound "dossier.unknown_procedure";
    /// The applicant's name is missing.
    ApplicantNameMissing = BadInput "dossier.applicant_name_missing";
    /// The birth date is none, or before 1900, or in the future.
    BadBirthDate = BadInput "dossier.bad_birth_date";
    /// The telephone number is none.
    BadPhone = BadInput "dossier.bad_phone";
    /// The number of the collector's card is neither nine digits nor twelve.
    BadCollectorNumber = BadInput "dossier.bad_collector_number";
    /// The counter has no printer of its own, and none is named for slips.
    NoSlipPrinter {
        /// Which counter.
        counter: CounterNumber
    } = Rule "dossier.no_slip_printer";
    /// The citizen number is not twelve digits.
    BadCitizenNumber = BadInput "dossier.bad_citizen_number";
    /// The checklist names a paper that the procedure does not have.
    UnknownComponent {
        /// Its number in the list.
        seq: u16
    } = BadInput "dossier.unknown_component";
    /// The checklist names a paper twice.
    ComponentTwice {
        /// Its number in the list.
        seq: u16
    } = BadInput "dossier.component_twice";
    /// Papers that every applicant has to bring are missing, and no note says why the dossier is
    /// received all the same.
    IncompleteWithoutReason {
        /// How many.
        missing: usize
    } = Rule "dossier.incomplete_without_reason";
    /// All dossier codes of the day are given out.
    SequenceFull {
        /// The last number of the band.
        sequence_to: u32
    } = Rule "dossier.sequence_full";
    /// The officer does not have this counter open.
    CounterNotYours {
        /// Which counter.
        counter: CounterNumber
    } = Rule "dossier.counter_not_yours";
    /// The ticket is neither the counter's current one nor on hold there.
    TicketNotHere {
        /// Which counter.
        counter: CounterNumber
    } = Rule "dossier.ticket_not_here";
    /// No such dossier here.
    UnknownDossier = NotFound "dossier.unknown";
    /// Another node holds the dossier.
    NotHolder {
        /// Who holds it.
        holder: NodeId
    } = Rule "dossier.not_holder";
    /// The dossier is between two nodes; nobody edits it now.
    InHandOver {
        /// The other side.
        other: NodeId
    } = Rule "dossier.in_hand_over";
    /// There is no hand-over to take back.
    NotHandingOver = Rule "dossier.not_handing_over";
    /// The hub has passed the dossier on: the other side alone decides now.
    TakeBackTooLate {
        /// Who decides.
        other: NodeId
    } = Rule "dossier.take_back_too_late";
    /// The box that should take the dossier is not enrolled with the hub.
    ReceiverNotEnrolled {
        /// Which box.
        to: NodeId
    } = Rule "dossier.receiver_not_enrolled";
    /// Nothing was offered to this node.
    NotOffered = Rule "dossier.not_offered";
    /// The dossier cannot be handed to the node that has it.
    HandOverToSelf = BadInput "dossier.hand_over_to_self";
    /// A decision or an offer older than what is known here.
    StaleTerm {
        /// The term known here.
        known: u64,
        /// The term that came.
        came: u64
    } = Rule "dossier.stale_term";
    /// The state does not allow this step.
    WrongState {
        /// The national state's number.
        state: u8
    } = Rule "dossier.wrong_state";
    /// The dossier has as many scans as it may have.
    TooManyScans {
        /// The limit.
        scans_max: usize
    } = Rule "dossier.too_many_scans";
    /// Not a kind of file that a scan may have.
    BadMediaType {
        /// What came.
        media_type: String
    } = BadInput "dossier.bad_media_type";
    /// Not the hexadecimal SHA-256 of a file.
    BadDigest = BadInput "dossier.bad_digest";
    /// The rating token is unknown or belongs to something else.
    UnknownToken = NotFound "rating.unknown_token";
    /// The rating token was used.
    TokenUsed = Rule "rating.token_used";
    /// The rating token's time is over.
    TokenExpired = Rule "rating.token_expired";
    /// Not one of the reasons offered.
    UnknownReason {
        /// What came.
        reason: String
    } = BadInput "rating.unknown_reason";
}

impl Refusal {
    /// The facts, as an object; empty when there are none.
    pub fn details(&self) -> Value {
        match serde_json::to_value(self) {
            Ok(Value::Object(mut map)) => {
                map.remove("details").unwrap_or_else(|| Value::Object(Default::default()))
            }
            _ => Value::Object(Default::default()),
        }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.code(), self.details())
    }
}

impl std::error::Error for Refusal {}

/// What is wrong in a request is told at this length, in characters; the rest is cut off.
const TOLD_LENGTH_MAX: usize = 40;

/// What came from outside, cut so that it may stand in an answer.
pub(crate) fn told(text: &str) -> String {
    text.chars().take(TOLD_LENGTH_MAX).collect()
}

/// Checks a short free text: no control characters, at most `length_max` characters after NFC.
pub(crate) fn short_text(
    field: &'static str,
    text: &str,
    length_max: usize,
) -> Result<String, Refusal> {
    let text = crate::text_fold::normalise(text.trim());
    if text.chars().count() > length_max || text.chars().any(|c| c.is_control() && c != '\n') {
        return Err(Refusal::BadText { field, length_max });
    }
    Ok(text)
}

/// The same for a name: nothing in it turns the direction of what stands beside it.
pub(crate) fn name_text(
    field: &'static str,
    text: &str,
    length_max: usize,
) -> Result<String, Refusal> {
    let text = short_text(field, text, length_max)?;
    if text.chars().any(crate::text_fold::turns_direction) {
        return Err(Refusal::BadText { field, length_max });
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_carries_its_code_and_its_facts() {
        let refusal = Refusal::SeriesFull { series: 'A', number_to: 999 };
        assert_eq!(refusal.code(), "queue.series_full");
        assert_eq!(refusal.details(), serde_json::json!({"series": "A", "number_to": 999}));
        assert_eq!(Refusal::UnknownTicket.details(), serde_json::json!({}));
        assert_eq!(Refusal::UnknownTicket.kind(), RefusalKind::NotFound);
    }

    #[test]
    fn no_two_refusals_share_a_code() {
        let mut codes = Refusal::CODES.to_vec();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Refusal::CODES.len());
    }
}

//! The words that stand for plain enums in requests and answers, for the description of the
//! interface: the browser side's types are generated from it, and a word that is mistyped there
//! must not compile. The values themselves are written by the domain; a test holds both together.

use std::borrow::Cow;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema, openapi::RefOr};

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident of $kind:ty: $($word:literal)|+;)*) => {
        $(
            $(#[$doc])*
            pub enum $name {}

            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    ObjectBuilder::new()
                        .schema_type(SchemaType::Type(Type::String))
                        .enum_values(Some([$($word),+]))
                        .into()
                }
            }

            impl ToSchema for $name {
                fn name() -> Cow<'static, str> {
                    Cow::Borrowed(stringify!($name))
                }
            }
        )*

        #[cfg(test)]
        fn unknown_words() -> Vec<String> {
            let mut unknown = Vec::new();
            $($(
                if serde_json::from_value::<$kind>($word.into()).is_err() {
                    unknown.push(format!("{} of {}", $word, stringify!($name)));
                }
            )+)*
            unknown
        }
    };
}

words! {
    /// Where a ticket stands.
    TicketState of domain::queue::TicketState:
        "waiting" | "called" | "serving" | "on_hold" | "completed" | "no_show" | "cancelled";
    /// What was booked.
    BookingKind of domain::queue::BookingKind: "appointment" | "remote";
    /// What became of a booking.
    BookingState of domain::queue::BookingState:
        "booked" | "too_late" | "arrived" | "missed" | "cancelled";
    /// Its class.
    TicketClass of domain::queue::Class: "regular" | "priority";
    /// Where its paper stands.
    PaperState of domain::queue::Printed: "pending" | "printed" | "failed" | "not_asked";
    /// Which line of the policy decided.
    CallRule of domain::queue::CallRule:
        "only_regular" | "only_priority" | "priority_first" | "regular_turn" | "priority_turn"
            | "priority_always" | "priority_share" | "regular_share" | "priority_aged"
            | "regular_aged" | "overtaken_enough" | "went_on";
    /// How the next number is chosen.
    CallPolicy of domain::queue::CallPolicy: "guard" | "strict" | "ratio" | "ageing";
    /// Where a replay of the policies stands.
    ReplayState of Word: "none" | "running" | "done" | "stopped" | "no_days" | "failed";
    /// Whether a counter is staffed.
    CounterState of domain::queue::CounterState: "closed" | "open" | "paused";
    /// Why it pauses.
    PauseReason of domain::queue::PauseReason:
        "short_break" | "meeting" | "equipment" | "paper_work" | "other";
    /// In what a time limit is counted.
    LimitUnit of domain::deadline::LimitUnit:
        "working_days" | "same_day" | "hours" | "calendar_days";
    /// How a dossier comes.
    Channel of domain::deadline::Channel: "direct" | "online" | "post";
    /// How its result goes.
    ResultChannel of domain::dossier::ResultChannel: "counter" | "online" | "post";
    /// What is to be paid.
    FeeKind of domain::catalogue::FeeKind: "free" | "fee" | "charge" | "set_by_council";
    /// As the card prints it.
    Sex of domain::card::Sex: "male" | "female";
    /// At which step a vote is asked for.
    Stage of domain::rating::Stage: "receipt" | "return";
    /// The official levels.
    Level of domain::rating::Level: "very_satisfied" | "satisfied" | "dissatisfied";
    /// Who votes.
    Respondent of domain::rating::Respondent: "citizen" | "organisation";
    /// How a hand-over ended that brought the dossier back.
    HandOverEnding of domain::dossier::HandOverEnding: "taken_back" | "declined" | "no_box";
    /// Whether the machine's clock can be believed.
    ClockState of crate::actors::health::ClockState: "ok" | "wrong" | "suspect";
    /// Kind of a unit.
    UnitKind of domain::units::UnitKind: "phuong" | "xa" | "dac_khu";
    /// Whether a number is called for the first time.
    CallKind of crate::actors::live::HallCallKind: "call" | "recall";
    /// How a called citizen gets to the counter.
    CallWay of domain::announce::Way: "comes" | "moves_on" | "comes_back";
    /// How a ticket went on from a counter.
    CallEnd of Word:
        "to_counter" | "to_service" | "came_back" | "carried_over" | "to_next" | "went_on" |
        "returned_to";
    /// How a page of the hall is.
    SurfaceState of domain::surface::State: "well" | "troubled" | "silent" | "unheard";
    /// What a person should look at there.
    SurfaceTrouble of domain::surface::Trouble:
        "not_lasting" | "votes_kept" | "votes_aside" | "sound_blocked" | "clock_off"
            | "other_version";
    /// How a device is.
    DeviceState of Word: "online" | "degraded" | "offline";
    /// Where a print job stands.
    PrintState of Word: "pending" | "printing" | "printed" | "blocked";
    /// Why it does not go on.
    PrintTrouble of Word: "paper_out" | "cover_open" | "offline" | "error" | "unknown";
    /// Whether the hours to come can be foretold.
    ForecastState of domain::report::ForecastState:
        "day_over" | "too_few_days" | "no_counter" | "too_few_calls" | "known";
    /// What the rows of a report are.
    ReportBy of Word: "hour" | "day" | "service" | "class" | "officer" | "counter";
    /// The line to the province.
    UplinkState of Word: "not_enrolled" | "offline" | "greeting" | "online" | "frozen";
}

/// What the drivers, the link and the views name themselves: it is only written, never read back.
#[cfg(test)]
type Word = String;

#[cfg(test)]
mod tests {
    #[test]
    fn every_word_is_one_of_the_domain() {
        assert_eq!(super::unknown_words(), Vec::<String>::new());
    }
}

//! The rating desk: owns the tokens with which citizens vote, and takes the votes.
//!
//! The dossier desk makes a token with each receipt and each return, in the same transaction, and
//! offers it here after the commit; the counter's tablet is told the newest. An older one still
//! takes its vote until it ends, because a citizen may be writing: which question stands on the
//! screen, and which waits, the tablet decides (`src/web/ui/src/tablet/turns.ts`). When the queue
//! desk calls the next person to the counter, it withdraws the question here: the tablet is told of
//! none, and what nobody has touched leaves its screen; the token itself is not changed. A vote uses
//! its token up, and of the token only a hash stays. The vote itself lies in a box (`rating_held`)
//! until it may be journalled without leading to a receipt (`domain::ballot`): at the end of its
//! hour, at the end of its day, or when the center starts and finds an older one; one that a tablet kept
//! beyond its hour, when there is company for it. The desk looks at
//! each vote, at its start, and twice a second while anything is in the box. What an officer's own
//! count needs is a number in a table apart.
//!
//! **After a crash** every vote that was answered is there, in the box or in the journal, never in
//! both; a vote sent again is known by its token; and a token that a tablet already has still works,
//! because the table keeps its hash. A token that no tablet had fetched is gone: its secret was never
//! stored, and that citizen is not asked.

mod actor;
#[cfg(test)]
mod box_tests;
mod desk;
mod handle;
mod messages;
#[cfg(test)]
mod tests;

pub use actor::{RatingDesk, RatingPorts};
pub use desk::new_secret;
pub use handle::RatingHandle;
pub use messages::{Offer, TabletToken, VoteTaken, Voting};

pub(crate) use desk::hash_of;

//! The names under which messages travel: `motcua/v1/{shard}/{node}/...`. The shard lets several hub
//! workers divide the nodes among them. A name that is not exactly one of these is refused. Behind each
//! payload, also a last will's, stand the eight bytes of [`crate::checked`].

use std::fmt;

use domain::ids::NodeId;

use crate::entry::sha256;

/// Number of shards.
pub const SHARDS: u8 = 8;
/// What the hub says of itself, retained.
pub const HUB_STATE: &str = "motcua/v1/hub/state";

const ROOT: &str = "motcua/v1";

/// What a lane carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    /// Frames of entries.
    Rec,
    /// Pieces of blobs.
    Blob,
    /// Hello, resume, acknowledgements.
    Ctl,
}

/// One of our topics.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// A node's presence, retained, with a last will.
    State(NodeId),
    /// From a node to the hub.
    Up(NodeId, Lane),
    /// From the hub to a node.
    Down(NodeId, Lane),
    /// The hub's presence.
    HubState,
}

/// A topic that is not one of ours, or a node under a shard that is not its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a topic of this system")]
pub struct TopicError;

impl TopicError {
    /// The stable code.
    pub fn code(self) -> &'static str {
        "topic.unknown"
    }
}

impl Lane {
    fn name(self) -> &'static str {
        match self {
            Lane::Rec => "rec",
            Lane::Blob => "blob",
            Lane::Ctl => "ctl",
        }
    }

    fn parse(name: &str) -> Option<Lane> {
        [Lane::Rec, Lane::Blob, Lane::Ctl].into_iter().find(|lane| lane.name() == name)
    }
}

impl Topic {
    /// Reads a topic's name.
    pub fn parse(name: &str) -> Result<Topic, TopicError> {
        if name == HUB_STATE {
            return Ok(Topic::HubState);
        }
        let rest =
            name.strip_prefix(ROOT).and_then(|rest| rest.strip_prefix('/')).ok_or(TopicError)?;
        let parts: Vec<&str> = rest.splitn(5, '/').collect();
        let (shard_name, node) = match parts.as_slice() {
            [shard, node, ..] => (*shard, node.parse::<NodeId>().map_err(|_| TopicError)?),
            _ => return Err(TopicError),
        };
        if shard_name != shard(&node).to_string() {
            return Err(TopicError);
        }
        match &parts[2..] {
            ["state"] => Ok(Topic::State(node)),
            ["up", lane] => Lane::parse(lane).map(|lane| Topic::Up(node, lane)).ok_or(TopicError),
            ["down", lane] => {
                Lane::parse(lane).map(|lane| Topic::Down(node, lane)).ok_or(TopicError)
            }
            _ => Err(TopicError),
        }
    }

    /// Whose topic it is; `None` for the hub's.
    pub fn node(&self) -> Option<&NodeId> {
        match self {
            Topic::State(node) | Topic::Up(node, _) | Topic::Down(node, _) => Some(node),
            Topic::HubState => None,
        }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Topic::State(node) => write!(f, "{}/state", base(node)),
            Topic::Up(node, lane) => write!(f, "{}/up/{}", base(node), lane.name()),
            Topic::Down(node, lane) => write!(f, "{}/down/{}", base(node), lane.name()),
            Topic::HubState => f.write_str(HUB_STATE),
        }
    }
}

/// Which shard a node belongs to.
pub fn shard(node: &NodeId) -> u8 {
    sha256(node.as_str().as_bytes())[0] % SHARDS
}

/// A node's presence.
pub fn state(node: &NodeId) -> String {
    Topic::State(node.clone()).to_string()
}

/// A lane from a node to the hub.
pub fn up(node: &NodeId, lane: Lane) -> String {
    Topic::Up(node.clone(), lane).to_string()
}

/// A lane from the hub to a node.
pub fn down(node: &NodeId, lane: Lane) -> String {
    Topic::Down(node.clone(), lane).to_string()
}

/// What a node subscribes to on its connection for records.
pub fn node_filters(node: &NodeId) -> Vec<String> {
    vec![down(node, Lane::Rec), down(node, Lane::Ctl), HUB_STATE.to_owned()]
}

/// What a hub worker subscribes to for one shard.
pub fn hub_filters(shard: u8) -> Vec<String> {
    vec![format!("{ROOT}/{shard}/+/state"), format!("{ROOT}/{shard}/+/up/#")]
}

fn base(node: &NodeId) -> String {
    format!("{ROOT}/{}/{}", shard(node), node.as_str())
}

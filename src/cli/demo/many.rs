//! The nodes of a demo beyond its whole centers: which they are, and what their processes need. What
//! they do is told at `motcua sim nodes`.

use super::center_files::write_clock;
use super::processes::Recipe;
use super::{Demo, NODES};
use crate::clock::{DEMO_MARK, RateClock};
use crate::identity;
use anyhow::Context;
use domain::ids::NodeId;
use domain::units::Units;
use hub::Settings;
use hub::enrol_client::IdentityFiles;
use jiff::Timestamp;
use std::path::{Path, PathBuf};

/// Most nodes of a demo. The broker bounds it on one machine: it holds two connections for each node, of
/// the 1,024 files that it may usually have open.
pub const NODES_MAX: u16 = 300;
/// Simulated nodes in one process.
pub const NODES_PER_PROCESS: usize = 50;
const _: () = assert!(NODES_PER_PROCESS <= crate::cli::sim::nodes::NODES_PER_PROCESS_MAX);
/// A unit has at most so many boxes: the number in a node's name has three digits.
const BOXES_MAX: u16 = 999;
/// The file with the tokens of a process.
const TOKENS: &str = "tokens";

/// How often it is told how many nodes have come in, while they do.
const TOLD_TIMES: usize = 10;

/// Simulated nodes that are coming in.
#[derive(Debug, Default)]
pub(super) struct Coming {
    /// What each of them has from its enrolment on, of those who have it not yet.
    awaited: Vec<PathBuf>,
    all: usize,
    told: usize,
}

impl Coming {
    fn add(&mut self, data_folder: &Path) {
        let files = IdentityFiles(identity::folder(data_folder));
        self.awaited.push(files.identity());
        self.all += 1;
    }

    /// How many there are, those who have come in and those who have not.
    pub(super) fn all(&self) -> usize {
        self.all
    }

    /// How many have come in, if that is worth a line.
    pub(super) fn news(&mut self) -> Option<String> {
        if self.awaited.is_empty() && self.told == self.all {
            return None;
        }
        self.awaited.retain(|file| !file.exists());
        let here = self.all - self.awaited.len();
        let step = (self.all / TOLD_TIMES).max(1);
        let due = here >= self.told + step || (here == self.all && here > self.told);
        if !due {
            return None;
        }
        self.told = here;
        let all = self.all;
        Some(format!("{here}/{all} nút mô phỏng đã vào mạng / simulated nodes have come in"))
    }
}

impl Demo {
    /// Lets so many nodes come in beside the whole centers. They enrol by themselves, one after the other
    /// in each process; nobody waits for the last.
    pub(super) async fn start_simulated(&mut self, count: usize) -> anyhow::Result<()> {
        if count == 0 {
            return Ok(());
        }
        super::say(&format!("{count} simulated nodes"));
        let (logs, hub_url) = (self.logs(), self.hub_address());
        let settings = Settings::load(Some(&self.hub_config))?;
        for (index, nodes) in names(&settings, count)?.chunks(NODES_PER_PROCESS).enumerate() {
            let name = format!("nodes-{}", index + 1);
            let folder = self.folder.path().join(&name);
            let tokens = prepare(&folder, &settings, nodes, &self.clock).await?;
            let (folder, tokens) = (folder.display().to_string(), tokens.display().to_string());
            let arguments =
                ["sim", "nodes", "--folder", &folder, "--hub", &hub_url, "--tokens", &tokens];
            let process = Recipe::own(&name, &arguments, &logs)?.at(&self.place).start()?;
            self.simulated.push(process);
            for node in nodes {
                self.coming.add(&Path::new(&folder).join(node.as_str()));
            }
        }
        Ok(())
    }
}

/// The names of so many nodes beside the whole centers, from the province's list of units: first the
/// first box of every other commune; then, because the province has only 54, second boxes of the same
/// communes, third ones, and so on, as a commune with several reception points has them.
fn names(settings: &Settings, count: usize) -> anyhow::Result<Vec<NodeId>> {
    let file = &settings.centers_file;
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    of_units(&Units::parse(&file.display().to_string(), &text)?, count)
}

fn of_units(units: &Units, count: usize) -> anyhow::Result<Vec<NodeId>> {
    let mut names = Vec::with_capacity(count);
    for number in 1..=BOXES_MAX {
        for unit in units.iter() {
            if names.len() == count {
                return Ok(names);
            }
            let name = format!("{}-{number}", unit.code);
            if !NODES.iter().any(|(whole, _)| *whole == name) {
                names.push(NodeId::parse(&name)?);
            }
        }
    }
    anyhow::ensure!(names.len() == count, "there are names for {} nodes only", names.len());
    Ok(names)
}

/// Makes the folder of a process of simulated nodes, and their tokens; gives the file with these.
async fn prepare(
    folder: &Path,
    settings: &Settings,
    nodes: &[NodeId],
    clock: &RateClock,
) -> anyhow::Result<PathBuf> {
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    std::fs::write(folder.join(DEMO_MARK), "")?;
    write_clock(folder, clock)?;
    let mut tokens = hub::cli::enrol_all(settings, nodes, Timestamp::now()).await?.join("\n");
    tokens.push('\n');
    let file = folder.join(TOKENS);
    // They open the hub to whoever reads them, until they are used.
    hub::keys::write_secret(&file, tokens.as_bytes())?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn it_is_told_now_and_then_how_many_nodes_have_come_in() {
        let folder = tempfile::tempdir().unwrap();
        let mut coming = Coming::default();
        assert_eq!(coming.news(), None, "a demo without simulated nodes");
        let nodes: Vec<PathBuf> =
            (0..40).map(|node| folder.path().join(node.to_string())).collect();
        nodes.iter().for_each(|node| coming.add(node));
        assert_eq!((coming.all(), coming.news()), (40, None));
        let mut told = Vec::new();
        for node in &nodes {
            let files = IdentityFiles(identity::folder(node));
            std::fs::create_dir_all(&files.0).unwrap();
            std::fs::write(files.identity(), "{}").unwrap();
            told.extend(coming.news());
        }
        assert_eq!(told.len(), TOLD_TIMES);
        assert!(told[9].starts_with("40/40 "), "{told:?}");
        assert_eq!(coming.news(), None, "it is said once");
    }

    const CENTERS: &str = include_str!("../../../config/units/centers.csv");

    #[test]
    fn every_commune_has_a_node_before_one_has_two() {
        let units = Units::parse("centers.csv", CENTERS).unwrap();
        let others = units.len() - NODES.len();
        let names = of_units(&units, usize::from(NODES_MAX)).unwrap();
        assert_eq!(names[0].as_str(), "06673-1");
        assert!(names[..others].iter().all(|node| node.as_str().ends_with("-1")));
        assert_eq!(names[others].as_str(), "06652-2");
        assert!(names.iter().all(|node| units.get(node.unit()).is_some()));
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
        assert!(NODES.iter().all(|(whole, _)| names.iter().all(|node| node.as_str() != *whole)));
    }
}

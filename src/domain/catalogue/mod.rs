//! The procedures a center receives: name, sector, time, fee, papers, each with its source. A dossier
//! keeps the version that was valid on the day of receipt.

mod file;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::civil;
use serde::{Deserialize, Serialize};

use crate::deadline::Limit;
use crate::ids::{ProcedureCode, ServiceCode};
use crate::problem::{Problem, Problems};
use crate::refusal::{Refusal, told};
use crate::text_fold::{Fit, fit, fold, found_in};

/// One version of a procedure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Procedure {
    /// National code.
    pub code: ProcedureCode,
    /// Version of our record, from 1.
    pub version: u32,
    /// Name.
    pub name: String,
    /// Everyday words for it, found by search.
    #[serde(default)]
    pub also: Vec<String>,
    /// Sector.
    pub sector: String,
    /// Service group of the queue that receives it.
    pub service: ServiceCode,
    /// Time.
    pub limit: Limit,
    /// Fee.
    pub fee: Fee,
    /// Papers.
    pub papers: Vec<Paper>,
    /// Where the record was taken from.
    pub source: String,
    /// Whether the province has yet to confirm it.
    pub needs_confirmation: bool,
    /// First day of this version.
    pub valid_from: civil::Date,
    /// Last day of this version.
    #[serde(default)]
    pub valid_to: Option<civil::Date>,
}

/// What is to be paid. The portal's 0 usually means "set by the provincial council", so it is never
/// read as free.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fee {
    /// Kind.
    pub kind: FeeKind,
    /// Amount; nothing while the council's amount is not known here.
    #[serde(default)]
    pub amount_vnd: Option<u64>,
    /// For what the amount is: a page, a copy, a signature.
    #[serde(default)]
    pub per: Option<String>,
    /// Exemptions and limits in words.
    #[serde(default)]
    pub note: Option<String>,
}

/// Kinds of payment: the law keeps *phí* and *lệ phí* apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeeKind {
    /// Nothing is paid, and a source says so.
    Free,
    /// Phí.
    Fee,
    /// Lệ phí.
    Charge,
    /// Set by the provincial council; the amount has to be confirmed.
    SetByCouncil,
}

/// One line of the checklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paper {
    /// Number in the list, from 1.
    pub seq: u16,
    /// Name.
    pub name: String,
    /// Originals.
    pub originals: u16,
    /// Copies.
    pub copies: u16,
    /// When the paper is asked for at all, in words: "nếu có", "nếu ủy quyền". A paper with a condition
    /// never counts as missing: whether the condition holds is seen at the counter. Nothing when every
    /// applicant has to bring it.
    #[serde(default)]
    pub condition: Option<String>,
    /// Whether this line has yet to be confirmed.
    pub needs_confirmation: bool,
}

/// All procedures, each with its versions.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    versions: BTreeMap<ProcedureCode, Vec<Procedure>>,
    folded: BTreeMap<ProcedureCode, String>,
}

impl Catalogue {
    /// Reads every file of `config/catalogue`, each as its name and its text. `services` are the
    /// codes that a procedure may name. All problems of all files come at once.
    pub fn parse(files: &[(&str, &str)], services: &[ServiceCode]) -> Result<Self, Problems> {
        let mut problems = Vec::new();
        let mut catalogue = Self::default();
        for (name, text) in files {
            match file::parse(name, text, services) {
                Ok(procedures) => {
                    for procedure in procedures {
                        catalogue.add(name, procedure, &mut problems);
                    }
                }
                Err(found) => problems.extend(found.0),
            }
        }
        crate::problem::all_or(catalogue, problems)
    }

    /// The version valid on a day.
    pub fn valid_on(&self, code: &str, day: civil::Date) -> Result<&Procedure, Refusal> {
        ProcedureCode::parse(code)
            .ok()
            .and_then(|code| self.versions.get(&code))
            .and_then(|versions| versions.iter().find(|procedure| procedure.is_valid_on(day)))
            .ok_or_else(|| Refusal::UnknownProcedure { procedure: told(code) })
    }

    /// A certain version, also one that is no longer valid.
    pub fn version(&self, code: &ProcedureCode, version: u32) -> Option<&Procedure> {
        self.versions.get(code)?.iter().find(|procedure| procedure.version == version)
    }

    /// Procedures valid on a day whose code, name, everyday words or sector have every word of the
    /// query, with or without tones; those whose name has the query as typed come first.
    pub fn search(&self, query: &str, day: civil::Date, limit: usize) -> Vec<&Procedure> {
        let typed = crate::text_fold::normalise(query.trim()).to_lowercase();
        let mut found: Vec<(bool, &Procedure)> = self
            .versions
            .iter()
            .filter(|(code, _)| {
                self.folded.get(*code).is_some_and(|folded| found_in(folded, query))
            })
            .filter_map(|(_, versions)| versions.iter().find(|version| version.is_valid_on(day)))
            .map(|procedure| (!procedure.name.to_lowercase().contains(&typed), procedure))
            .collect();
        found.sort_by(|left, right| {
            (left.0, &left.1.sector, &left.1.code).cmp(&(right.0, &right.1.sector, &right.1.code))
        });
        found.into_iter().take(limit).map(|(_, procedure)| procedure).collect()
    }

    /// Procedures valid on a day that fit the everyday words of somebody who knows no code, with how well.
    pub fn fitting(&self, query: &str, day: civil::Date) -> Vec<(Fit, &Procedure)> {
        self.versions
            .iter()
            .filter_map(|(code, versions)| {
                let fits = fit(self.folded.get(code)?, query)?;
                Some((fits, versions.iter().find(|version| version.is_valid_on(day))?))
            })
            .collect()
    }

    /// How many procedures there are, versions not counted.
    pub fn len(&self) -> usize {
        self.versions.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.versions.is_empty()
    }

    fn add(&mut self, file: &str, procedure: Procedure, problems: &mut Vec<Problem>) {
        let folded = self.folded.entry(procedure.code.clone()).or_default();
        for text in [procedure.code.as_str(), &procedure.name, &procedure.sector]
            .into_iter()
            .chain(procedure.also.iter().map(String::as_str))
        {
            folded.push_str(&fold(text));
            folded.push('\n');
        }
        let versions = self.versions.entry(procedure.code.clone()).or_default();
        if let Some(other) = versions.iter().find(|other| other.overlaps(&procedure)) {
            problems.push(Problem::new(
                file,
                format!("procedure {}", procedure.code),
                format!(
                    "version {} is valid on days of version {}, or has its number",
                    procedure.version, other.version
                ),
                format!("version = {} and days of its own", other.version + 1),
            ));
        }
        versions.push(procedure);
    }
}

impl Paper {
    /// Whether every applicant has to bring it.
    pub fn is_required(&self) -> bool {
        self.condition.is_none()
    }
}

impl Procedure {
    /// Whether this version is in force on a day.
    pub fn is_valid_on(&self, day: civil::Date) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|to| day <= to)
    }

    fn overlaps(&self, other: &Procedure) -> bool {
        let before = |a: &Procedure, b: &Procedure| a.valid_to.is_some_and(|to| to < b.valid_from);
        self.version == other.version || !(before(self, other) || before(other, self))
    }
}

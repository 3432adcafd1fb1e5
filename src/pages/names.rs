//! What the surveys and companies are called that a page shows.

use std::collections::{BTreeSet, HashMap};

use crate::{
    companies::{self, CompanyId},
    db::{Conn, Queried},
    surveys::{self, SurveyId},
};

/// Names by ids.
#[derive(Debug, Default)]
pub struct Names {
    /// Of surveys.
    pub surveys: HashMap<SurveyId, String>,
    /// Of companies.
    pub companies: HashMap<CompanyId, String>,
}

impl Names {
    /// Of these, in a query for each kind. Whether somebody may see them is not asked here.
    pub fn of(conn: &mut Conn, surveys: &[SurveyId], companies: &[CompanyId]) -> Queried<Self> {
        let surveys = distinct(surveys.iter().map(|id| id.0));
        let companies = distinct(companies.iter().map(|id| id.0));
        let mut names = Self::default();
        if !surveys.is_empty() {
            names.surveys = surveys::store::names(conn, &surveys)?;
        }
        if !companies.is_empty() {
            names.companies = companies::store::names(conn, &companies)?;
        }
        Ok(names)
    }

    /// What a survey is called; by its id if it is gone.
    pub fn survey(&self, id: SurveyId) -> String {
        self.surveys.get(&id).cloned().unwrap_or_else(|| format!("Survey {id}"))
    }

    /// What a company is called; by its id if it is gone.
    pub fn company(&self, id: CompanyId) -> String {
        self.companies.get(&id).cloned().unwrap_or_else(|| format!("Company {id}"))
    }
}

fn distinct(ids: impl Iterator<Item = i64>) -> Vec<i64> {
    ids.collect::<BTreeSet<i64>>().into_iter().collect()
}

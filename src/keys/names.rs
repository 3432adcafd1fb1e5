//! What the limits of keys are called.

use std::collections::BTreeSet;

use super::ApiKey;
use crate::{access::Grant, companies, db::Database, problem::Problem, surveys};

/// What the limits of keys are called: the ids and names of surveys, and of companies.
pub struct Names {
    /// Surveys.
    pub surveys: Vec<(i64, String)>,
    /// Companies.
    pub companies: Vec<(i64, String)>,
}

impl Names {
    /// Those of these keys, asked for at once.
    pub async fn of(keys: &[ApiKey], database: &Database) -> Result<Self, Problem> {
        let grants = || keys.iter().filter_map(ApiKey::grant);
        let surveys: BTreeSet<i64> = grants().filter_map(|grant| grant.surveys.ids()).flatten().collect();
        let companies: BTreeSet<i64> = grants().filter_map(|grant| grant.companies.ids()).flatten().collect();
        let (surveys, companies) = (Vec::from_iter(surveys), Vec::from_iter(companies));
        let both = move |conn: &mut _| {
            let found = surveys::store::page(conn, Some(&surveys), None, None, surveys.len() as i64)?;
            let others = companies::store::page(conn, Some(&companies), None, None, companies.len() as i64)?;
            Ok((found, others))
        };
        let (surveys, companies) = database.read(both).await?;
        Ok(Self {
            surveys: surveys.into_iter().map(|survey| (survey.id, survey.name)).collect(),
            companies: companies.into_iter().map(|company| (company.id.0, company.name)).collect(),
        })
    }

    /// The surveys to which a key is limited; none for no limit.
    pub fn of_surveys(&self, grant: &Grant) -> Option<String> {
        grant.surveys.ids().map(|ids| named(&ids, &self.surveys, "survey"))
    }

    /// The same for companies.
    pub fn of_companies(&self, grant: &Grant) -> Option<String> {
        grant.companies.ids().map(|ids| named(&ids, &self.companies, "company"))
    }
}

fn named(ids: &[i64], names: &[(i64, String)], thing: &str) -> String {
    let name = |id: &i64| {
        let known = names.iter().find(|(known, _)| known == id);
        known.map_or_else(|| format!("{thing} {id}, which is gone"), |(_, name)| name.clone())
    };
    ids.iter().map(name).collect::<Vec<_>>().join(", ")
}

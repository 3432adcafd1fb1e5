//! What surveys, companies and screens are called.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    access::Caller,
    companies::{self, CompanyId},
    db::Database,
    problem::Problem,
    progress::Screen,
    surveys::{self, Survey, SurveyId, questions::Questions},
};

/// As many as one chooses from. Beyond that, an id is typed.
const MOST_CHOICES: i64 = 200;

/// Surveys or companies to choose from.
#[derive(Debug, Default)]
pub struct Choices {
    /// Their ids and names.
    pub all: Vec<(String, String)>,
    /// Whether there are more than are here.
    pub are_cut: bool,
}

impl Choices {
    fn of(found: impl Iterator<Item = (i64, String)>) -> (Self, BTreeMap<i64, String>) {
        let mut all: Vec<(i64, String)> = found.collect();
        let are_cut = all.len() as i64 > MOST_CHOICES;
        all.truncate(MOST_CHOICES as usize);
        let choices = all.iter().map(|(id, name)| (id.to_string(), name.clone())).collect();
        (Self { all: choices, are_cut }, all.into_iter().collect())
    }

    /// Whether this one is here.
    pub fn has(&self, id: &str) -> bool {
        self.all.iter().any(|(own, _)| own == id)
    }
}

/// The names of what a page shows.
#[derive(Debug, Default)]
pub struct Names {
    pub(super) surveys: BTreeMap<i64, String>,
    pub(super) companies: BTreeMap<i64, String>,
    /// The surveys that the caller may see.
    pub survey_choices: Choices,
    /// The companies that the caller may see.
    pub company_choices: Choices,
}

impl Names {
    /// Of these, and of all that the caller may see, as far as one chooses from them.
    pub async fn with_choices(
        caller: &Caller,
        surveys: BTreeSet<SurveyId>,
        companies: BTreeSet<CompanyId>,
        database: &Database,
    ) -> Result<Self, Problem> {
        let grant = caller.grant.clone();
        let names = database.read(move |conn| {
            let ids = grant.surveys.ids();
            let page = surveys::store::page(conn, ids.as_deref(), None, None, MOST_CHOICES + 1)?;
            let (survey_choices, mut survey_names) = Choices::of(page.into_iter().map(|one| (one.id, one.name)));
            let others = others(surveys.iter().map(|id| id.0), &survey_names);
            if !others.is_empty() {
                let page = surveys::store::page(conn, Some(&others), None, None, MOST_CHOICES)?;
                survey_names.extend(page.into_iter().map(|one| (one.id, one.name)));
            }
            let ids = grant.companies.ids();
            let page = companies::store::page(conn, ids.as_deref(), None, None, MOST_CHOICES + 1)?;
            let (company_choices, mut company_names) = Choices::of(page.into_iter().map(|one| (one.id.0, one.name)));
            let seen = companies.iter().filter(|id| grant.companies.sees(**id));
            let others = self::others(seen.map(|id| id.0), &company_names);
            if !others.is_empty() {
                let page = companies::store::page(conn, Some(&others), None, None, MOST_CHOICES)?;
                company_names.extend(page.into_iter().map(|one| (one.id.0, one.name)));
            }
            Ok(Self { surveys: survey_names, companies: company_names, survey_choices, company_choices })
        });
        Ok(names.await?)
    }

    /// Of these companies, as far as the caller may see them.
    pub async fn of_companies(
        caller: &Caller,
        companies: Vec<CompanyId>,
        database: &Database,
    ) -> Result<Self, Problem> {
        let seen = companies.into_iter().filter(|id| caller.grant.companies.sees(*id)).map(|id| id.0);
        let ids: Vec<i64> = seen.collect::<BTreeSet<i64>>().into_iter().collect();
        if ids.is_empty() {
            return Ok(Self::default());
        }
        let page =
            database.read(move |conn| companies::store::page(conn, Some(&ids), None, None, MOST_CHOICES)).await?;
        Ok(Self { companies: page.into_iter().map(|one| (one.id.0, one.name)).collect(), ..Self::default() })
    }

    /// What a survey is called.
    pub fn survey(&self, id: SurveyId) -> String {
        self.surveys.get(&id.0).cloned().unwrap_or_else(|| format!("Survey {id}"))
    }

    /// What a company is called.
    pub fn company(&self, id: CompanyId) -> String {
        self.companies.get(&id.0).cloned().unwrap_or_else(|| format!("Company {id}"))
    }
}

/// Those that have no name yet.
fn others(ids: impl Iterator<Item = i64>, known: &BTreeMap<i64, String>) -> Vec<i64> {
    ids.filter(|id| !known.contains_key(id)).collect()
}

/// A survey as a draft of it is looked at: its questions and screens.
#[derive(Debug, Default)]
pub struct Form {
    /// Its title.
    pub name: String,
    /// What it asks.
    pub questions: Questions,
    screens: Vec<String>,
}

impl Form {
    /// Of a survey; of none, as if it asked nothing.
    pub fn of(survey: Option<&Survey>) -> Self {
        let Some(survey) = survey else { return Self::default() };
        let questions = Questions::of(&survey.definition);
        let own = survey.screens.iter().map(|screen| match screen.title.trim().is_empty() {
            true => screen.name.clone(),
            false => screen.title.clone(),
        });
        let mut screens: Vec<String> = own.collect();
        if screens.is_empty() && !questions.is_empty() {
            screens = questions.screens().map(str::to_owned).collect();
        }
        Self { name: survey.name.clone(), questions, screens }
    }

    /// A screen among the others, with its title as far as it is known.
    pub fn screen(&self, Screen(number): Screen) -> String {
        let title = usize::try_from(number).ok().and_then(|number| self.screens.get(number));
        match title {
            Some(title) if title.is_empty() => format!("{} of {}", i64::from(number) + 1, self.screens.len()),
            Some(title) => format!("{} of {}: {title}", i64::from(number) + 1, self.screens.len()),
            None => format!("number {number}, counted from 0"),
        }
    }
}

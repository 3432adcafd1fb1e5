//! What admins do with companies, whichever way they ask: the admin API and the pages are two ways to say the same.

use std::collections::HashMap;

use super::{
    Change, Company, CompanyDetails, CompanyId, CompanyName, WrittenCode,
    store::{self, Changed, NewCompany},
};
use crate::{
    access::Caller,
    audit::{self, Subject},
    db::{Conn, Database},
    http::{Fields, list::Page},
    problem::Problem,
    progress::writer::Writer,
    record::{self, store::CompanyCounts},
    surveys::{self, SurveyId},
};

/// What a list is of, and which part of it.
pub struct Asked {
    /// Only those whose code is taken, or is not.
    pub is_active: Option<bool>,
    /// How many.
    pub page: Page,
    /// Behind which id.
    pub after: Option<i64>,
}

/// The filters of the list.
pub const FILTERS: [&str; 3] = ["is_active", "limit", "after"];

impl Asked {
    /// Of a query.
    pub fn of(mut fields: Fields<'_>) -> Result<Self, Problem> {
        let (is_active, page) = (fields.optional::<bool>("is_active"), Page::of(&mut fields));
        let after = page.after_id(&mut fields);
        fields.finish(Some(Self { is_active, page, after }))
    }
}

/// Companies in the order of their ids: one more than the page has, if there are so many.
pub async fn list(caller: &Caller, asked: &Asked, database: &Database) -> Result<Vec<Company>, Problem> {
    let (ids, is_active) = (caller.grant.companies.ids(), asked.is_active);
    let (after, limit) = (asked.after, asked.page.one_more());
    Ok(database.read(move |conn| store::page(conn, ids.as_deref(), is_active, after, limit)).await?)
}

/// The company that a path names, if the caller may see it.
pub fn visible(id: Result<CompanyId, &str>, caller: &Caller) -> Result<CompanyId, Problem> {
    id.ok().filter(|id| caller.grant.companies.sees(*id)).ok_or(Problem::CompanyNotFound)
}

/// The company with this id.
pub async fn find(id: CompanyId, database: &Database) -> Result<Company, Problem> {
    database.read(move |conn| store::find(conn, id)).await?.ok_or(Problem::CompanyNotFound)
}

/// Adds a company: its `name`, `guest_code` and perhaps `details`. Only for callers without limits, since it is nobody's yet.
pub async fn create(caller: &Caller, mut fields: Fields<'_>, writer: &Writer) -> Result<Company, Problem> {
    let details = fields.optional::<CompanyDetails>("details").unwrap_or_default();
    let (name, code) = (fields.required::<CompanyName>("name"), fields.required::<WrittenCode>("guest_code"));
    let (name, code) = fields.finish(name.zip(code))?;
    let (now, entry) = (caller.now(), caller.entry("company.create", Subject::all("companies")));
    let add = move |conn: &mut Conn| {
        let new = NewCompany { name: &name.0, details: &details.0, guest_code: &code.text, key: &code.key };
        let Some(id) = store::add(conn, &new, now)? else { return Ok(None) };
        audit::store::add(conn, &entry.to(id).about(None, id))?;
        store::find(conn, id)
    };
    writer.change(add).await?.ok_or(Problem::GuestCodeTaken)
}

/// Changes a company; a change of nothing writes nothing.
pub async fn change(caller: &Caller, id: CompanyId, change: Change, writer: &Writer) -> Result<Company, Problem> {
    let (now, entry) = (caller.now(), caller.entry("company.change", id).about(None, id));
    let change = move |conn: &mut Conn| {
        let Some(present) = store::find(conn, id)? else { return Ok(Changed::NotThere) };
        let change = change.unlike(&present);
        if change == Change::default() {
            return Ok(Changed::Done(present));
        }
        let changed = store::change(conn, id, &change, now)?;
        if let Changed::Done(_) = changed {
            audit::store::add(conn, &entry.detail(change.names()))?;
        }
        Ok(changed)
    };
    match writer.change(change).await? {
        Changed::Done(company) => Ok(company),
        Changed::CodeTaken => Err(Problem::GuestCodeTaken),
        Changed::NotThere => Err(Problem::CompanyNotFound),
    }
}

/// What became of the drafts of a company.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Drafts that began: a participant in a survey each.
    pub participants: i64,
    /// Those of them that have not ended.
    pub live_drafts: i64,
    /// Submissions, those that ended no draft too.
    pub submissions: i64,
}

impl Figures {
    fn add(&mut self, counts: &CompanyCounts) {
        self.participants += counts.started;
        self.live_drafts += counts.started - counts.ended;
        self.submissions += counts.submitted;
    }

    fn of(counts: &CompanyCounts) -> Self {
        let mut figures = Self::default();
        figures.add(counts);
        figures
    }
}

/// The figures of companies, in all surveys that the caller may see.
pub async fn figures(
    caller: &Caller,
    companies: &[Company],
    database: &Database,
) -> Result<HashMap<CompanyId, Figures>, Problem> {
    let (ids, now) = (companies.iter().map(|company| company.id.0).collect::<Vec<_>>(), caller.now());
    let mut sums = database.read(move |conn| record::store::company_sums(conn, &ids, now)).await?;
    sums.retain(|(_, survey_id), _| caller.grant.surveys.sees(*survey_id));
    let mut totals: HashMap<CompanyId, Figures> = HashMap::new();
    sums.iter().for_each(|((company_id, _), counts)| totals.entry(*company_id).or_default().add(counts));
    Ok(totals)
}

/// The figures of a company in a survey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InSurvey {
    /// The survey.
    pub survey_id: SurveyId,
    /// Its title.
    pub survey: String,
    /// The figures.
    pub figures: Figures,
}

/// The figures of a company, survey by survey as far as the caller may see those; and all together.
pub async fn by_survey(
    caller: &Caller,
    id: CompanyId,
    database: &Database,
) -> Result<(Figures, Vec<InSurvey>), Problem> {
    let (now, surveys) = (caller.now(), caller.grant.surveys.clone());
    let read = move |conn: &mut Conn| {
        let mut sums = record::store::company_sums(conn, &[id.0], now)?;
        sums.retain(|(_, survey_id), counts| surveys.sees(*survey_id) && *counts != CompanyCounts::default());
        let ids: Vec<i64> = sums.keys().map(|(_, survey_id)| survey_id.0).collect();
        Ok((sums, surveys::store::names(conn, &ids)?))
    };
    let (sums, mut names) = database.read(read).await?;
    let mut total = Figures::default();
    sums.values().for_each(|counts| total.add(counts));
    let rows = sums.iter().map(|((_, survey_id), counts)| InSurvey {
        survey_id: *survey_id,
        survey: names.remove(survey_id).unwrap_or_else(|| format!("Survey {}", survey_id.0)),
        figures: Figures::of(counts),
    });
    Ok((total, rows.collect()))
}

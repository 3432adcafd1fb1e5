//! What admins are told of the record, whichever way they ask.

use super::{
    activity::{self, Activities},
    day::Day,
    funnel::{Asked, FunnelView},
    store,
};
use crate::{
    access::Caller,
    companies::{self, CompanyId},
    db::Database,
    http::Fields,
    problem::Problem,
    surveys::{self, Survey, SurveyId},
};

/// Of which drafts a funnel is told.
#[derive(Debug, Clone, Copy, Default)]
pub struct Chosen {
    /// Those of this company.
    pub company_id: Option<CompanyId>,
    /// Those that began on this day or later.
    pub from: Option<Day>,
    /// Those that began on this day or earlier.
    pub to: Option<Day>,
}

/// The parameters of a funnel.
pub const FILTERS: [&str; 3] = ["company_id", "from", "to"];

impl Chosen {
    /// Of a query.
    pub fn of(mut fields: Fields<'_>) -> Result<Self, Problem> {
        let (company_id, from) = (fields.optional("company_id"), fields.optional("from"));
        let to = fields.optional("to");
        fields.finish(Some(Self { company_id, from, to }))
    }
}

/// The funnel of a survey, and the survey.
pub async fn funnel(
    caller: &Caller,
    survey_id: SurveyId,
    chosen: Chosen,
    database: &Database,
) -> Result<(Survey, FunnelView), Problem> {
    let Chosen { company_id, from, to } = chosen;
    let asked = Asked { survey_id, companies: caller.grant.companies.within(company_id).ids(), from, to };
    let survey = visible_survey(caller, survey_id, database).await?;
    if let Some(company_id) = company_id {
        let exists = database.read(move |conn| companies::store::exists(conn, company_id)).await?;
        if !exists || !caller.grant.companies.sees(company_id) {
            return Err(Problem::CompanyNotFound);
        }
    }
    let (of, now) = (asked.clone(), caller.now());
    let figures = database.read(move |conn| store::figures(conn, &of, now)).await?;
    let view = figures.view(&asked, company_id, &survey.screens);
    Ok((survey, view))
}

/// The survey with this id, if the caller may see it.
pub async fn visible_survey(caller: &Caller, survey_id: SurveyId, database: &Database) -> Result<Survey, Problem> {
    if !caller.grant.surveys.sees(survey_id) {
        return Err(Problem::SurveyNotFound);
    }
    let survey = database.read(move |conn| surveys::store::find(conn, survey_id)).await?;
    survey.ok_or(Problem::SurveyNotFound)
}

/// What goes on in these surveys, as far as the caller may see it.
pub async fn activity(
    caller: &Caller,
    surveys: impl IntoIterator<Item = i64>,
    database: &Database,
) -> Result<Activities, Problem> {
    let seen = surveys.into_iter().filter(|id| caller.grant.surveys.sees(SurveyId(*id))).collect();
    let now = caller.now();
    let asked = activity::Asked::until(now, seen, caller.grant.companies.ids());
    Ok(database.read(move |conn| store::activity(conn, &asked, now)).await?)
}

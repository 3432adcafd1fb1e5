//! Reading the audit log, whichever way somebody asks: the admin API and the pages are two ways to say the same.

use super::{Action, ByActor, Filter, Outcome, People, Recorded, Subject, store};
use crate::{
    access::{Caller, caller::look},
    clock::{End, Moment},
    companies::CompanyId,
    db::Database,
    email::Email,
    http::{Fields, list::Page},
    problem::Problem,
    progress::writer::Writer,
    surveys::SurveyId,
};

/// By what entries are chosen.
pub const FILTERS: [&str; 9] =
    ["actor", "action", "subject", "email", "survey_id", "company_id", "outcome", "from", "to"];

/// The filter that a query names.
pub fn filter_in(fields: &mut Fields<'_>, people: &People) -> Filter {
    let (subject, email) = (fields.optional::<Subject>("subject"), fields.optional::<Email>("email"));
    if subject.is_some() && email.is_some() {
        fields.note("email", "cannot be given beside subject");
    }
    Filter {
        actor: fields.optional::<ByActor>("actor"),
        action: fields.optional::<Action>("action"),
        subject: subject.or(email.map(|email| people.subject(&email))),
        survey_id: fields.optional::<SurveyId>("survey_id"),
        company_id: fields.optional::<CompanyId>("company_id"),
        outcome: fields.optional::<Outcome>("outcome"),
        from: fields.optional::<Moment>("from"),
        to: fields.optional::<End>("to").map(|End(to)| to),
    }
}

/// What a list is of, and which part of it.
pub struct Asked {
    /// Which entries.
    pub filter: Filter,
    /// How many.
    pub page: Page,
    /// Before which one.
    pub before: Option<i64>,
}

impl Asked {
    /// Of a query.
    pub fn of(mut fields: Fields<'_>, people: &People) -> Result<Self, Problem> {
        let (filter, page) = (filter_in(&mut fields, people), Page::of(&mut fields));
        let before = page.after_id(&mut fields);
        fields.finish(Some(Self { filter, page, before }))
    }
}

/// That somebody looks at the log is an entry itself: about the person, if they ask for one.
pub async fn looks(caller: &Caller, action: &'static str, filter: &Filter, writer: &Writer) -> Result<(), Problem> {
    let subject = filter.subject.clone().unwrap_or_else(|| Subject::all("audit"));
    look(writer, caller.entry(action, subject).about(filter.survey_id, filter.company_id)).await
}

/// Entries, the newest first: one more than the page has, if there are so many.
pub async fn list(
    caller: &Caller,
    asked: &Asked,
    database: &Database,
    writer: &Writer,
) -> Result<Vec<Recorded>, Problem> {
    looks(caller, "audit.read", &asked.filter, writer).await?;
    let (filter, before, limit) = (asked.filter.clone(), asked.before, asked.page.one_more());
    Ok(database.read(move |conn| store::list(conn, &filter, before, limit)).await?)
}

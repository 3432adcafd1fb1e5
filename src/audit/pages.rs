//! The page of the audit log.

use std::collections::BTreeSet;

use askama::Template;
use rocket::{Route, State, get, routes};

use super::{
    Outcome, People, Recorded,
    admin::{self, Asked, FILTERS},
    words,
};
use crate::{
    access::{Actor, Power},
    accounts, companies,
    db::Database,
    http::{
        Query,
        list::{Cursor, List, PAGE_PARAMETERS},
    },
    keys,
    pages::{Entries, Frame, Opened, Page, PageProblem, PageResult, Section},
    problem::Problem,
    progress::writer::Writer,
    surveys,
};

/// The routes of these pages.
pub fn routes() -> Vec<Route> {
    routes![list]
}

#[derive(Template)]
#[template(path = "audit/templates/list.html")]
struct ListPage {
    frame: Frame,
    entries: Entries,
    found: Vec<Recorded>,
    names: Names,
    next: Option<String>,
    /// Where the same entries are exported as CSV and as NDJSON; none if the filters are wrong.
    exports: Option<[String; 2]>,
    is_filtered: bool,
}

#[get("/audit")]
async fn list(
    opened: Result<Opened, PageProblem>,
    query: Query<'_>,
    people: &State<People>,
    database: &State<Database>,
    writer: &State<Writer>,
) -> PageResult {
    let (caller, frame) = opened?.may(Power::Audit, "Audit log", Section::Audit)?;
    let caller = caller.without_limits()?;
    let mut entries = Entries::of_query(&query);
    let found = match Asked::of(entries.filters(&[&FILTERS[..], &PAGE_PARAMETERS].concat()), people) {
        Ok(asked) => {
            let found = admin::list(&caller, &asked, database, writer).await?;
            List::of(found, &asked.page, |entry| Cursor::of(&[&entry.id]), |entry| entry)
        }
        Err(problem) => {
            entries.blame(problem)?;
            List::with_next(Vec::new(), None)
        }
    };
    let next = found.next.map(|next| entries.address("/admin/audit", "after", Some(&next)));
    let filters = Entries::prefilled(&FILTERS.map(|name| (name, entries.value(name))));
    let export = |format| filters.address("/api/admin/audit/export", "format", Some(format));
    let exports = entries.errors().is_empty().then(|| ["csv", "ndjson"].map(export));
    let names = Names::of(&found.items, database).await?;
    let is_filtered = !filters.is_empty();
    Page::show(&ListPage { frame, entries, found: found.items, names, next, exports, is_filtered })
}

/// What those are called whom the entries of a page name by numbers.
#[derive(Default)]
struct Names {
    accounts: Vec<(i64, String)>,
    keys: Vec<(i64, String)>,
    surveys: Vec<(i64, String)>,
    companies: Vec<(i64, String)>,
}

impl Names {
    /// Those of these entries, each kind asked for at once.
    async fn of(entries: &[Recorded], database: &Database) -> Result<Self, Problem> {
        let ids = |id: &dyn Fn(&Recorded) -> Option<i64>| -> Vec<i64> {
            entries.iter().filter_map(id).collect::<BTreeSet<_>>().into_iter().collect()
        };
        let accounts = ids(&|entry| if let Actor::Account(id) = entry.actor { Some(id) } else { None });
        let keys = ids(&|entry| if let Actor::Key(id) = entry.actor { Some(id) } else { None });
        let surveys = ids(&|entry| entry.survey_id.map(|id| id.0));
        let companies = ids(&|entry| entry.company_id.map(|id| id.0));
        let all = move |conn: &mut _| {
            let found = surveys::store::page(conn, Some(&surveys), None, None, surveys.len() as i64)?;
            let others = companies::store::page(conn, Some(&companies), None, None, companies.len() as i64)?;
            Ok(Self {
                accounts: accounts::store::emails(conn, &accounts)?,
                keys: keys::store::names(conn, &keys)?,
                surveys: found.into_iter().map(|survey| (survey.id, survey.name)).collect(),
                companies: others.into_iter().map(|company| (company.id.0, company.name)).collect(),
            })
        };
        Ok(database.read(all).await?)
    }

    /// Who did it.
    fn actor(&self, actor: Actor) -> String {
        let name = match actor {
            Actor::Account(id) => known(&self.accounts, id),
            Actor::Key(id) => known(&self.keys, id),
            Actor::CommandLine | Actor::Nobody => None,
        };
        words::who(actor, name)
    }

    /// In which survey and for which company, if that says more than what it was done to.
    fn place(&self, entry: &Recorded) -> String {
        let survey = entry.survey_id.map(|id| name(&self.surveys, id.0, "survey"));
        let company = entry.company_id.map(|id| name(&self.companies, id.0, "company"));
        survey.into_iter().chain(company).collect::<Vec<_>>().join(", ")
    }
}

fn known(names: &[(i64, String)], id: i64) -> Option<&str> {
    names.iter().find(|(known, _)| *known == id).map(|(_, name)| name.as_str())
}

/// What a thing is called; what is gone, by its kind and number.
fn name(names: &[(i64, String)], id: i64, thing: &str) -> String {
    known(names, id).map_or_else(|| format!("{thing} {id}"), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        companies::CompanyId,
        pages::samples::{HOSTILE, rendered},
        surveys::SurveyId,
    };

    fn entry(id: i64, actor: Actor) -> Recorded {
        Recorded {
            id,
            at: "2026-11-21T09:30:00Z".parse().expect("a moment"),
            actor,
            action: if id == 1 { "account.read".into() } else { HOSTILE.into() },
            subject: if id == 1 { "account 3".into() } else { HOSTILE.into() },
            survey_id: (id == 1).then_some(SurveyId(1)),
            company_id: (id == 1).then_some(CompanyId(7)),
            outcome: if id == 2 { Outcome::Refused } else { Outcome::Done },
            detail: HOSTILE.into(),
            address: HOSTILE.into(),
            request_id: HOSTILE.into(),
        }
    }

    #[test]
    fn the_template_is_rendered_and_no_text_becomes_markup() {
        let hostile = || vec![(1, HOSTILE.to_owned())];
        let page = |found, entries: Entries| ListPage {
            frame: Frame::sample("Audit log"),
            is_filtered: !entries.is_empty(),
            exports: entries.errors().is_empty().then(|| [HOSTILE.into(), HOSTILE.into()]),
            entries,
            found,
            names: Names { accounts: hostile(), keys: hostile(), surveys: hostile(), companies: Vec::new() },
            next: Some("/admin/audit?after=x".into()),
        };
        let actors = [Actor::Account(1), Actor::Key(1), Actor::CommandLine, Actor::Nobody, Actor::Account(2)];
        let found = (1..).zip(actors).map(|(id, actor)| entry(id, actor)).collect();
        let html = rendered(&page(found, Entries::prefilled(&[("action", "draft"), ("email", HOSTILE)])));
        assert!(html.contains("looked at an account") && html.contains("company 7"), "{html}");
        rendered(&page(Vec::new(), Entries::default()));
        let mut wrong = Entries::prefilled(&[("actor", HOSTILE)]);
        wrong.note("actor", "must be another");
        assert!(rendered(&page(Vec::new(), wrong)).contains("must be another."));
    }
}

//! The pages of companies and their guest codes.

use askama::Template;
use rocket::{Route, State, get, post, routes};

use super::{Company, admin};
use crate::{
    access::Power,
    db::Database,
    http::{
        Query,
        list::{Cursor, List},
    },
    pages::{Entries, Frame, Opened, Page, PageProblem, PageResult, Posted, Section},
    problem::Problem,
    progress::writer::Writer,
};

/// The routes of these pages.
pub fn routes() -> Vec<Route> {
    routes![list, ask_new, create]
}

#[derive(Template)]
#[template(path = "companies/templates/list.html")]
struct ListPage {
    frame: Frame,
    entries: Entries,
    companies: Vec<Company>,
    next: Option<String>,
    may_add: bool,
    may_see_codes: bool,
}

#[get("/companies")]
async fn list(opened: Result<Opened, PageProblem>, query: Query<'_>, database: &State<Database>) -> PageResult {
    let (caller, frame) = opened?.may(Power::Figures, "Companies", Section::Companies)?;
    let mut entries = Entries::of_query(&query);
    let found = match admin::Asked::of(entries.filters(&admin::FILTERS)) {
        Ok(asked) => {
            let found = admin::list(&caller, &asked, database).await?;
            List::of(found, &asked.page, |company| Cursor::of(&[&company.id.0]), |company| company)
        }
        Err(problem) => {
            entries.blame(problem)?;
            List::with_next(Vec::new(), None)
        }
    };
    let next = found.next.map(|next| entries.address("/admin/companies", "after", Some(&next)));
    let may_see_codes = caller.grant.may(Power::ChangeCompanies);
    let may_add = may_see_codes && caller.without_limits().is_ok();
    Page::show(&ListPage { frame, entries, companies: found.items, next, may_add, may_see_codes })
}

#[derive(Template)]
#[template(path = "companies/templates/new.html")]
struct NewPage {
    frame: Frame,
    entries: Entries,
}

#[get("/companies/new")]
async fn ask_new(opened: Result<Opened, PageProblem>) -> PageResult {
    let (caller, frame) = opened?.may(Power::ChangeCompanies, "Add a company", Section::Companies)?;
    caller.without_limits()?;
    Page::show(&NewPage { frame, entries: Entries::default() })
}

#[post("/companies", data = "<form>")]
async fn create(form: Result<Posted, PageProblem>, writer: &State<Writer>) -> PageResult {
    let (caller, frame, mut entries) = form?.may(Power::ChangeCompanies, "Add a company", Section::Companies)?;
    let caller = caller.without_limits()?;
    let problem = match admin::create(&caller, entries.fields(), writer).await {
        Ok(company) => return Page::done("/admin/companies", format!("{} was added.", company.name)),
        Err(problem) => problem,
    };
    match &problem {
        Problem::GuestCodeTaken => entries.note("guest_code", "is taken by another company"),
        other => entries.blame(other.clone())?,
    }
    Page::refused(&problem, &NewPage { frame, entries })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        companies::CompanyId,
        pages::samples::{HOSTILE, rendered},
    };

    #[test]
    fn every_template_is_rendered_and_no_text_becomes_markup() {
        let company = |id| Company {
            id: CompanyId(id),
            name: HOSTILE.into(),
            details: HOSTILE.into(),
            guest_code: HOSTILE.into(),
            is_active: id == 1,
        };
        let page = |companies, may_add| ListPage {
            frame: Frame::sample("Companies"),
            entries: Entries::prefilled(&[("is_active", "true")]),
            companies,
            next: Some("/admin/companies?after=x".into()),
            may_add,
            may_see_codes: may_add,
        };
        let html = rendered(&page(vec![company(1), company(2)], true));
        assert_eq!(html.matches("switched off").count(), 2, "one company is, and the filter says so");
        rendered(&page(Vec::new(), true));
        rendered(&page(Vec::new(), false));

        let mut entries = Entries::prefilled(&[("name", HOSTILE), ("guest_code", HOSTILE), ("details", HOSTILE)]);
        entries.note("guest_code", "is taken by another company");
        let html = rendered(&NewPage { frame: Frame::sample("Add a company"), entries });
        assert!(html.contains("Guest code is taken by another company."), "{html}");
    }
}

//! The pages of companies and their guest codes.

use askama::Template;
use rocket::{Route, State, get, post, routes};

use super::{
    Change, Company, CompanyDetails, CompanyId, CompanyName, WrittenCode,
    admin::{self, Figures, InSurvey},
};
use crate::{
    access::{Caller, Power},
    db::Database,
    http::{
        Query,
        list::{Cursor, List},
    },
    pages::{Confirm, Entries, Frame, Opened, Page, PageProblem, PageResult, Posted, Section, shown},
    problem::Problem,
    progress::writer::Writer,
};

/// The routes of these pages.
pub fn routes() -> Vec<Route> {
    routes![list, ask_new, create, show, change, change_code, ask_off, switch_off, switch_on]
}

#[derive(Template)]
#[template(path = "companies/templates/list.html")]
struct ListPage {
    frame: Frame,
    entries: Entries,
    companies: Vec<(Company, Figures)>,
    next: Option<String>,
    /// Whether whoever looks is limited to some.
    is_limited: bool,
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
    let mut figures = admin::figures(&caller, &found.items, database).await?;
    let companies = found.items.into_iter().map(|company| {
        let figures = figures.remove(&company.id).unwrap_or_default();
        (company, figures)
    });
    let companies = companies.collect();
    let is_limited = caller.grant.companies.is_limited();
    let may_see_codes = caller.grant.may(Power::ChangeCompanies);
    let may_add = may_see_codes && caller.without_limits().is_ok();
    Page::show(&ListPage { frame, entries, companies, next, is_limited, may_add, may_see_codes })
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
        Ok(company) => return Page::done(address(company.id), format!("{} was added.", company.name)),
        Err(problem) => problem,
    };
    blame(&mut entries, &problem)?;
    Page::refused(&problem, &NewPage { frame, entries })
}

fn address(id: CompanyId) -> String {
    format!("/admin/companies/{id}")
}

fn blame(entries: &mut Entries, problem: &Problem) -> Result<(), Problem> {
    match problem {
        Problem::GuestCodeTaken => entries.note("guest_code", "is taken by another company"),
        other => entries.blame(other.clone())?,
    }
    Ok(())
}

#[derive(Template)]
#[template(path = "companies/templates/show.html")]
struct CompanyPage {
    frame: Frame,
    company: Company,
    figures: Figures,
    surveys: Vec<InSurvey>,
    /// Its name and details, as they are to be changed.
    entries: Entries,
    /// A new guest code.
    code: Entries,
    may_change: bool,
    may_read_drafts: bool,
    may_read_submissions: bool,
}

impl CompanyPage {
    async fn of(caller: &Caller, frame: Frame, id: CompanyId, database: &Database) -> Result<Self, PageProblem> {
        let company = admin::find(id, database).await?;
        let (figures, surveys) = admin::by_survey(caller, id, database).await?;
        Ok(Self {
            frame: frame.titled(&company.name),
            entries: Entries::shown(&[("name", &company.name), ("details", &company.details)]),
            company,
            figures,
            surveys,
            code: Entries::default(),
            may_change: caller.grant.may(Power::ChangeCompanies),
            may_read_drafts: caller.grant.may(Power::ReadDrafts),
            may_read_submissions: caller.grant.may(Power::ReadSubmissions),
        })
    }
}

#[get("/companies/<id>")]
async fn show(
    id: Result<CompanyId, &str>,
    opened: Result<Opened, PageProblem>,
    database: &State<Database>,
) -> PageResult {
    let (caller, frame) = opened?.may(Power::Figures, "Company", Section::Companies)?;
    let id = admin::visible(id, &caller)?;
    Page::show(&CompanyPage::of(&caller, frame, id, database).await?)
}

#[post("/companies/<id>", data = "<form>")]
async fn change(
    id: Result<CompanyId, &str>,
    form: Result<Posted, PageProblem>,
    database: &State<Database>,
    writer: &State<Writer>,
) -> PageResult {
    let (caller, frame, mut entries) = form?.may(Power::ChangeCompanies, "Company", Section::Companies)?;
    let id = admin::visible(id, &caller)?;
    let changed = match changed_details(&entries) {
        Ok(change) => admin::change(&caller, id, change, writer).await,
        Err(problem) => Err(problem),
    };
    let problem = match changed {
        Ok(company) => return Page::done(address(id), format!("{} is as you have set it.", company.name)),
        Err(problem) => problem,
    };
    blame(&mut entries, &problem)?;
    Page::refused(&problem, &CompanyPage { entries, ..CompanyPage::of(&caller, frame, id, database).await? })
}

/// What is different in a form that shows the name and the details.
fn changed_details(entries: &Entries) -> Result<Change, Problem> {
    let mut fields = entries.fields();
    let name = fields.required::<CompanyName>("name");
    let details = fields.optional::<CompanyDetails>("details").unwrap_or_default();
    let name = fields.finish(name)?;
    Ok(Change {
        name: Some(name).filter(|name| entries.is_changed("name", &name.0)),
        details: Some(details).filter(|details| entries.is_changed("details", &details.0)),
        ..Change::default()
    })
}

#[post("/companies/<id>/code", data = "<form>")]
async fn change_code(
    id: Result<CompanyId, &str>,
    form: Result<Posted, PageProblem>,
    database: &State<Database>,
    writer: &State<Writer>,
) -> PageResult {
    let (caller, frame, mut code) = form?.may(Power::ChangeCompanies, "Company", Section::Companies)?;
    let id = admin::visible(id, &caller)?;
    let mut fields = code.fields();
    let written = fields.required::<WrittenCode>("guest_code");
    let changed = match fields.finish(written) {
        Ok(written) => {
            admin::change(&caller, id, Change { guest_code: Some(written), ..Change::default() }, writer).await
        }
        Err(problem) => Err(problem),
    };
    let problem = match changed {
        Ok(company) => {
            return Page::done(
                address(id),
                format!("{} has a new guest code. The old one is not taken any more.", company.name),
            );
        }
        Err(problem) => problem,
    };
    blame(&mut code, &problem)?;
    Page::refused(&problem, &CompanyPage { code, ..CompanyPage::of(&caller, frame, id, database).await? })
}

#[get("/companies/<id>/off")]
async fn ask_off(
    id: Result<CompanyId, &str>,
    opened: Result<Opened, PageProblem>,
    database: &State<Database>,
) -> PageResult {
    let (caller, frame) = opened?.may(Power::ChangeCompanies, "Switch off a company", Section::Companies)?;
    let id = admin::visible(id, &caller)?;
    let company = admin::find(id, database).await?;
    let (figures, _) = admin::by_survey(&caller, id, database).await?;
    Page::show(&Confirm {
        frame: frame.titled(format!("Switch off {}?", company.name)),
        what: vec![
            format!(
                "Its guest code {} is not taken any more. Whoever types it from then on is told that it is not valid, and what \
                 they begin belongs to no company.",
                company.guest_code
            ),
            format!(
                "Drafts stay, and keep their link: those who have begun can go on and submit. At present there are {}.",
                shown::plural(figures.live_drafts, "live draft")
            ),
            "Submissions and figures stay. You can switch it on again at any time.".into(),
        ],
        action: format!("{}/off", address(id)),
        button: "Switch it off",
        back: address(id),
        hidden: Vec::new(),
        typed: None,
        entries: Entries::default(),
    })
}

#[post("/companies/<id>/off", data = "<form>")]
async fn switch_off(
    id: Result<CompanyId, &str>,
    form: Result<Posted, PageProblem>,
    writer: &State<Writer>,
) -> PageResult {
    let company = switch(id, form, false, writer).await?;
    Page::done(address(company.id), format!("{} is switched off: its guest code is not taken any more.", company.name))
}

#[post("/companies/<id>/on", data = "<form>")]
async fn switch_on(
    id: Result<CompanyId, &str>,
    form: Result<Posted, PageProblem>,
    writer: &State<Writer>,
) -> PageResult {
    let company = switch(id, form, true, writer).await?;
    Page::done(address(company.id), format!("{} is switched on: its guest code is taken.", company.name))
}

async fn switch(
    id: Result<CompanyId, &str>,
    form: Result<Posted, PageProblem>,
    is_active: bool,
    writer: &Writer,
) -> Result<Company, PageProblem> {
    let (caller, ..) = form?.may(Power::ChangeCompanies, "Company", Section::Companies)?;
    let id = admin::visible(id, &caller)?;
    let change = Change { is_active: Some(is_active), ..Change::default() };
    Ok(admin::change(&caller, id, change, writer).await?)
}

#[cfg(test)]
#[path = "pages_tests.rs"]
mod tests;

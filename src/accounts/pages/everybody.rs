//! The list of accounts, new ones, and the links with which their people set a password.

use askama::Template;
use rocket::{Route, State, get, post, routes};

use super::{
    forms::{self, Named},
    one,
};
use crate::{
    access::{Power, Role},
    accounts::{Account, AccountId, Link, admin, rules::LINK_HOURS},
    db::Database,
    email::Email,
    http::{
        PublicUrl, Query,
        list::{Cursor, List},
    },
    pages::{Entries, Frame, Opened, Page, PageProblem, PageResult, Posted, Section, limits::Limits},
    progress::writer::Writer,
};

/// The routes of these pages.
pub(super) fn routes() -> Vec<Route> {
    routes![list, ask_new, add, new_link]
}

#[derive(Template)]
#[template(path = "accounts/templates/list.html")]
struct ListPage {
    frame: Frame,
    entries: Entries,
    accounts: Vec<Account>,
    companies: Named,
    next: Option<String>,
}

#[get("/accounts")]
async fn list(
    opened: Result<Opened, PageProblem>,
    query: Query<'_>,
    database: &State<Database>,
    writer: &State<Writer>,
) -> PageResult {
    let (caller, frame) = opened?.may(Power::Accounts, "Accounts", Section::Accounts)?;
    let mut entries = Entries::of_query(&query);
    let found = match admin::Asked::of(entries.filters(&admin::FILTERS)) {
        Ok(asked) => {
            let found = admin::list(&caller, &asked, database, writer).await?;
            List::of(found, &asked.page, |account| Cursor::of(&[&account.id.0]), |account| account)
        }
        Err(problem) => {
            entries.blame(problem)?;
            List::with_next(Vec::new(), None)
        }
    };
    let next = found.next.map(|next| entries.address("/admin/accounts", "after", Some(&next)));
    let companies = Named::of(&found.items, database).await?;
    Page::show(&ListPage { frame, entries, accounts: found.items, companies, next })
}

#[derive(Template)]
#[template(path = "accounts/templates/new.html")]
struct NewPage {
    frame: Frame,
    entries: Entries,
    choices: Limits,
}

#[get("/accounts/new")]
async fn ask_new(opened: Result<Opened, PageProblem>, database: &State<Database>) -> PageResult {
    let (_, frame) = opened?.may(Power::Accounts, "Add an account", Section::Accounts)?;
    let choices = forms::companies(database).await?;
    Page::show(&NewPage { frame, entries: Entries::prefilled(&[("role", "viewer")]), choices })
}

/// A one-time link, which is shown this once: so the form's own answer is the page.
#[derive(Template)]
#[template(path = "accounts/templates/link.html")]
struct LinkPage {
    frame: Frame,
    id: AccountId,
    /// Whose it is. None if it stands on the page before.
    email: Option<String>,
    link: String,
    hours: u32,
}

fn link_page(
    frame: Frame,
    account: (AccountId, Option<String>),
    link: &Link,
    to: (&PublicUrl, &rocket::Config),
) -> PageResult {
    let ((id, email), (public_url, listening)) = (account, to);
    Page::show(&LinkPage { frame, id, email, link: public_url.link(listening, &link.path()), hours: LINK_HOURS })
}

#[post("/accounts", data = "<form>")]
async fn add(
    form: Result<Posted, PageProblem>,
    database: &State<Database>,
    writer: &State<Writer>,
    public_url: &State<PublicUrl>,
    listening: &rocket::Config,
) -> PageResult {
    let (caller, frame, mut entries) = form?.may(Power::Accounts, "Add an account", Section::Accounts)?;
    let mut fields = entries.fields();
    let (email, role) = (fields.required::<Email>("email"), fields.required::<Role>("role"));
    let companies = forms::reach_in(&entries, &mut fields);
    let problem = match fields.finish(email.zip(role)) {
        Ok((email, role)) => match admin::add(&caller, email, role, companies, writer).await? {
            Ok((account, link)) => {
                let whose = (account.id, Some(account.email.as_str().to_owned()));
                return link_page(frame.titled("The account was added"), whose, &link, (public_url, listening));
            }
            Err(refusal) => {
                forms::say(refusal, &mut entries);
                refusal.into()
            }
        },
        Err(problem) => {
            entries.blame(problem.clone())?;
            problem
        }
    };
    let choices = forms::companies(database).await?;
    Page::refused(&problem, &NewPage { frame, entries, choices })
}

#[post("/accounts/<id>/link", data = "<form>")]
async fn new_link(
    id: &str,
    form: Result<Posted, PageProblem>,
    database: &State<Database>,
    writer: &State<Writer>,
    public_url: &State<PublicUrl>,
    listening: &rocket::Config,
) -> PageResult {
    let (caller, frame, _) = form?.may(Power::Accounts, "A new link", Section::Accounts)?;
    let id = admin::named(id)?;
    match admin::new_link(&caller, id, writer).await? {
        Ok(link) => link_page(frame, (id, None), &link, (public_url, listening)),
        Err(refusal) => one::refused(&caller, frame, id, (refusal, None), (database, writer)).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        access::Reach,
        accounts::pages::samples,
        pages::samples::{HOSTILE, rendered},
    };

    #[test]
    fn every_template_is_rendered_and_no_text_becomes_markup() {
        let page = |accounts| ListPage {
            frame: Frame::sample("Accounts"),
            entries: Entries::prefilled(&[("role", "editor"), ("is_active", "true")]),
            accounts,
            companies: samples::companies(),
            next: Some("/admin/accounts?after=x".into()),
        };
        let some = vec![
            samples::account(1, Reach::All),
            samples::account(2, samples::limited()),
            samples::account(3, Reach::All),
        ];
        let html = rendered(&page(some));
        assert!(html.contains("has not set a password") && html.contains(" and 1 more"), "{html}");
        rendered(&page(Vec::new()));

        let mut entries = Entries::prefilled(&[("email", HOSTILE), ("role", "king"), ("companies_limit", "some")]);
        entries.note("role", "must be viewer, editor or owner");
        entries.note("companies", "must be ticked");
        let page = NewPage { frame: Frame::sample("Add an account"), entries, choices: samples::choices() };
        let html = rendered(&page);
        assert!(html.contains("Companies must be ticked.") && html.contains("Role must be viewer"), "{html}");

        for email in [None, Some(HOSTILE.to_owned())] {
            let frame = Frame::sample("The account was added");
            rendered(&LinkPage { frame, id: AccountId(1), email, link: HOSTILE.into(), hours: 24 });
        }
    }
}

//! One account, for owners: what it may do, and what can be done to it.

use askama::Template;
use rocket::{Route, State, get, post, routes};

use super::forms::{self, Named};
use crate::{
    access::{Caller, Power, Role},
    accounts::{
        Account, AccountId, admin,
        rules::{Change, Refusal},
    },
    db::Database,
    pages::{
        Confirm, Entries, Frame, Opened, Page, PageProblem, PageResult, Posted, Section, limits::Limits, shown::plural,
    },
    problem::Problem,
    progress::writer::Writer,
};

/// The routes of these pages.
pub(super) fn routes() -> Vec<Route> {
    routes![show, change, switch, sign_out, ask_remove, remove]
}

#[derive(Template)]
#[template(path = "accounts/templates/show.html")]
struct AccountPage {
    frame: Frame,
    account: Account,
    companies: Named,
    entries: Entries,
    choices: Limits,
    /// Whether it is the account of whoever looks.
    is_own: bool,
    refused: Option<&'static str>,
}

/// The page of an account, with whatever is wrong with the form that was sent from it.
async fn account_page(
    caller: &Caller,
    frame: Frame,
    id: AccountId,
    wrong: Option<(Entries, Option<&'static str>)>,
    (database, writer): (&Database, &Writer),
) -> Result<AccountPage, Problem> {
    let account = admin::find(caller, id, database, writer).await?;
    let choices = forms::companies(database).await?;
    let companies = Named::of(std::slice::from_ref(&account), database).await?;
    let (entries, refused) = wrong.unwrap_or_else(|| (forms::as_it_is(&account, &choices), None));
    let is_own = caller.account.as_ref().is_some_and(|own| own.id == id);
    let frame = frame.titled(account.email.as_str());
    Ok(AccountPage { frame, account, companies, entries, choices, is_own, refused })
}

#[get("/accounts/<id>")]
async fn show(
    id: &str,
    opened: Result<Opened, PageProblem>,
    database: &State<Database>,
    writer: &State<Writer>,
) -> PageResult {
    let (caller, frame) = opened?.may(Power::Accounts, "", Section::Accounts)?;
    let id = admin::named(id)?;
    Page::show(&account_page(&caller, frame, id, None, (database, writer)).await?)
}

/// Shows the account once more, and says why nothing was changed. `entries`: what was typed, if it was its form.
pub(super) async fn refused(
    caller: &Caller,
    frame: Frame,
    id: AccountId,
    (refusal, entries): (Refusal, Option<Entries>),
    (database, writer): (&Database, &Writer),
) -> PageResult {
    let mut page = account_page(caller, frame, id, None, (database, writer)).await?;
    page.entries = entries.unwrap_or(page.entries);
    page.refused = forms::say(refusal, &mut page.entries);
    Page::refused(&refusal.into(), &page)
}

#[post("/accounts/<id>", data = "<form>")]
async fn change(
    id: &str,
    form: Result<Posted, PageProblem>,
    database: &State<Database>,
    writer: &State<Writer>,
) -> PageResult {
    let (caller, frame, mut entries) = form?.may(Power::Accounts, "", Section::Accounts)?;
    let id = admin::named(id)?;
    match forms::change_in(&entries) {
        Ok(change) => match admin::change(&caller, id, change, writer).await? {
            Ok(_) => Page::done(address(id), "The account is as you have set it."),
            Err(refusal) => refused(&caller, frame, id, (refusal, Some(entries)), (database, writer)).await,
        },
        Err(problem) => {
            entries.blame(problem.clone())?;
            let page = account_page(&caller, frame, id, Some((entries, None)), (database, writer)).await?;
            Page::refused(&problem, &page)
        }
    }
}

#[post("/accounts/<id>/switch", data = "<form>")]
async fn switch(
    id: &str,
    form: Result<Posted, PageProblem>,
    database: &State<Database>,
    writer: &State<Writer>,
) -> PageResult {
    let (caller, frame, entries) = form?.may(Power::Accounts, "", Section::Accounts)?;
    let id = admin::named(id)?;
    let mut fields = entries.fields();
    let is_active = fields.required::<bool>("is_active");
    let is_active = fields.finish(is_active)?;
    let change = Change { is_active: Some(is_active), ..Change::default() };
    match admin::change(&caller, id, change, writer).await? {
        Ok(_) if is_active => Page::done(address(id), "The account is switched on."),
        Ok(_) => Page::done(address(id), "The account is switched off, and signed out everywhere."),
        Err(refusal) => refused(&caller, frame, id, (refusal, None), (database, writer)).await,
    }
}

#[post("/accounts/<id>/sign-out", data = "<form>")]
async fn sign_out(id: &str, form: Result<Posted, PageProblem>, writer: &State<Writer>) -> PageResult {
    let (caller, ..) = form?.may(Power::Accounts, "", Section::Accounts)?;
    let id = admin::named(id)?;
    let ended = admin::end_sessions(&caller, id, writer).await??;
    let ended = plural(i64::try_from(ended).unwrap_or(i64::MAX), "session");
    Page::done(address(id), format!("The account is signed out everywhere: {ended} ended."))
}

#[get("/accounts/<id>/remove")]
async fn ask_remove(
    id: &str,
    opened: Result<Opened, PageProblem>,
    database: &State<Database>,
    writer: &State<Writer>,
) -> PageResult {
    let (caller, frame) = opened?.may(Power::Accounts, "", Section::Accounts)?;
    let account = admin::find(&caller, admin::named(id)?, database, writer).await?;
    Page::show(&Confirm {
        frame: frame.titled(format!("Remove the account of {}?", account.email.as_str())),
        what: vec![
            "Its person is signed out everywhere and cannot sign in any more. Links to set a password stop working.".into(),
            format!("What it did stays in the audit log, under the name “account {}”.", account.id.0),
            "It cannot be brought back. An account that you add with the same email is another one. To keep somebody out for a while, switch the account off instead.".into(),
        ],
        action: format!("{}/remove", address(account.id)),
        button: "Remove the account",
        back: address(account.id),
        hidden: Vec::new(),
        typed: None,
        entries: Entries::default(),
    })
}

#[post("/accounts/<id>/remove", data = "<form>")]
async fn remove(
    id: &str,
    form: Result<Posted, PageProblem>,
    database: &State<Database>,
    writer: &State<Writer>,
) -> PageResult {
    let (caller, frame, _) = form?.may(Power::Accounts, "", Section::Accounts)?;
    let id = admin::named(id)?;
    match admin::remove(&caller, id, writer).await? {
        Ok(()) => Page::done("/admin/accounts", format!("Account {} was removed.", id.0)),
        Err(refusal) => refused(&caller, frame, id, (refusal, None), (database, writer)).await,
    }
}

fn address(id: AccountId) -> String {
    format!("/admin/accounts/{}", id.0)
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
    fn the_template_is_rendered_and_no_text_becomes_markup() {
        let page = |account: Account, is_own, refused| {
            let choices = samples::choices();
            AccountPage {
                frame: Frame::sample(HOSTILE),
                entries: forms::as_it_is(&account, &choices),
                companies: samples::companies(),
                account,
                choices,
                is_own,
                refused,
            }
        };
        let html = rendered(&page(samples::account(1, Reach::All), true, Some("Nothing was changed.")));
        assert!(html.contains("your own account") && html.contains("Nothing was changed."), "{html}");
        let html = rendered(&page(samples::account(2, samples::limited()), false, None));
        assert!(html.contains("Switch on"), "{html}");
    }
}

//! One's own account, for anybody who is signed in.

use askama::Template;
use rocket::{Route, State, get, post, routes};

use super::forms::Named;
use crate::{
    access::{Caller, Power},
    accounts::{Account, Password, TriedPassword, admin, door::Door},
    clock::Moment,
    db::Database,
    pages::{Entries, Frame, Opened, Page, PageProblem, PageResult, Posted},
    problem::Problem,
};

/// The routes of these pages.
pub(super) fn routes() -> Vec<Route> {
    routes![show, change_password]
}

#[derive(Template)]
#[template(path = "accounts/templates/own.html")]
struct OwnPage {
    frame: Frame,
    account: Account,
    companies: Named,
    powers: Vec<Power>,
    /// When the session ends, however busy it is.
    ends_at: Moment,
    /// Minutes without a request after which it ends before.
    idle_minutes: u32,
    /// What is wrong with the passwords. They themselves are not shown once more.
    entries: Entries,
}

async fn own_page(
    (caller, account, frame): (Caller, Account, Frame),
    entries: Entries,
    door: &Door<'_>,
    database: &Database,
) -> Result<OwnPage, Problem> {
    let ends_at = door.life.end(admin::own_session(&caller, database).await?.created_at);
    let companies = Named::of(std::slice::from_ref(&account), database).await?;
    let powers = caller.grant.powers.into_iter().collect();
    Ok(OwnPage { frame, account, companies, powers, ends_at, idle_minutes: door.life.idle_minutes, entries })
}

#[get("/account")]
async fn show(opened: Result<Opened, PageProblem>, door: Door<'_>, database: &State<Database>) -> PageResult {
    let who = opened?.is_signed_in("Your account")?;
    Page::show(&own_page(who, Entries::default(), &door, database).await?)
}

#[post("/account/password", data = "<form>")]
async fn change_password(form: Result<Posted, PageProblem>, door: Door<'_>, database: &State<Database>) -> PageResult {
    let (caller, account, frame, entries) = form?.is_signed_in("Your account")?;
    let mut fields = entries.fields();
    let current = fields.required::<TriedPassword>("current_password");
    let new = fields.required::<Password>("new_password");
    if entries.value("again") != entries.value("new_password") {
        fields.note("again", "must be the new password once more");
    }
    let changed = match fields.finish(current.zip(new)) {
        Ok((current, new)) => door.change_password((caller.clone(), account.clone()), current, new).await,
        Err(problem) => Err(problem),
    };
    let Err(problem) = changed else {
        return Page::done("/admin/account", "Your password was changed. Your other sessions have ended.");
    };
    let mut wrong = Entries::default();
    wrong.blame(problem.clone())?;
    Page::refused(&problem, &own_page((caller, account, frame), wrong, &door, database).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{access::Reach, accounts::pages::samples, pages::samples::rendered};

    #[test]
    fn the_template_is_rendered_and_no_text_becomes_markup() {
        let page = |account, entries| OwnPage {
            frame: Frame::sample("Your account"),
            account,
            companies: samples::companies(),
            powers: Power::ALL.to_vec(),
            ends_at: "2026-11-21T21:30:00Z".parse().expect("a moment"),
            idle_minutes: 120,
            entries,
        };
        let html = rendered(&page(samples::account(1, Reach::All), Entries::default()));
        assert!(html.contains("2 hours") && html.contains("Read the audit log"), "{html}");
        let mut wrong = Entries::default();
        wrong.note("current_password", "is not your password");
        wrong.note("new_password", "must not be the email");
        wrong.note("again", "must be the new password once more");
        let html = rendered(&page(samples::account(2, samples::limited()), wrong));
        assert!(html.contains("Present password is not your password."), "{html}");
    }
}

//! The way in and out: signing in, what to do before anybody can, and signing out.

use askama::Template;
use rocket::{
    Data, Request, Route, State,
    data::{ByteUnit, FromData, Outcome as DataOutcome},
    get,
    outcome::Outcome::{Error, Success},
    post, routes,
};

use super::{Entries, Page, PageProblem, PageResult, Posted, assets, guard};
use crate::{
    accounts::{TriedPassword, admin, door::Door, store},
    db::Database,
    email::Email,
    http::Query,
    problem::Problem,
    progress::writer::Writer,
};

/// The routes of this part.
pub(super) fn routes() -> Vec<Route> {
    routes![ask, sign_in, sign_out, sign_out_everywhere]
}

#[derive(Template)]
#[template(path = "pages/templates/sign_in.html")]
struct SignInPage {
    style: String,
    entries: Entries,
    refused: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/templates/first_run.html")]
struct FirstRunPage {
    style: String,
    /// Whether there is an account, whose person has not set a password yet.
    has_account: bool,
}

fn sign_in_page(entries: Entries, refused: Option<String>) -> SignInPage {
    SignInPage { style: assets::path("admin.css"), entries, refused }
}

#[get("/sign-in")]
async fn ask(query: Query<'_>, database: &State<Database>) -> PageResult {
    let who = database.read(store::who_can_sign_in).await?;
    if who.with_password == 0 {
        return Page::show(&FirstRunPage { style: assets::path("admin.css"), has_account: who.accounts > 0 });
    }
    let entries = Entries::of_query(&query);
    Page::show(&sign_in_page(Entries::prefilled(&[("next", entries.value("next"))]), None))
}

/// Room for an email, a password and an address, however they are written. Strangers send it before their tries are counted.
const MOST_OF_A_STRANGER: ByteUnit = ByteUnit::Kibibyte(16);

/// A form that nobody has to be signed in for.
struct Stranger(Entries);

#[rocket::async_trait]
impl<'r> FromData<'r> for Stranger {
    type Error = PageProblem;

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> DataOutcome<'r, Self> {
        let read = async {
            guard::refuse_other_sites(request)?;
            guard::form(request, data, MOST_OF_A_STRANGER).await
        };
        match read.await {
            Ok(given) => Success(Self(Entries::of_form(given))),
            Err(problem) => Error((problem.status(), problem.into())),
        }
    }
}

#[post("/sign-in", data = "<form>")]
async fn sign_in(form: Result<Stranger, PageProblem>, door: Door<'_>) -> PageResult {
    let Stranger(entries) = form?;
    let mut fields = entries.fields();
    let (email, password) = (fields.required::<Email>("email"), fields.required::<TriedPassword>("password"));
    let tried = match fields.finish(email.zip(password)) {
        Ok((email, password)) => door.sign_in(email, password).await.map(|_| ()),
        Err(problem) => Err(problem),
    };
    let next = entries.value("next");
    let Err(problem) = tried else { return Ok(Page::Elsewhere(page_of_ours(next).to_owned(), None)) };
    // The password is not shown once more, not even in the page's source.
    let mut again = Entries::prefilled(&[("email", entries.value("email")), ("next", next)]);
    match problem {
        Problem::SignInFailed => {
            let page = sign_in_page(again, Some(problem.detail()));
            Page::refused(&problem, &page)
        }
        Problem::InvalidRequest(errors) => {
            let problem = Problem::InvalidRequest(errors);
            again.blame(problem.clone())?;
            Page::refused(&problem, &sign_in_page(again, None))
        }
        other => Err(other.into()),
    }
}

/// Where somebody wanted to go, if it is one of our pages: nobody is led elsewhere after signing in.
fn page_of_ours(next: &str) -> &str {
    let is_ours = next.strip_prefix("/admin").is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
    let is_plain = next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') && !next.contains("//");
    // Browsers take these for steps upwards, encoded too.
    let path = next.split('?').next().unwrap_or_default().to_ascii_lowercase();
    let is_plain = is_plain && !path.replace("%2e", ".").contains("..");
    if is_ours && is_plain { next } else { "/admin" }
}

#[post("/sign-out", data = "<form>")]
async fn sign_out(form: Result<Posted, PageProblem>, door: Door<'_>, writer: &State<Writer>) -> PageResult {
    let (caller, account, ..) = form?.is_signed_in("")?;
    admin::sign_out(&caller, account.id, writer).await?;
    door.browser.forget_session();
    Ok(Page::Elsewhere("/admin/sign-in".into(), None))
}

#[post("/sign-out-everywhere", data = "<form>")]
async fn sign_out_everywhere(form: Result<Posted, PageProblem>, door: Door<'_>, writer: &State<Writer>) -> PageResult {
    let (caller, account, ..) = form?.is_signed_in("")?;
    admin::end_sessions(&caller, account.id, writer).await??;
    door.browser.forget_session();
    Ok(Page::Elsewhere("/admin/sign-in".into(), None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::samples::{HOSTILE, rendered};

    #[test]
    fn every_template_is_rendered_and_no_text_becomes_markup() {
        let style = || assets::path("admin.css");
        for has_account in [false, true] {
            rendered(&FirstRunPage { style: style(), has_account });
        }
        let mut entries = Entries::prefilled(&[("email", HOSTILE), ("next", HOSTILE)]);
        rendered(&SignInPage { style: style(), entries: entries.clone(), refused: Some(HOSTILE.into()) });
        entries.note("email", "must be an email address");
        let html = rendered(&SignInPage { style: style(), entries, refused: None });
        assert!(html.contains("Email must be an email address."), "{html}");
    }

    #[test]
    fn nobody_is_led_elsewhere() {
        for ours in ["/admin", "/admin/drafts?email=a%40b", "/admin?x=1"] {
            assert_eq!(page_of_ours(ours), ours);
        }
        for other in [
            "",
            "//evil.example",
            "/admin//evil",
            "/administrator",
            "https://evil.example/admin",
            "/admin/\\evil",
            "/admin/../docs",
            "/admin/%2E%2e/docs",
            "/admin/\r\nX: y",
        ] {
            assert_eq!(page_of_ours(other), "/admin", "{other}");
        }
    }
}

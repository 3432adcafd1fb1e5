//! The page behind a link to set a password. It needs no script, and looking at it uses nothing up: mail programs do that.

use askama::Template;
use rocket::{
    FromForm, Request, Response, Route,
    form::Form,
    get,
    http::{Header, Status},
    post,
    response::{self, Responder},
    routes,
};

use crate::accounts::{Password, door::Door};
use crate::{
    http::{Parameter, request_id},
    pages::{assets, fill},
    problem::Problem,
};

/// The routes of this slice.
pub fn routes() -> Vec<Route> {
    routes![ask, set]
}

/// What the page shows.
pub enum Page {
    /// The form.
    Ask {
        /// Whose password it sets.
        email: String,
        /// What was wrong when it was last sent.
        wrong: Option<&'static str>,
    },
    /// That the password is set.
    Done,
    /// That nothing was done, and why.
    Refused(Problem),
}

#[derive(Template)]
#[template(path = "accounts/templates/set_password.html")]
struct SetPassword<'a> {
    title: &'a str,
    email: &'a str,
    wrong: Option<&'a str>,
    said: Option<&'a str>,
    style: String,
}

/// A password, twice, so that a slip is noticed.
#[derive(FromForm)]
struct NewPassword<'r> {
    #[field(default = "")]
    password: &'r str,
    #[field(default = "")]
    again: &'r str,
}

#[get("/set-password/<token>")]
async fn ask(token: &str, door: Door<'_>) -> Page {
    match door.behind(token).await {
        Ok(account) => Page::Ask { email: account.email.as_str().to_owned(), wrong: None },
        Err(problem) => Page::Refused(problem),
    }
}

#[post("/set-password/<token>", data = "<form>")]
async fn set(token: &str, form: Form<NewPassword<'_>>, door: Door<'_>) -> Page {
    let account = match door.behind(token).await {
        Ok(account) => account,
        Err(problem) => return Page::Refused(problem),
    };
    let wrong = |wrong| Page::Ask { email: account.email.as_str().to_owned(), wrong: Some(wrong) };
    let password = match Password::parse(form.password) {
        Ok(password) if form.again == form.password => password,
        Ok(_) => return wrong("must be the same both times"),
        Err(detail) => return wrong(detail),
    };
    match door.set_password(token, password).await {
        Ok(()) => Page::Done,
        Err(Problem::InvalidRequest(_)) => wrong("must not be the email"),
        Err(problem) => Page::Refused(problem),
    }
}

impl<'r> Responder<'r, 'static> for Page {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let style = assets::path("admin.css");
        let (mut response, html) = match self {
            Self::Ask { email, wrong } => {
                let page = SetPassword { title: "Set your password", email: &email, wrong, said: None, style };
                let status = if wrong.is_some() { Status::BadRequest } else { Status::Ok };
                (Response::build().status(status).finalize(), page.render())
            }
            Self::Done => {
                let said = Some("You can sign in with it now.");
                let page = SetPassword { title: "Your password is set", email: "", wrong: None, said, style };
                (Response::new(), page.render())
            }
            Self::Refused(problem) => {
                let body = problem.body(request_id::of(request));
                let page = SetPassword { title: body.title, email: "", wrong: None, said: Some(&body.detail), style };
                // With the headers that it owes the client, such as Retry-After.
                (problem.respond_to(request)?, page.render())
            }
        };
        let html = html.map_err(|_| Status::InternalServerError)?;
        fill(&mut response, html);
        // The address holds the token: not even our own log of requests from here may have it.
        response.set_header(Header::new("Referrer-Policy", "no-referrer"));
        Ok(response)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::samples::{HOSTILE, rendered};

    #[test]
    fn the_template_is_rendered_and_no_text_becomes_markup() {
        for (wrong, said) in [(None, None), (Some(HOSTILE), None), (None, Some(HOSTILE))] {
            let style = assets::path("admin.css");
            rendered(&SetPassword { title: HOSTILE, email: HOSTILE, wrong, said, style });
        }
    }
}

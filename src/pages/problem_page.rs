//! Problems, as pages: the same words as in the API.

use askama::Template;
use rocket::{
    Request,
    http::Method,
    response::{self, Redirect, Responder},
};
use url::form_urlencoded;

use super::{assets, fill};
use crate::{
    http::request_id,
    problem::{FieldError, Problem},
};

/// A problem that is shown as a page.
#[derive(Debug)]
pub struct PageProblem(pub Problem);

impl<T: Into<Problem>> From<T> for PageProblem {
    fn from(problem: T) -> Self {
        Self(problem.into())
    }
}

#[derive(Template)]
#[template(path = "pages/templates/problem.html")]
struct ProblemPage<'a> {
    title: &'a str,
    detail: &'a str,
    code: &'a str,
    errors: &'a [FieldError],
    request_id: &'a str,
    style: String,
    is_signed_out: bool,
}

impl<'r> Responder<'r, 'static> for PageProblem {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let Self(problem) = self;
        let is_signed_out = problem == Problem::Unauthorized;
        if is_signed_out && matches!(request.method(), Method::Get | Method::Head) {
            return Redirect::to(sign_in_address(request)).respond_to(request);
        }
        let body = problem.body(request_id::of(request));
        let page = ProblemPage {
            title: if is_signed_out { "You are signed out" } else { body.title },
            detail: if is_signed_out { SIGNED_OUT } else { &body.detail },
            code: body.code,
            errors: &body.errors,
            request_id: &body.request_id,
            style: assets::path("admin.css"),
            is_signed_out,
        };
        let html = page.render().map_err(|_| rocket::http::Status::InternalServerError)?;
        // With the headers that it owes the client, such as Retry-After.
        let mut response = problem.respond_to(request)?;
        fill(&mut response, html);
        Ok(response)
    }
}

const SIGNED_OUT: &str = "Your session has ended, so nothing was changed. Sign in in another tab, come back to the form with your \
     browser's Back button, load it again and send it once more.";

/// Where to sign in, to come back here then.
fn sign_in_address(request: &Request<'_>) -> String {
    let here = request.uri().to_string();
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", &here).finish();
    if here == "/admin" { "/admin/sign-in".into() } else { format!("/admin/sign-in?{query}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::samples::{HOSTILE, rendered};

    #[test]
    fn the_template_is_rendered_and_no_text_becomes_markup() {
        let errors = [FieldError { pointer: HOSTILE.into(), detail: HOSTILE.into() }];
        for (errors, is_signed_out) in [(&errors[..], false), (&[], true)] {
            let page = ProblemPage {
                title: HOSTILE,
                detail: HOSTILE,
                code: "INVALID_REQUEST",
                errors,
                request_id: HOSTILE,
                style: assets::path("admin.css"),
                is_signed_out,
            };
            assert_eq!(rendered(&page).contains("Sign in in another tab"), is_signed_out);
        }
    }
}

//! The admin pages: what all of them share. Each slice has its own pages beside its API (`pages.rs`, `templates/`), over the same
//! operations; no page has a rule of its own.
//!
//! Pages are made on the server and work without JavaScript. A GET shows, a POST changes and then leads elsewhere, so that
//! nothing is sent twice by loading a page again.

pub mod assets;
pub mod choices;
pub mod confirm;
pub mod entries;
pub mod frame;
pub mod guard;
pub mod limits;
pub mod names;
mod notice;
pub mod problem_page;
#[cfg(test)]
pub mod samples;
pub mod shown;
pub mod sign_in;

use std::io::Cursor;

use askama::Template;
use rocket::{
    Request, Response, Route,
    http::{ContentType, Header, Status},
    response::{self, Redirect, Responder},
};

pub use self::{
    choices::Choices,
    confirm::Confirm,
    entries::Entries,
    frame::{Frame, Section},
    guard::{Opened, Posted},
    names::Names,
    problem_page::PageProblem,
};
use crate::{problem::Problem, surveys::questions::words::cut};

/// What a handler of a page gives.
pub type PageResult = Result<Page, PageProblem>;

/// The routes that belong to no slice.
pub fn routes() -> Vec<Route> {
    [assets::routes(), sign_in::routes()].concat()
}

/// The way to the pages for whoever types no more than the host.
pub fn root() -> Vec<Route> {
    rocket::routes![to_the_pages]
}

#[rocket::get("/")]
fn to_the_pages() -> Redirect {
    Redirect::to("/admin")
}

/// A page, or where to go.
pub enum Page {
    /// This HTML.
    Html(Status, String),
    /// Another page, which shows this notice if there is one.
    Elsewhere(String, Option<String>),
}

impl Page {
    /// A template, filled in.
    pub fn show(template: &impl Template) -> PageResult {
        Ok(Self::Html(Status::Ok, rendered(template)?))
    }

    /// A form once more, with what is wrong with it.
    pub fn refused(problem: &Problem, template: &impl Template) -> PageResult {
        Ok(Self::Html(problem.status(), rendered(template)?))
    }

    /// Something is done: a notice says so on the page of this address.
    ///
    /// The notice goes through the browser, and stays in it for a moment: no participant's data belongs in it.
    pub fn done(to: impl Into<String>, notice: impl Into<String>) -> PageResult {
        // Browsers drop a cookie that is too long, and proxies refuse its answer. Names may be long.
        let notice = cut(&notice.into(), 300);
        Ok(Self::Elsewhere(to.into(), Some(notice)))
    }
}

fn rendered(template: &impl Template) -> Result<String, PageProblem> {
    template.render().map_err(|cause| {
        tracing::error!(%cause, "a page cannot be rendered");
        Problem::Internal.into()
    })
}

/// Nothing is loaded from elsewhere; forms go nowhere else; nobody frames a page; no text becomes a script, whatever a template
/// or a script forgot.
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// Makes a response a page: its HTML, and the headers that every page has.
pub fn fill(response: &mut Response<'_>, html: String) {
    response.set_sized_body(html.len(), Cursor::new(html));
    response.set_header(ContentType::HTML);
    response.set_header(Header::new("Content-Security-Policy", CONTENT_POLICY));
    // Addresses of pages hold filters, and with them emails.
    response.set_header(Header::new("Referrer-Policy", "same-origin"));
    response.set_header(Header::new("Cache-Control", "no-store"));
}

impl<'r> Responder<'r, 'static> for Page {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        match self {
            Self::Html(status, html) => {
                let mut response = Response::build().status(status).finalize();
                fill(&mut response, html);
                Ok(response)
            }
            Self::Elsewhere(to, notice) => {
                if let Some(notice) = notice {
                    notice::leave(request, &notice);
                }
                Redirect::to(to).respond_to(request)
            }
        }
    }
}

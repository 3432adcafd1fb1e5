//! Rocket's own refusals, in the form of ours.

use rocket::{
    Request, Route, catch,
    http::Status,
    response::{self, Responder},
};

use super::{access_log, cors::Cors};
use crate::{pages::PageProblem, problem::Problem};

/// Whatever no handler answered.
#[catch(default)]
pub fn any(status: Status, request: &Request<'_>) -> Refusal {
    Refusal(match status.code {
        404 => match methods_of(request) {
            Some(methods) => Problem::MethodNotAllowed(methods),
            None => Problem::NotFound,
        },
        400..500 => Problem::BadRequest,
        _ => Problem::Internal,
    })
}

/// A refusal of Rocket's own.
pub struct Refusal(Problem);

impl<'r> Responder<'r, 'static> for Refusal {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let path = request.uri().path();
        let is_page = path == "/admin" || path.starts_with("/admin/");
        let mut response = if is_page { PageProblem(self.0).respond_to(request) } else { self.0.respond_to(request) }?;
        if !access_log::is_followed(request) {
            if let Some(cors) = request.rocket().state::<Cors>() {
                cors.add_headers(request, &mut response);
            }
            access_log::finish(request, &mut response);
        }
        Ok(response)
    }
}

/// The methods that this path takes, if it exists: Rocket itself answers 404 to a method that a path has not.
fn methods_of(request: &Request<'_>) -> Option<String> {
    let path: Vec<&str> = request.uri().path().segments().collect();
    let mut methods: Vec<&str> = request
        .rocket()
        .routes()
        .filter(|route| !route.uri.path().contains("..>") && leads_to(route, &path))
        .map(|route| route.method.as_str())
        .collect();
    if methods.contains(&"GET") {
        methods.push("HEAD");
    }
    methods.sort_unstable();
    methods.dedup();
    (!methods.is_empty()).then(|| methods.join(", "))
}

fn leads_to(route: &Route, path: &[&str]) -> bool {
    let pattern: Vec<&str> = route.uri.path().split('/').filter(|segment| !segment.is_empty()).collect();
    pattern.len() == path.len()
        && pattern.iter().zip(path).all(|(pattern, segment)| pattern.starts_with('<') || pattern == segment)
}

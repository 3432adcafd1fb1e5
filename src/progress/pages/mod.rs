//! The pages of drafts: looking for them, one of them with its answers, its earlier states, and what may be done with it.

mod acts;
mod detail;
mod form;
mod list;
mod refused;
#[cfg(test)]
mod samples;
mod versions;

use rocket::Route;

/// The routes of these pages.
pub fn routes() -> Vec<Route> {
    [list::routes(), detail::routes(), versions::routes(), acts::routes()].concat()
}

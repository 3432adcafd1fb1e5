//! The pages of surveys: the list, a survey with its funnel, and what it still takes.

mod funnel;
mod list;
mod show;
mod status;

use rocket::{Route, routes};

/// The routes of these pages.
pub fn routes() -> Vec<Route> {
    routes![list::list, show::show, status::ask, status::set]
}

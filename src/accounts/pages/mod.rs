//! The pages of accounts: setting a password with a link, one's own account, and for owners everybody's.

mod everybody;
mod forms;
mod one;
mod own;
#[cfg(test)]
mod samples;
mod set_password;

use rocket::Route;

/// The routes of these pages.
pub fn routes() -> Vec<Route> {
    [set_password::routes(), own::routes(), everybody::routes(), one::routes()].concat()
}

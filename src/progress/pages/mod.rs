//! The pages of drafts.
use rocket::Route;
/// The routes of these pages.
pub fn routes() -> Vec<Route> {
    Vec::new()
}

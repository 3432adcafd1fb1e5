//! Links to set a password, over HTTP: for owners, who send them to whom they are for.

use rocket::{Route, State, http::Status, post, routes, serde::json::Json};
use serde::Serialize;
use utoipa::ToSchema;

use super::{AccountId, Link, admin};
use crate::{
    access::{Arrived, Power},
    clock::Moment,
    http::{PublicUrl, Query},
    problem::Problem,
    progress::writer::Writer,
};

/// The routes of this slice.
pub fn routes() -> Vec<Route> {
    routes![add]
}

/// A one-time link to set a password. It is shown this once.
#[derive(Serialize, ToSchema)]
pub struct LinkView {
    #[schema(example = "https://forms.example.org/admin/set-password/pJ0aTnXo5pWqGQ8mWv0j3M2rXyBq1cT7sKfUeHdLzNA")]
    password_link: String,
    /// From then on it does not work.
    password_link_expires_at: Moment,
}

impl LinkView {
    /// Of a link to this service.
    pub fn new(link: &Link, public_url: &PublicUrl, listening: &rocket::Config) -> Self {
        Self { password_link: public_url.link(listening, &link.path()), password_link_expires_at: link.expires_at }
    }
}

/// Make a new link to set a password
///
/// For somebody whose link has expired, or who has forgotten the password, which works until another is set. Earlier links stop working.
#[utoipa::path(
    operation_id = "addPasswordLink",
    context_path = "/api/admin", tag = "Admin: accounts", security(("session" = [])),
    params(("id" = AccountId, Path, description = "Names the account")),
    responses(
        (status = 201, description = "The link", body = LinkView),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 404, response = crate::openapi::AccountNotFound),
        crate::openapi::AnyAdmin
    )
)]
#[post("/accounts/<id>/password-link")]
async fn add(
    id: &str,
    arrived: Result<Arrived, Problem>,
    query: Query<'_>,
    writer: &State<Writer>,
    public_url: &State<PublicUrl>,
    listening: &rocket::Config,
) -> Result<(Status, Json<LinkView>), Problem> {
    let caller = arrived?.may(Power::Accounts)?;
    query.none()?;
    let link = admin::new_link(&caller, admin::named(id)?, writer).await??;
    Ok((Status::Created, Json(LinkView::new(&link, public_url, listening))))
}

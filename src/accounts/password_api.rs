//! Setting passwords over HTTP: one's own while signed in, or with a link.

use rocket::{Route, http::Status, post, put, routes};
use utoipa::ToSchema;

use super::{Password, TriedPassword, door::Door};
use crate::{
    access::Arrived,
    http::{JsonBody, Parameter},
    problem::Problem,
};

/// The routes of this slice.
pub fn routes() -> Vec<Route> {
    routes![change, set]
}

/// Another password for oneself.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "the documentation of a body whose members are read one by one, to find all errors at once"
)]
pub struct ChangePasswordBody {
    #[schema(format = Password, max_length = 256, example = "correct horse battery")]
    current_password: String,
    /// Not the email.
    #[schema(format = Password, min_length = 12, max_length = 256, example = "staple that, horse")]
    new_password: String,
}

/// Change one's own password
///
/// All other sessions of the account end, and links to set a password stop working.
#[utoipa::path(
    operation_id = "changePassword",
    context_path = "/api/admin", tag = "Admin: session", security(("session" = [])),
    request_body(content = ChangePasswordBody, example = json!({"current_password": "correct horse battery", "new_password": "staple that, horse"})),
    responses(
        (status = 204, description = "Changed"),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 429, response = crate::openapi::TooManyRequests),
        crate::openapi::AnyBody, crate::openapi::AnyAdmin
    )
)]
#[put("/password", data = "<body>")]
async fn change(
    arrived: Result<Arrived, Problem>,
    body: Result<JsonBody<'_>, Problem>,
    door: Door<'_>,
) -> Result<Status, Problem> {
    let who = arrived?.is_signed_in()?;
    let mut fields = body?.fields()?;
    let (current, new) =
        (fields.required::<TriedPassword>("current_password"), fields.required::<Password>("new_password"));
    let (current, new) = fields.finish(current.zip(new))?;
    door.change_password(who, current, new).await?;
    Ok(Status::NoContent)
}

/// A password, and the link that allows to set it.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "the documentation of a body whose members are read one by one, to find all errors at once"
)]
pub struct SetPasswordBody {
    /// The last part of the link.
    #[schema(example = "pJ0aTnXo5pWqGQ8mWv0j3M2rXyBq1cT7sKfUeHdLzNA")]
    token: String,
    /// Not the email.
    #[schema(format = Password, min_length = 12, max_length = 256, example = "correct horse battery")]
    password: String,
}

/// Set a password with a one-time link
///
/// The link works once, for 24 hours. All sessions of the account end.
#[utoipa::path(
    operation_id = "setPassword",
    context_path = "/api/admin", tag = "Admin: session",
    request_body(content = SetPasswordBody, example = json!({"token": "pJ0aTnXo5pWqGQ8mWv0j3M2rXyBq1cT7sKfUeHdLzNA", "password": "correct horse battery"})),
    responses(
        (status = 204, description = "Set: sign in with it"),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 410, response = crate::openapi::PasswordLinkInvalid),
        (status = 429, response = crate::openapi::TooManyRequests),
        crate::openapi::AnyBody, crate::openapi::AnyStorage
    )
)]
#[post("/set-password", data = "<body>")]
async fn set(body: Result<JsonBody<'_>, Problem>, door: Door<'_>) -> Result<Status, Problem> {
    let mut fields = body?.fields()?;
    let (token, password) = (fields.required::<LinkToken>("token"), fields.required::<Password>("password"));
    let (token, password) = fields.finish(token.zip(password))?;
    door.set_password(&token.0, password).await?;
    Ok(Status::NoContent)
}

/// What is in a link: whether it works is for the database to say.
#[derive(PartialEq)]
struct LinkToken(String);

impl Parameter for LinkToken {
    fn parse(text: &str) -> Result<Self, &'static str> {
        Ok(Self(text.to_owned()))
    }
}

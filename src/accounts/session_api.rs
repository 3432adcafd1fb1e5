//! Signing in and out over HTTP.

use rocket::{Route, State, delete, get, http::Status, post, routes, serde::json::Json};
use utoipa::ToSchema;

use super::{TriedPassword, admin, door::Door, views::SessionView};
use crate::{
    access::{Arrived, caller::csrf_token},
    db::Database,
    email::Email,
    http::{JsonBody, Query},
    problem::Problem,
    progress::writer::Writer,
};

/// The routes of this slice.
pub fn routes() -> Vec<Route> {
    routes![sign_in, show, sign_out, sign_out_everywhere]
}

/// Somebody who wants to sign in.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "the documentation of a body whose members are read one by one, to find all errors at once"
)]
pub struct SignInBody {
    #[schema(example = "ana@example.com")]
    email: String,
    #[schema(format = Password, max_length = 256, example = "correct horse battery")]
    password: String,
}

/// Sign in
///
/// Begins a session, which the cookie in the answer carries. Tries are limited by address, by email and in all; a browser from
/// which somebody has signed in before counts by itself. Whoever is refused does not learn whether the email has an account.
#[utoipa::path(
    operation_id = "signIn",
    context_path = "/api/admin", tag = "Admin: session",
    request_body(content = SignInBody, example = json!({"email": "ana@example.com", "password": "correct horse battery"})),
    responses(
        (status = 200, description = "Who is signed in now", body = SessionView,
            headers(("Set-Cookie" = String, description = "`formprogress_session`, and `formprogress_device`, by which the browser is known next time"))),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 401, response = crate::openapi::SignInFailed),
        (status = 429, response = crate::openapi::TooManyRequests),
        crate::openapi::AnyBody, crate::openapi::AnyStorage
    )
)]
#[post("/session", data = "<body>")]
async fn sign_in(body: Result<JsonBody<'_>, Problem>, door: Door<'_>) -> Result<Json<SessionView>, Problem> {
    let mut fields = body?.fields()?;
    let (email, password) = (fields.required::<Email>("email"), fields.required::<TriedPassword>("password"));
    let (email, password) = fields.finish(email.zip(password))?;
    let signed_in = door.sign_in(email, password).await?;
    let (token, ends_at) = (csrf_token(signed_in.token.reveal()), door.life.end(signed_in.created_at));
    Ok(Json(SessionView::new(signed_in.account, token, ends_at, door.life.idle_minutes)))
}

/// Tell who is signed in
///
/// With the CSRF token, which a page asks for here when it is loaded.
#[utoipa::path(
    operation_id = "readSession",
    context_path = "/api/admin", tag = "Admin: session", security(("session" = [])),
    responses(
        (status = 200, description = "Who is signed in", body = SessionView),
        (status = 400, response = crate::openapi::InvalidRequest),
        crate::openapi::AnyAdmin
    )
)]
#[get("/session")]
async fn show(
    arrived: Result<Arrived, Problem>,
    query: Query<'_>,
    door: Door<'_>,
    database: &State<Database>,
) -> Result<Json<SessionView>, Problem> {
    let (caller, account) = arrived?.is_signed_in()?;
    query.none()?;
    let token = door.browser.session().ok_or(Problem::Unauthorized)?;
    let ends_at = door.life.end(admin::own_session(&caller, database).await?.created_at);
    Ok(Json(SessionView::new(account, csrf_token(token), ends_at, door.life.idle_minutes)))
}

/// Sign out
///
/// Ends this session.
#[utoipa::path(
    operation_id = "signOut",
    context_path = "/api/admin", tag = "Admin: session", security(("session" = [])),
    responses(
        (status = 204, description = "Signed out"),
        (status = 400, response = crate::openapi::InvalidRequest),
        crate::openapi::AnyAdmin
    )
)]
#[delete("/session")]
async fn sign_out(
    arrived: Result<Arrived, Problem>,
    query: Query<'_>,
    door: Door<'_>,
    writer: &State<Writer>,
) -> Result<Status, Problem> {
    let (caller, account) = arrived?.is_signed_in()?;
    query.none()?;
    admin::sign_out(&caller, account.id, writer).await?;
    door.browser.forget_session();
    Ok(Status::NoContent)
}

/// Sign out everywhere
///
/// Ends all sessions of one's own account, this one too.
#[utoipa::path(
    operation_id = "signOutEverywhere",
    context_path = "/api/admin", tag = "Admin: session", security(("session" = [])),
    responses(
        (status = 204, description = "Signed out everywhere"),
        (status = 400, response = crate::openapi::InvalidRequest),
        crate::openapi::AnyAdmin
    )
)]
#[delete("/sessions")]
async fn sign_out_everywhere(
    arrived: Result<Arrived, Problem>,
    query: Query<'_>,
    door: Door<'_>,
    writer: &State<Writer>,
) -> Result<Status, Problem> {
    let (caller, account) = arrived?.is_signed_in()?;
    query.none()?;
    admin::end_sessions(&caller, account.id, writer).await??;
    door.browser.forget_session();
    Ok(Status::NoContent)
}

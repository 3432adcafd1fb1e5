//! Managing accounts over HTTP: for owners.

use std::collections::BTreeSet;

use rocket::{
    Route, State, delete, get, http::Status, patch, post, response::status::Created, routes, serde::json::Json,
};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use super::{
    AccountId,
    admin::{self, named},
    links_api::LinkView,
    rules::{Change, MOST_COMPANIES, limited_to},
    views::AccountView,
};
use crate::{
    access::{Arrived, Power, Reach, Role},
    companies::CompanyId,
    db::Database,
    email::Email,
    http::{
        Fields, JsonBody, PublicUrl, Query,
        list::{Cursor, List},
    },
    problem::Problem,
    progress::writer::Writer,
};

/// The routes of this slice.
pub fn routes() -> Vec<Route> {
    routes![list, add, show, change, remove, end_sessions]
}

/// Which accounts are listed.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the documentation of parameters that are read one by one, to find all errors at once")]
pub struct ListParameters {
    /// The account with this email.
    email: Option<String>,
    /// Those with this role.
    role: Option<Role>,
    /// Those that may sign in, or those that may not.
    is_active: Option<bool>,
    /// How many: 1 to 200, and 50 unless it is said.
    limit: Option<i64>,
    /// `next` of the page before.
    after: Option<String>,
}

/// List the accounts
///
/// In the order in which they were made.
#[utoipa::path(
    operation_id = "listAccounts",
    context_path = "/api/admin", tag = "Admin: accounts", security(("session" = [])),
    params(ListParameters),
    responses(
        (status = 200, description = "A page of them", body = List<AccountView>),
        (status = 400, response = crate::openapi::InvalidRequest),
        crate::openapi::AnyAdmin
    )
)]
#[get("/accounts")]
async fn list(
    arrived: Result<Arrived, Problem>,
    query: Query<'_>,
    database: &State<Database>,
    writer: &State<Writer>,
) -> Result<Json<List<AccountView>>, Problem> {
    let caller = arrived?.may(Power::Accounts)?;
    let asked = admin::Asked::of(query.fields(&admin::FILTERS)?)?;
    let found = admin::list(&caller, &asked, database, writer).await?;
    Ok(Json(List::of(found, &asked.page, |account| Cursor::of(&[&account.id.0]), AccountView::from)))
}

/// An account to be made.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "the documentation of a body whose members are read one by one, to find all errors at once"
)]
pub struct AddBody {
    #[schema(example = "ben@example.com")]
    email: String,
    role: Role,
    /// The companies to which it is limited; null or missing for no limit. Not for owners.
    companies: Option<Vec<CompanyId>>,
}

/// An account, and the link with which its person sets a password.
#[derive(Serialize, ToSchema)]
pub struct AddedView {
    #[serde(flatten)]
    account: AccountView,
    #[serde(flatten)]
    link: LinkView,
}

/// Add an account
///
/// The answer has a one-time link: send it to the person, who sets a password with it within 24 hours.
#[utoipa::path(
    operation_id = "addAccount",
    context_path = "/api/admin", tag = "Admin: accounts", security(("session" = [])),
    request_body(content = AddBody, example = json!({"email": "ben@example.com", "role": "editor", "companies": [7]})),
    responses(
        (status = 201, description = "The account", body = AddedView, headers(("Location" = String, description = "Where it is"))),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 409, response = crate::openapi::AccountConflict),
        crate::openapi::AnyBody, crate::openapi::AnyAdmin
    )
)]
#[post("/accounts", data = "<body>")]
async fn add(
    arrived: Result<Arrived, Problem>,
    body: Result<JsonBody<'_>, Problem>,
    writer: &State<Writer>,
    public_url: &State<PublicUrl>,
    listening: &rocket::Config,
) -> Result<Created<Json<AddedView>>, Problem> {
    let caller = arrived?.may(Power::Accounts)?;
    let mut fields = body?.fields()?;
    let (email, role) = (fields.required::<Email>("email"), fields.required::<Role>("role"));
    let companies = companies(&mut fields).unwrap_or(Reach::All);
    let (email, role) = fields.finish(email.zip(role))?;
    let (account, link) = admin::add(&caller, email, role, companies, writer).await??;
    let location = format!("/api/admin/accounts/{}", account.id.0);
    let view = AddedView { account: account.into(), link: LinkView::new(&link, public_url, listening) };
    Ok(Created::new(location).body(Json(view)))
}

/// Read an account
#[utoipa::path(
    operation_id = "readAccount",
    context_path = "/api/admin", tag = "Admin: accounts", security(("session" = [])),
    params(("id" = AccountId, Path, description = "Names the account")),
    responses(
        (status = 200, description = "The account", body = AccountView),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 404, response = crate::openapi::AccountNotFound),
        crate::openapi::AnyAdmin
    )
)]
#[get("/accounts/<id>")]
async fn show(
    id: &str,
    arrived: Result<Arrived, Problem>,
    query: Query<'_>,
    database: &State<Database>,
    writer: &State<Writer>,
) -> Result<Json<AccountView>, Problem> {
    let caller = arrived?.may(Power::Accounts)?;
    query.none()?;
    Ok(Json(admin::find(&caller, named(id)?, database, writer).await?.into()))
}

/// What is to change of an account. What is missing stays as it is.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "the documentation of a body whose members are read one by one, to find all errors at once"
)]
pub struct ChangeBody {
    role: Option<Role>,
    /// The companies to which it is limited; null for no limit.
    companies: Option<Vec<CompanyId>>,
    /// Whether the person may sign in.
    is_active: Option<bool>,
}

/// Change an account
///
/// Its sessions end if anything changes. One active owner at least must remain.
#[utoipa::path(
    operation_id = "changeAccount",
    context_path = "/api/admin", tag = "Admin: accounts", security(("session" = [])),
    params(("id" = AccountId, Path, description = "Names the account")),
    request_body(content = ChangeBody, example = json!({"role": "viewer", "companies": null})),
    responses(
        (status = 200, description = "The account as it is now", body = AccountView),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 404, response = crate::openapi::AccountNotFound),
        (status = 409, response = crate::openapi::AccountConflict),
        crate::openapi::AnyBody, crate::openapi::AnyAdmin
    )
)]
#[patch("/accounts/<id>", data = "<body>")]
async fn change(
    id: &str,
    arrived: Result<Arrived, Problem>,
    body: Result<JsonBody<'_>, Problem>,
    writer: &State<Writer>,
) -> Result<Json<AccountView>, Problem> {
    let caller = arrived?.may(Power::Accounts)?;
    let id = named(id)?;
    let mut fields = body?.fields()?;
    let (role, is_active) = (fields.optional("role"), flag(&mut fields, "is_active"));
    let change = Change { role, companies: companies(&mut fields), is_active };
    let change = fields.finish(Some(change))?;
    Ok(Json(admin::change(&caller, id, change, writer).await??.into()))
}

/// Delete an account
///
/// Its sessions and links end with it. What it did stays in the audit log, under its id.
#[utoipa::path(
    operation_id = "deleteAccount",
    context_path = "/api/admin", tag = "Admin: accounts", security(("session" = [])),
    params(("id" = AccountId, Path, description = "Names the account")),
    responses(
        (status = 204, description = "Deleted"),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 404, response = crate::openapi::AccountNotFound),
        (status = 409, response = crate::openapi::AccountConflict),
        crate::openapi::AnyAdmin
    )
)]
#[delete("/accounts/<id>")]
async fn remove(
    id: &str,
    arrived: Result<Arrived, Problem>,
    query: Query<'_>,
    writer: &State<Writer>,
) -> Result<Status, Problem> {
    let caller = arrived?.may(Power::Accounts)?;
    query.none()?;
    admin::remove(&caller, named(id)?, writer).await??;
    Ok(Status::NoContent)
}

/// Sign an account out everywhere
///
/// Ends all of its sessions.
#[utoipa::path(
    operation_id = "endAccountSessions",
    context_path = "/api/admin", tag = "Admin: accounts", security(("session" = [])),
    params(("id" = AccountId, Path, description = "Names the account")),
    responses(
        (status = 204, description = "It has no session any more"),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 404, response = crate::openapi::AccountNotFound),
        crate::openapi::AnyAdmin
    )
)]
#[delete("/accounts/<id>/sessions")]
async fn end_sessions(
    id: &str,
    arrived: Result<Arrived, Problem>,
    query: Query<'_>,
    writer: &State<Writer>,
) -> Result<Status, Problem> {
    let caller = arrived?.may(Power::Accounts)?;
    query.none()?;
    admin::end_sessions(&caller, named(id)?, writer).await??;
    Ok(Status::NoContent)
}

/// A member of the body that is true or false, or silent.
fn flag(fields: &mut Fields<'_>, name: &str) -> Option<bool> {
    match fields.raw(name)?.get() {
        "true" => return Some(true),
        "false" => return Some(false),
        "null" => {}
        _ => fields.note(name, "must be true or false"),
    }
    None
}

/// The limits that a body names: none if it is silent, no limit for null.
fn companies(fields: &mut Fields<'_>) -> Option<Reach<CompanyId>> {
    let named = fields.raw("companies")?;
    if named.get() == "null" {
        return Some(Reach::All);
    }
    let limit = ids_in(named).and_then(limited_to);
    if limit.is_none() {
        let detail = format!("must be a list of 1 to {MOST_COMPANIES} ids of companies, or null for all");
        fields.note("companies", &detail);
    }
    limit
}

/// The ids in a list, each a number or a numeric text.
fn ids_in(list: &RawValue) -> Option<BTreeSet<CompanyId>> {
    let ids: Vec<&RawValue> = serde_json::from_str(list.get()).ok()?;
    ids.into_iter().map(|id| id.get().trim_matches('"').parse().ok()).collect()
}

//! Companies over HTTP, for admins.

use rocket::{Route, State, get, http::Header, patch, post, response::Responder, routes, serde::json::Json};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Change, Company, CompanyId, admin};
use crate::{
    access::{Arrived, Caller, Power},
    db::Database,
    http::{
        Fields, JsonBody, Query,
        list::{Cursor, List},
    },
    problem::Problem,
    progress::writer::Writer,
};

/// The routes of this slice.
pub fn routes() -> Vec<Route> {
    routes![list, create, show, change]
}

/// A company, as admins see it.
#[derive(Serialize, ToSchema)]
#[schema(title = "Company")]
pub struct CompanyDocument {
    id: CompanyId,
    #[schema(example = "ACME")]
    name: String,
    /// What its participants are shown.
    #[schema(example = "Thank you for taking part.")]
    details: String,
    /// What its participants type. Null for those who may not change companies: whoever knows it may take part.
    #[schema(example = "ACME-2026")]
    guest_code: Option<String>,
    /// Whether the code is taken.
    is_active: bool,
}

impl CompanyDocument {
    fn of(company: Company, caller: &Caller) -> Self {
        let Company { id, name, details, guest_code, is_active } = company;
        let guest_code = Some(guest_code).filter(|_| caller.grant.may(Power::ChangeCompanies));
        Self { id, name, details, guest_code, is_active }
    }
}

/// List the companies
///
/// In the order of their ids. Whoever is limited to some companies sees those.
#[utoipa::path(
    operation_id = "listCompanies",
    context_path = "/api/admin", tag = "Admin: companies", security(("api_key" = []), ("session" = [])),
    params(
        ("is_active" = Option<bool>, Query, description = "Only those whose code is taken (`true`), or is not (`false`)"),
        crate::openapi::Limit, crate::openapi::After
    ),
    responses(
        (status = 200, description = "A page of companies", body = List<CompanyDocument>),
        (status = 400, response = crate::openapi::InvalidRequest),
        crate::openapi::AnyAdmin
    )
)]
#[get("/companies")]
async fn list(
    arrived: Result<Arrived, Problem>,
    query: Query<'_>,
    database: &State<Database>,
) -> Result<Json<List<CompanyDocument>>, Problem> {
    let caller = arrived?.may(Power::Figures)?;
    let asked = admin::Asked::of(query.fields(&admin::FILTERS)?)?;
    let found = admin::list(&caller, &asked, database).await?;
    let view = |company| CompanyDocument::of(company, &caller);
    Ok(Json(List::of(found, &asked.page, |company| Cursor::of(&[&company.id.0]), view)))
}

/// A company to be added.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "the documentation of a body whose members are read one by one, to find all errors at once"
)]
pub struct NewCompanyBody {
    #[schema(example = "ACME", max_length = 200)]
    name: String,
    /// Unique among all companies. Capitals and spaces around it do not matter.
    #[schema(example = "ACME-2026", max_length = 100)]
    guest_code: String,
    #[schema(max_length = 10_000)]
    details: Option<String>,
}

/// A company that was added, and where it is.
#[derive(Responder)]
#[response(status = 201)]
struct Created {
    body: Json<CompanyDocument>,
    location: Header<'static>,
}

/// Add a company
///
/// Only for callers without limits: a new company is nobody's yet.
#[utoipa::path(
    operation_id = "createCompany",
    context_path = "/api/admin", tag = "Admin: companies", security(("api_key" = []), ("session" = [])),
    request_body(content = NewCompanyBody, example = json!({"name": "ACME", "guest_code": "ACME-2026"})),
    responses(
        (status = 201, description = "The company", body = CompanyDocument, headers(("Location" = String, description = "Its address"))),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 409, response = crate::openapi::GuestCodeTaken),
        crate::openapi::AnyBody, crate::openapi::AnyAdmin
    )
)]
#[post("/companies", data = "<body>")]
async fn create(
    arrived: Result<Arrived, Problem>,
    body: Result<JsonBody<'_>, Problem>,
    writer: &State<Writer>,
) -> Result<Created, Problem> {
    let caller = arrived?.may(Power::ChangeCompanies)?.without_limits()?;
    let company = admin::create(&caller, body?.fields()?, writer).await?;
    let location = Header::new("Location", format!("/api/admin/companies/{}", company.id.0));
    Ok(Created { body: Json(CompanyDocument::of(company, &caller)), location })
}

/// Read a company
#[utoipa::path(
    operation_id = "readCompany",
    context_path = "/api/admin", tag = "Admin: companies", security(("api_key" = []), ("session" = [])),
    params(("id" = i64, Path, description = "The company", example = 7)),
    responses(
        (status = 200, description = "The company", body = CompanyDocument),
        (status = 404, response = crate::openapi::CompanyNotFound),
        crate::openapi::AnyAdmin
    )
)]
#[get("/companies/<id>")]
async fn show(
    id: Result<CompanyId, &str>,
    arrived: Result<Arrived, Problem>,
    query: Query<'_>,
    database: &State<Database>,
) -> Result<Json<CompanyDocument>, Problem> {
    let caller = arrived?.may(Power::Figures)?;
    query.none()?;
    let id = admin::visible(id, &caller)?;
    let company = admin::find(id, database).await?;
    Ok(Json(CompanyDocument::of(company, &caller)))
}

/// A change of a company. What is not in it stays as it is.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "the documentation of a body whose members are read one by one, to find all errors at once"
)]
pub struct CompanyChangeBody {
    #[schema(max_length = 200)]
    name: Option<String>,
    #[schema(max_length = 10_000)]
    details: Option<String>,
    /// The old one is then unknown. Drafts keep their link.
    #[schema(max_length = 100)]
    guest_code: Option<String>,
    /// `false`: the code is not taken any more. Drafts keep their link.
    is_active: Option<bool>,
}

fn change_in(mut fields: Fields<'_>) -> Result<Change, Problem> {
    let is_active = fields.raw("is_active").and_then(|json| match json.get() {
        "true" => Some(true),
        "false" => Some(false),
        "null" => None,
        _ => {
            fields.note("is_active", "must be true or false");
            None
        }
    });
    let change = Change {
        name: fields.optional("name"),
        details: fields.optional("details"),
        guest_code: fields.optional("guest_code"),
        is_active,
    };
    fields.finish(Some(change))
}

/// Change a company
///
/// Its name, details or guest code; or switch its code off and on. A change of nothing writes nothing.
#[utoipa::path(
    operation_id = "changeCompany",
    context_path = "/api/admin", tag = "Admin: companies", security(("api_key" = []), ("session" = [])),
    params(("id" = i64, Path, description = "The company", example = 7)),
    request_body(content = CompanyChangeBody, example = json!({"is_active": false})),
    responses(
        (status = 200, description = "The company as it is now", body = CompanyDocument),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 404, response = crate::openapi::CompanyNotFound),
        (status = 409, response = crate::openapi::GuestCodeTaken),
        crate::openapi::AnyBody, crate::openapi::AnyAdmin
    )
)]
#[patch("/companies/<id>", data = "<body>")]
async fn change(
    id: Result<CompanyId, &str>,
    arrived: Result<Arrived, Problem>,
    body: Result<JsonBody<'_>, Problem>,
    writer: &State<Writer>,
) -> Result<Json<CompanyDocument>, Problem> {
    let caller = arrived?.may(Power::ChangeCompanies)?;
    let id = admin::visible(id, &caller)?;
    let change = change_in(body?.fields()?)?;
    let company = admin::change(&caller, id, change, writer).await?;
    Ok(Json(CompanyDocument::of(company, &caller)))
}

//! Companies over HTTP, for admins.

use rocket::{Route, State, get, http::Header, patch, post, response::Responder, routes, serde::json::Json};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Change, Company, CompanyDetails, CompanyId, CompanyName, WrittenCode,
    store::{self, Changed, NewCompany},
};
use crate::{
    access::{Arrived, Caller, Power},
    audit::{self, Subject},
    db::{Conn, Database},
    http::{
        Fields, JsonBody, Query,
        list::{Cursor, List, Page},
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
    let mut fields = query.fields(&["is_active", "limit", "after"])?;
    let (is_active, page) = (fields.optional::<bool>("is_active"), Page::of(&mut fields));
    let after = page.after_id(&mut fields);
    let page = fields.finish(Some(page))?;
    let (ids, limit) = (caller.grant.companies.ids(), page.one_more());
    let found = database.read(move |conn| store::page(conn, ids.as_deref(), is_active, after, limit)).await?;
    let view = |company| CompanyDocument::of(company, &caller);
    Ok(Json(List::of(found, &page, |company| Cursor::of(&[&company.id.0]), view)))
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
    let mut fields = body?.fields()?;
    let details = fields.optional::<CompanyDetails>("details").unwrap_or_default();
    let (name, code) = (fields.required::<CompanyName>("name"), fields.required::<WrittenCode>("guest_code"));
    let (name, code) = fields.finish(name.zip(code))?;
    let (now, entry) = (caller.now(), caller.entry("company.create", Subject::all("companies")));
    let add = move |conn: &mut Conn| {
        let new = NewCompany { name: &name.0, details: &details.0, guest_code: &code.text, key: &code.key };
        let Some(id) = store::add(conn, &new, now)? else { return Ok(None) };
        audit::store::add(conn, &entry.to(id).about(None, id))?;
        store::find(conn, id)
    };
    let company = writer.change(add).await?.ok_or(Problem::GuestCodeTaken)?;
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
    let id = visible(id, &caller)?;
    let company = database.read(move |conn| store::find(conn, id)).await?.ok_or(Problem::CompanyNotFound)?;
    Ok(Json(CompanyDocument::of(company, &caller)))
}

fn visible(id: Result<CompanyId, &str>, caller: &Caller) -> Result<CompanyId, Problem> {
    id.ok().filter(|id| caller.grant.companies.sees(*id)).ok_or(Problem::CompanyNotFound)
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
    let id = visible(id, &caller)?;
    let change = change_in(body?.fields()?)?;
    let (now, entry) = (caller.now(), caller.entry("company.change", id).about(None, id).detail(change.names()));
    let change = move |conn: &mut Conn| {
        if change == Change::default() {
            return Ok(store::find(conn, id)?.map_or(Changed::NotThere, Changed::Done));
        }
        let changed = store::change(conn, id, &change, now)?;
        if let Changed::Done(_) = changed {
            audit::store::add(conn, &entry)?;
        }
        Ok(changed)
    };
    match writer.change(change).await? {
        Changed::Done(company) => Ok(Json(CompanyDocument::of(company, &caller))),
        Changed::CodeTaken => Err(Problem::GuestCodeTaken),
        Changed::NotThere => Err(Problem::CompanyNotFound),
    }
}

//! Guest codes over HTTP.

use rocket::{Route, State, post, routes, serde::json::Json};
use serde::Serialize;
use utoipa::ToSchema;

use super::{CompanyId, GuestCode, store};
use crate::{access::Visitor, db::Database, http::JsonBody, limits::Guess, problem::Problem, views::Envelope};

/// The routes of this slice.
pub fn routes() -> Vec<Route> {
    routes![check_guest_code]
}

/// A company, as its participants see it.
#[derive(Serialize, ToSchema)]
pub struct CompanyView {
    id: CompanyId,
    #[schema(example = "Demo Company")]
    name: String,
    #[schema(example = "Thank you for taking part.")]
    details: String,
}

/// A guest code to be checked.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "the documentation of a body whose members are read one by one, to find all errors at once"
)]
pub struct InvitationBody {
    /// As the participant typed it: spaces around it and capitals do not matter.
    #[schema(example = "DEMO")]
    invitation_code: String,
}

/// Check a guest code
///
/// Any 2xx means that the code is good; the company comes with it.
#[utoipa::path(
    operation_id = "checkGuestCode",
    context_path = "/api", tag = "Survey front end",
    request_body(content = InvitationBody, example = json!({"invitation_code": "DEMO"})),
    responses(
        (status = 200, description = "The company of the code", body = Envelope<CompanyView>, example = json!({"status": "ok",
            "message": "The guest code is valid.", "data": {"id": 1, "name": "Demo Company", "details": "Thank you for taking part."}})),
        (status = 400, response = crate::openapi::InvalidGuestCode),
        crate::openapi::AnyBody,
        crate::openapi::AnyPublic, crate::openapi::AnyStorage
    )
)]
#[post("/invitation-code", data = "<body>")]
async fn check_guest_code(
    visitor: Result<Visitor, Problem>,
    body: Result<JsonBody<'_>, Problem>,
    database: &State<Database>,
) -> Result<Json<Envelope<CompanyView>>, Problem> {
    let visitor = visitor?;
    let mut fields = body?.fields()?;
    let code = fields.required::<GuestCode>("invitation_code");
    let code = fields.finish(code)?;
    let Some(company) = database.read(move |conn| store::by_code(conn, &code)).await? else {
        visitor.missed(Guess::GuestCode);
        return Err(Problem::InvalidGuestCode);
    };
    let view = CompanyView { id: company.id, name: company.name, details: company.details };
    Ok(Json(Envelope::new("The guest code is valid.", view)))
}

//! People over HTTP.

use rocket::{Route, State, delete, get, http::Header, response::Responder, routes, serde::json::Json};

use super::{Erased, Person, admin};
use crate::{
    access::{Arrived, Power},
    audit::People,
    db::Database,
    email::Email,
    http::Query,
    problem::Problem,
    progress::writer::Writer,
};

/// The routes of this slice.
pub fn routes() -> Vec<Route> {
    routes![export, erase]
}

/// Everything that is held about a person, as a file.
#[derive(Responder)]
struct Download {
    person: Json<Person>,
    disposition: Header<'static>,
}

/// Export a person
///
/// Everything that is held about the participant with this email: drafts with their earlier states and events,
/// submissions with their answers, and what the audit log says of these. Empty lists where there is nothing. What stands
/// in drafts that nobody has claimed is not found; an account is not a participant.
#[utoipa::path(
    operation_id = "exportPerson",
    context_path = "/api/admin", tag = "Admin: people", security(("api_key" = []), ("session" = [])),
    params(("email" = String, Query, description = "The email", example = "ana@example.com")),
    responses(
        (status = 200, description = "Everything, as a file to be kept", body = Person),
        (status = 400, response = crate::openapi::InvalidRequest),
        crate::openapi::AnyAdmin
    )
)]
#[get("/person")]
async fn export(
    arrived: Result<Arrived, Problem>,
    query: Query<'_>,
    people: &State<People>,
    database: &State<Database>,
    writer: &State<Writer>,
) -> Result<Download, Problem> {
    let caller = arrived?.may(Power::ReadPeople)?.without_limits()?;
    let email = email_in(&query)?;
    let person = admin::read(&caller, email, people, database, writer).await?;
    // The name of a file is seen by many: the email is not in it.
    let disposition = Header::new("Content-Disposition", "attachment; filename=\"person.json\"");
    Ok(Download { person: Json(person), disposition })
}

fn email_in(query: &Query<'_>) -> Result<Email, Problem> {
    let mut fields = query.fields(&["email"])?;
    let email = fields.required::<Email>("email");
    fields.finish(email)
}

/// Erase a person
///
/// Everything that is held about the participant with this email goes, in one transaction: drafts with their earlier
/// states, submissions with their answers, what is remembered of either. Nobody can bring it back. The figures stay: they
/// say nothing of anybody. So do the entries of the audit log, which name a person by a digest. Erasing again finds nothing.
#[utoipa::path(
    operation_id = "erasePerson",
    context_path = "/api/admin", tag = "Admin: people", security(("api_key" = []), ("session" = [])),
    params(("email" = String, Query, description = "The email", example = "ana@example.com")),
    responses(
        (status = 200, description = "What went", body = Erased),
        (status = 400, response = crate::openapi::InvalidRequest),
        crate::openapi::AnyAdmin
    )
)]
#[delete("/person")]
async fn erase(
    arrived: Result<Arrived, Problem>,
    query: Query<'_>,
    people: &State<People>,
    writer: &State<Writer>,
) -> Result<Json<Erased>, Problem> {
    let caller = arrived?.may(Power::ErasePeople)?.without_limits()?;
    let email = email_in(&query)?;
    Ok(Json(admin::erase(&caller, email, people, writer).await?))
}

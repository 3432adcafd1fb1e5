//! What replacing a survey would do, over HTTP, for admins.

use rocket::{Route, State, post, routes, serde::json::Json};

use super::{
    SurveyId, admin,
    file::SurveyFile,
    preview::{self, Preview},
};
use crate::{
    access::{Arrived, Power},
    db::Database,
    http::JsonBody,
    problem::Problem,
};

/// The routes of this slice.
pub fn routes() -> Vec<Route> {
    routes![show]
}

/// Preview the replacement of a survey
///
/// What `PUT` with the same file would change of the survey, and what it would do to the drafts that exist. Nothing is saved. Of
/// the drafts, the 2000 that began last are looked at, or fewer where they are large; `looked_at` says how many. There are only
/// numbers in the answer, and names of the survey's own.
#[utoipa::path(
    operation_id = "previewSurvey",
    context_path = "/api/admin", tag = "Admin: surveys", security(("api_key" = []), ("session" = [])),
    params(("id" = i64, Path, description = "The survey", example = 1)),
    request_body(content = SurveyFile, example = json!({"name": "Commuting", "definition": {"pages": []}})),
    responses(
        (status = 200, description = "What it would do", body = Preview),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 404, response = crate::openapi::SurveyNotFound),
        crate::openapi::AnyBody, crate::openapi::AnyAdmin
    )
)]
#[post("/surveys/<id>/preview", data = "<body>")]
async fn show(
    id: Result<SurveyId, &str>,
    arrived: Result<Arrived, Problem>,
    body: Result<JsonBody<'_>, Problem>,
    database: &State<Database>,
) -> Result<Json<Preview>, Problem> {
    let caller = arrived?.may(Power::ChangeSurveys)?;
    let id = admin::visible(id, &caller)?;
    let file = admin::read(body?.text().to_owned()).await?;
    Ok(Json(preview::preview(id, file, caller.now(), database).await?))
}

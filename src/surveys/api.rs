//! Surveys over HTTP.

use rocket::{Route, State, get, http::Header, response::Responder, routes};
use serde::{Serialize, Serializer, ser::SerializeMap};
use utoipa::ToSchema;

use super::{Shapes, Survey, SurveyId, store};
use crate::{
    access::Visitor,
    clock::Moment,
    db::Database,
    http::{Query, body::Object},
    problem::Problem,
};

/// The routes of this slice.
pub fn routes() -> Vec<Route> {
    routes![show]
}

/// A survey, with the members of its definition beside its own.
struct SurveyView(Survey);

impl Serialize for SurveyView {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let survey = &self.0;
        let definition: Object<'_> =
            serde_json::from_str(survey.definition.get()).map_err(serde::ser::Error::custom)?;
        let mut view = serializer.serialize_map(None)?;
        view.serialize_entry("id", &survey.id)?;
        view.serialize_entry("name", &survey.name)?;
        view.serialize_entry("instructions", &survey.instructions)?;
        view.serialize_entry("fingerprint", &survey.shapes.as_ref().map(Shapes::current))?;
        view.serialize_entry("created_at", &survey.created_at)?;
        view.serialize_entry("updated_at", &survey.updated_at)?;
        // One that was imported before the service gave surveys a fingerprint may have a member of that name.
        for (member, value) in definition.0.into_iter().filter(|(member, _)| member != "fingerprint") {
            view.serialize_entry(&member, value)?;
        }
        view.end()
    }
}

/// The survey as JSON.
#[derive(Responder)]
#[response(content_type = "json")]
pub struct SurveyJson {
    body: String,
    // Public, and asked for at the start of each visit; a change must be seen at once.
    cache_control: Header<'static>,
}

/// Read a survey
///
/// The members of its `definition` stand beside its own: `question_groups`, or `pages` for SurveyJS.
#[utoipa::path(
    operation_id = "readSurvey",
    context_path = "/api", tag = "Survey front end",
    params(("id" = i64, Path, description = "The survey", example = 1)),
    responses(
        (status = 200, description = "The survey", body = SurveyDocument, example = json!({"id": 1, "name": "How do you get to work?",
            "instructions": "Four short screens.", "fingerprint": "1:9f86d081884c7d65", "created_at": "2026-11-21T09:30:00.000000Z",
            "updated_at": "2026-11-21T09:30:00.000000Z", "question_groups": [{"id": 1, "name": "Your way", "questions": [
                {"id": 10, "text": "How do you usually get to work?", "options": [{"id": 100, "text": "On foot"}]}]}]})),
        (status = 404, response = crate::openapi::SurveyNotFound),
        crate::openapi::AnyPublic, crate::openapi::AnyStorage
    )
)]
#[get("/surveys/<id>")]
async fn show(
    visitor: Result<Visitor, Problem>,
    id: Result<SurveyId, &str>,
    query: Query<'_>,
    database: &State<Database>,
) -> Result<SurveyJson, Problem> {
    visitor?;
    query.none()?;
    let id = id.map_err(|_| Problem::SurveyNotFound)?;
    let survey = database.read(move |conn| store::find(conn, id)).await?.ok_or(Problem::SurveyNotFound)?;
    let body = serde_json::to_string(&SurveyView(survey)).map_err(|_| Problem::Internal)?;
    Ok(SurveyJson { body, cache_control: Header::new("Cache-Control", "no-cache") })
}

/// A survey: its own members, and beside them those of its definition.
#[derive(ToSchema)]
#[schema(title = "Survey")]
#[expect(dead_code, reason = "the documentation of an object whose further members are the front end's own")]
pub struct SurveyDocument {
    id: SurveyId,
    #[schema(example = "How do you get to work?")]
    name: String,
    instructions: String,
    /// Names the shape of the answers (names, nesting, types); null for a survey without an `answer_schema`.
    #[schema(example = "1:9f86d081884c7d65")]
    fingerprint: Option<String>,
    created_at: Moment,
    updated_at: Moment,
    /// One of the two shapes that a definition usually has; SurveyJS has `pages` instead.
    #[schema(value_type = Vec<Object>, required = false)]
    question_groups: Option<()>,
}

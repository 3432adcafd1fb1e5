//! Drafts over HTTP by their ids: the same rows as `/api/progress`, by another door.

use rocket::{Route, State, delete, get, patch, post, put, request::FromParam, routes};
use utoipa::ToSchema;

use super::{
    Change, DraftId, Fingerprint, Pair, Screen,
    api::{change_in, marks_in, object_in, shown, survey_of},
    guest_code_of,
    headers::{ReadHeaders, WriteHeaders},
    limited::carry_out_for,
    reader::Reader,
    states::Patch,
    views::{Draft, DraftView, Gone, Shown},
    world::Answered,
    writer::Writer,
    writes::{Act, By, Save, Target, Way},
};
use crate::{
    access::Visitor,
    http::{Fields, JsonBody, Query},
    problem::{FieldError, Problem},
    surveys::SurveyId,
};

/// The routes of this slice.
pub fn routes() -> Vec<Route> {
    routes![create, put, show, change, discard]
}

impl<'r> FromParam<'r> for DraftId {
    type Error = &'static str;

    fn from_param(text: &'r str) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// An id as it stands in a path.
pub type Named<'r> = Result<DraftId, &'static str>;

/// The draft with this id. What is no id names none.
pub fn target_of(id: Named<'_>) -> Result<DraftId, Problem> {
    id.map_err(|_| Problem::DraftNotFound)
}

/// A draft to be started.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "the documentation of a body whose members are read one by one, to find all errors at once"
)]
pub struct NewDraftBody {
    /// `survey` is another name for it.
    survey_id: SurveyId,
    /// Left out as long as it is not known: the draft is anonymous then, and found by its id alone.
    #[schema(format = "email", example = "ana@example.com")]
    email: Option<String>,
    current_screen: Option<Screen>,
    /// The front end's whole form state; `{}` for a new draft without it.
    #[schema(value_type = Object, required = false)]
    data: Option<()>,
    /// The front end's own notes.
    #[schema(value_type = Option<Object>)]
    meta: Option<()>,
    fingerprint: Option<Fingerprint>,
}

/// Start a draft
///
/// Without an email the draft is anonymous: whoever holds its id may read and write it, and claim it once. With an
/// `Idempotency-Key` that is a random UUID, an anonymous draft is started once however often the request is sent.
#[utoipa::path(
    operation_id = "createDraft",
    context_path = "/api", tag = "Drafts",
    request_body(content = NewDraftBody, example = json!({"survey_id": 1, "data": {"name": "Ana"}})),
    params(crate::openapi::IfMatch, crate::openapi::IdempotencyKey, crate::openapi::Prefer),
    responses(
        (status = 201, description = "The draft", body = DraftView<'static>, headers(
            ("ETag" = String, description = "The draft's version"), ("Location" = String, description = "Its address"))),
        (status = 400, response = crate::openapi::InvalidSave),
        (status = 403, response = crate::openapi::SurveyClosed),
        (status = 404, response = crate::openapi::SurveyNotFound),
        (status = 409, response = crate::openapi::DraftTaken),
        (status = 410, response = crate::openapi::DraftEnded),
        crate::openapi::AnyBody, crate::openapi::AnyCondition, crate::openapi::AnyPublicWrite, crate::openapi::AnyStorage
    )
)]
#[post("/drafts", data = "<body>")]
async fn create(
    visitor: Result<Visitor, Problem>,
    body: Result<JsonBody<'_>, Problem>,
    headers: Result<WriteHeaders<'_>, Problem>,
    writer: &State<Writer>,
) -> Result<Draft, Problem> {
    let visitor = visitor?;
    let (body, headers) = (body?, headers?);
    let mut fields = body.fields()?;
    let Some(mut save) = save_in(&mut fields, Way::Create) else { return fields.finish(None) };
    let problem = fields.finish(Some(())).err();
    let target = match save.change.email.take() {
        Some(email) => Target::Pair(Pair { email, survey_id: save.survey_id }),
        // The id of a draft that nobody owns is made of the key, so that the same request finds the draft again.
        None => {
            Target::Draft(headers.unguessable_key().map_or(save.new_id, |key| DraftId::of_key(save.survey_id, key)))
        }
    };
    let write = headers.write(("create", body.text()), target, By::Participant, Act::Save(save), problem.as_ref());
    let answered = carry_out_for(&visitor, writer, body.memory(), write, problem).await?;
    Ok(Draft::written(answered, &headers)?.located())
}

/// Save a draft under an id that the client made
///
/// Creates the draft or replaces its content, and so is safe to send again. What is left out of a draft that exists
/// stays as it is. With `If-None-Match: *` it only creates.
#[utoipa::path(
    operation_id = "putDraft",
    context_path = "/api", tag = "Drafts",
    request_body(content = NewDraftBody, example = json!({"survey_id": 1, "current_screen": 1, "data": {"name": "Ana"}})),
    params(
        crate::openapi::Id, crate::openapi::IfMatch, crate::openapi::OnlyNew, crate::openapi::IdempotencyKey,
        crate::openapi::Prefer
    ),
    responses(
        (status = 201, description = "A new draft", body = DraftView<'static>, headers(
            ("ETag" = String, description = "The draft's version"), ("Location" = String, description = "Its address"))),
        (status = 200, description = "The draft as it is now", body = DraftView<'static>, headers(("ETag" = String, description = "The draft's version"))),
        (status = 400, response = crate::openapi::InvalidSave),
        (status = 403, response = crate::openapi::SurveyClosed),
        (status = 404, response = crate::openapi::SurveyNotFound),
        (status = 409, response = crate::openapi::DraftTaken),
        (status = 410, response = crate::openapi::DraftEnded),
        crate::openapi::AnyBody, crate::openapi::AnyCondition, crate::openapi::AnyPublicWrite, crate::openapi::AnyStorage
    )
)]
#[put("/drafts/<id>", data = "<body>")]
async fn put(
    visitor: Result<Visitor, Problem>,
    id: Named<'_>,
    body: Result<JsonBody<'_>, Problem>,
    headers: Result<WriteHeaders<'_>, Problem>,
    writer: &State<Writer>,
) -> Result<Draft, Problem> {
    let visitor = visitor?;
    let id = id.map_err(|detail| {
        Problem::InvalidRequest(vec![FieldError { pointer: "draft_id".into(), detail: detail.into() }])
    })?;
    let (body, headers) = (body?, headers?);
    let (act, problem) = match body.fields() {
        Ok(mut fields) => {
            let save = save_in(&mut fields, Way::Put);
            let problem = fields.finish(save.as_ref().map(drop)).err();
            // Of a body that names no survey it is only known that it is bad. What goes before that is judged as for a patch.
            (save.map_or_else(|| Act::Patch(Patch::default()), Act::Save), problem)
        }
        Err(problem) => (Act::Patch(Patch::default()), Some(problem)),
    };
    let write = headers.write(("put", body.text()), Target::Draft(id), By::Participant, act, problem.as_ref());
    match (carry_out_for(&visitor, writer, body.memory(), write, problem.clone()).await, problem) {
        // A PUT needs no draft: its body is the matter.
        (Err(Problem::DraftNotFound), Some(problem)) => Err(problem),
        (answered, _) => Ok(Draft::written(answered?, &headers)?.located()),
    }
}

/// The save that a body asks for; none if it does not even name a survey.
fn save_in(fields: &mut Fields<'_>, way: Way) -> Option<Save> {
    let survey_id = survey_of(fields);
    let email = fields.optional("email");
    let mut change = change_in(fields);
    change.email = email;
    Some(Save { way, new_id: DraftId::random(), survey_id: survey_id?, change })
}

/// Read a draft
///
/// Changes nothing, and never extends the draft's life.
#[utoipa::path(
    operation_id = "readDraft",
    context_path = "/api", tag = "Drafts",
    params(crate::openapi::Id, crate::openapi::Fit, crate::openapi::IfNoneMatch),
    responses(
        (status = 200, description = "The draft", body = DraftView<'static>, headers(("ETag" = String, description = "The draft's version"))),
        (status = 304, description = "The client has this version"),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 404, response = crate::openapi::DraftNotFound),
        (status = 410, response = crate::openapi::DraftEnded),
        crate::openapi::AnyPublic, crate::openapi::AnyStorage
    )
)]
#[get("/drafts/<id>")]
async fn show(
    visitor: Result<Visitor, Problem>,
    id: Named<'_>,
    query: Query<'_>,
    headers: ReadHeaders,
    reader: Reader<'_>,
) -> Result<Shown, Problem> {
    visitor?;
    let mut fields = query.fields(&["fit"])?;
    let fit = fields.optional("fit").unwrap_or(false);
    fields.finish(Some(()))?;
    let current = reader.find(target_of(id)?).await?;
    shown(current, fit, &headers, &reader).await
}

/// A change of a draft (RFC 7396).
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "the documentation of a body whose members are read one by one, to find all errors at once"
)]
pub struct PatchBody {
    /// Claims an anonymous draft, once.
    #[schema(format = "email", example = "ana@example.com")]
    email: Option<String>,
    current_screen: Option<Screen>,
    /// Members replace those of the same name, objects inside objects too; null removes; lists are replaced whole.
    #[schema(value_type = Object, required = false)]
    data: Option<()>,
    /// Patched like data if it is an object; replaced otherwise; null clears it.
    #[schema(value_type = Option<Object>)]
    meta: Option<()>,
    fingerprint: Option<Fingerprint>,
}

/// Change parts of a draft
///
/// A JSON Merge Patch (RFC 7396): what it does not name keeps its exact bytes and order. One that changes nothing writes
/// nothing and answers with the same ETag.
#[utoipa::path(
    operation_id = "patchDraft",
    context_path = "/api", tag = "Drafts",
    request_body(content = PatchBody, content_type = "application/merge-patch+json",
        example = json!({"current_screen": 2, "data": {"name": "Ana", "phone": null}})),
    params(crate::openapi::Id, crate::openapi::IfMatch, crate::openapi::IdempotencyKey, crate::openapi::Prefer),
    responses(
        (status = 200, description = "The draft as it is now", body = DraftView<'static>, headers(("ETag" = String, description = "The draft's version"))),
        (status = 400, response = crate::openapi::InvalidSave),
        (status = 403, response = crate::openapi::SurveyClosed),
        (status = 404, response = crate::openapi::DraftNotFound),
        (status = 409, response = crate::openapi::DraftTaken),
        (status = 410, response = crate::openapi::DraftEnded),
        crate::openapi::AnyPatch, crate::openapi::AnyCondition, crate::openapi::AnyPublicWrite, crate::openapi::AnyStorage
    )
)]
#[patch("/drafts/<id>", data = "<body>")]
async fn change(
    visitor: Result<Visitor, Problem>,
    id: Named<'_>,
    body: Result<JsonBody<'_>, Problem>,
    headers: Result<WriteHeaders<'_>, Problem>,
    writer: &State<Writer>,
) -> Result<Draft, Problem> {
    let visitor = visitor?;
    let id = target_of(id)?;
    let (body, headers) = (body?, headers?);
    let (patch, problem) = match body.fields() {
        Ok(mut fields) => (patch_in(&mut fields, body.limit()), fields.finish(Some(())).err()),
        Err(problem) => (Patch::default(), Some(problem)),
    };
    let write =
        headers.write(("patch", body.text()), Target::Draft(id), By::Participant, Act::Patch(patch), problem.as_ref());
    let answered = carry_out_for(&visitor, writer, body.memory(), write, problem).await?;
    Draft::written(answered, &headers)
}

fn patch_in(fields: &mut Fields<'_>, largest: usize) -> Patch {
    let email = fields.optional("email");
    let data = object_in(fields, "data");
    let meta = fields.raw("meta");
    let change = Change { email, guest_code: data.and_then(guest_code_of), ..marks_in(fields) };
    let owned = |json: &serde_json::value::RawValue| json.to_owned().into();
    Patch { change, data: data.map(owned), meta: meta.map(owned), largest }
}

/// Discard a draft
#[utoipa::path(
    operation_id = "discardDraft",
    context_path = "/api", tag = "Drafts",
    params(crate::openapi::Id, crate::openapi::IfMatch, crate::openapi::IdempotencyKey),
    responses(
        (status = 204, description = "It is gone"),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 404, response = crate::openapi::DraftNotFound),
        (status = 410, response = crate::openapi::DraftEnded),
        crate::openapi::AnyCondition, crate::openapi::AnyPublic, crate::openapi::AnyStorage
    )
)]
#[delete("/drafts/<id>")]
async fn discard(
    visitor: Result<Visitor, Problem>,
    id: Named<'_>,
    query: Query<'_>,
    headers: Result<WriteHeaders<'_>, Problem>,
    writer: &State<Writer>,
) -> Result<Gone, Problem> {
    let visitor = visitor?;
    query.none()?;
    let (id, headers) = (target_of(id)?, headers?);
    let write = headers.write(("discard", ""), Target::Draft(id), By::Participant, Act::Discard, None);
    let Answered { replayed, .. } = carry_out_for(&visitor, writer, 0, write, None).await?;
    Ok(Gone { replayed })
}

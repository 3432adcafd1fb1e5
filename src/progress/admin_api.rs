//! A draft in the hands of an admin: read with its history, extended, discarded.

use rocket::{Route, State, delete, get, post, routes, serde::json::Json};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Current, DraftId, FormProgress, Reference, Screen, Version,
    admin::{self, Sent},
    drafts_api::{Named, target_of},
    headers::WriteHeaders,
    reader::Reader,
    views::{Draft, DraftView, Gone},
    world::Answered,
    writer::Writer,
};
use crate::{
    access::{Arrived, Power},
    clock::Moment,
    companies::CompanyId,
    http::{JsonBody, Query},
    problem::Problem,
    record::Happened,
    surveys::SurveyId,
};

/// The routes of this slice.
pub fn routes() -> Vec<Route> {
    routes![show, extend, discard]
}

/// A draft, as an admin sees it.
#[derive(Serialize, ToSchema)]
pub struct AdminDraftView {
    draft_id: DraftId,
    /// What the participant reads out to support.
    reference: Reference,
    /// Null for a draft that nobody has claimed yet.
    #[schema(format = "email", example = "ana@example.com")]
    email: Option<String>,
    survey_id: SurveyId,
    /// The company that a guest code linked the draft to.
    company_id: Option<CompanyId>,
    /// The guest code that made the link, trimmed and case-folded.
    #[schema(example = "demo")]
    guest_code: Option<String>,
    /// The screen last entered.
    current_screen: Screen,
    /// The furthest one ever entered.
    furthest_screen: Screen,
    /// The front end's whole form state, byte for byte as it was saved.
    #[schema(value_type = Object)]
    data: super::Json,
    /// The front end's own notes.
    #[schema(value_type = Option<Object>)]
    meta: Option<super::Json>,
    /// What the client said of its form's shape, or else the survey's when the draft was last saved.
    #[schema(example = "1:9f86d081884c7d65")]
    fingerprint: Option<String>,
    /// Whether the survey's answers have another shape now.
    schema_changed: bool,
    version: Version,
    created_at: Moment,
    updated_at: Moment,
    /// From then on the draft does not exist any more.
    expires_at: Moment,
    /// How many earlier states can be restored: see `previous`.
    #[schema(example = 1)]
    previous_states: i64,
    /// What became of it, the last 200 events, as far as they are still recorded.
    history: Vec<Happened>,
}

impl AdminDraftView {
    /// Of a draft, with what is known beside it.
    pub fn of(current: Current, previous_states: i64, history: Vec<Happened>) -> Self {
        let Current { draft: FormProgress { head, content }, schema_changed } = current;
        let fingerprint = head.fingerprint.as_ref().or(head.survey_fingerprint.as_ref());
        Self {
            draft_id: head.draft_id,
            reference: head.draft_id.reference(),
            fingerprint: fingerprint.map(|fingerprint| fingerprint.as_str().to_owned()),
            email: head.email.map(|email| email.as_str().to_owned()),
            survey_id: head.survey_id,
            company_id: head.company_id,
            guest_code: head.guest_code.map(|code| code.to_string()),
            current_screen: head.current_screen,
            furthest_screen: head.furthest_screen,
            data: content.data,
            meta: content.meta,
            schema_changed,
            version: head.version,
            created_at: head.created_at,
            updated_at: head.updated_at,
            expires_at: head.expires_at,
            previous_states,
            history,
        }
    }
}

/// Read a draft with its history
///
/// Changes nothing, and never extends the draft's life.
#[utoipa::path(
    operation_id = "inspectDraft",
    context_path = "/api/admin", tag = "Admin: drafts", security(("api_key" = []), ("session" = [])),
    params(crate::openapi::Id),
    responses(
        (status = 200, description = "The draft", body = AdminDraftView),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 404, response = crate::openapi::DraftNotFound),
        (status = 410, response = crate::openapi::DraftEnded),
        crate::openapi::AnyAdmin
    )
)]
#[get("/drafts/<id>")]
async fn show(
    id: Named<'_>,
    arrived: Result<Arrived, Problem>,
    query: Query<'_>,
    reader: Reader<'_>,
    writer: &State<Writer>,
) -> Result<Json<AdminDraftView>, Problem> {
    let caller = arrived?.may(Power::ReadDrafts)?;
    query.none()?;
    let (current, beside) = admin::read(&caller, target_of(id)?, &reader, writer).await?;
    Ok(Json(AdminDraftView::of(current, beside.states.len() as i64, beside.history)))
}

/// For how long a draft is to live on.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "the documentation of a body whose members are read one by one, to find all errors at once"
)]
pub struct ExtendBody {
    /// So many days from now, 1826 at most. Either this or `until`.
    #[schema(minimum = 1, maximum = 1826, example = 90)]
    days: Option<u32>,
    /// Until this moment, five years from now at most.
    until: Option<Moment>,
}

/// Extend a draft's life
///
/// Never shortens it: a draft that would live longer anyway stays as it is. It is no new version. The participant's next save
/// renews the expiry by the survey's days, as each save does.
#[utoipa::path(
    operation_id = "extendDraft",
    context_path = "/api/admin", tag = "Admin: drafts", security(("api_key" = []), ("session" = [])),
    request_body(content = ExtendBody, example = json!({"days": 90})),
    params(crate::openapi::Id, crate::openapi::IfMatch, crate::openapi::IdempotencyKey, crate::openapi::Prefer),
    responses(
        (status = 200, description = "The draft as it is now", body = DraftView<'static>, headers(("ETag" = String, description = "The draft's version"))),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 404, response = crate::openapi::DraftNotFound),
        (status = 410, response = crate::openapi::DraftEnded),
        crate::openapi::AnyBody, crate::openapi::AnyAdminWrite, crate::openapi::AnyAdmin
    )
)]
#[post("/drafts/<id>/extend", data = "<body>")]
async fn extend(
    id: Named<'_>,
    arrived: Result<Arrived, Problem>,
    body: Result<JsonBody<'_>, Problem>,
    headers: Result<WriteHeaders<'_>, Problem>,
    writer: &State<Writer>,
    reader: Reader<'_>,
) -> Result<Draft, Problem> {
    let caller = arrived?.may(Power::ChangeDrafts)?;
    let id = target_of(id)?;
    let entry = admin::entry_for(&caller, "draft.extend", id, &reader).await?;
    let (body, headers) = (body?, headers?);
    let until = body.fields().and_then(|fields| admin::until_in(fields, caller.now()));
    let sent = Sent { headers: &headers, body: body.text() };
    let answered = admin::extend(id, entry, until, caller.now(), &sent, writer).await?;
    Draft::written(answered, &headers)
}

/// Discard a draft, whoever's it is
///
/// What was entered is lost. The participant finds nothing, and may begin again.
#[utoipa::path(
    operation_id = "discardDraftOf",
    context_path = "/api/admin", tag = "Admin: drafts", security(("api_key" = []), ("session" = [])),
    params(crate::openapi::Id, crate::openapi::IfMatch, crate::openapi::IdempotencyKey),
    responses(
        (status = 204, description = "It is gone"),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 404, response = crate::openapi::DraftNotFound),
        (status = 410, response = crate::openapi::DraftEnded),
        crate::openapi::AnyAdminWrite, crate::openapi::AnyAdmin
    )
)]
#[delete("/drafts/<id>")]
async fn discard(
    id: Named<'_>,
    arrived: Result<Arrived, Problem>,
    query: Query<'_>,
    headers: Result<WriteHeaders<'_>, Problem>,
    writer: &State<Writer>,
    reader: Reader<'_>,
) -> Result<Gone, Problem> {
    let caller = arrived?.may(Power::ChangeDrafts)?;
    query.none()?;
    let (id, headers) = (target_of(id)?, headers?);
    let entry = admin::entry_for(&caller, "draft.discard", id, &reader).await?;
    let sent = Sent { headers: &headers, body: "" };
    let Answered { replayed, .. } = admin::discard(id, entry, &sent, writer).await?;
    Ok(Gone { replayed })
}

//! Searching drafts over HTTP, for admins.

use rocket::{Route, State, get, routes, serde::json::Json};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    DraftId, Head, Reference, Screen, Version,
    admin::{self, LIST_PARAMETERS, Listing},
    search::FILTERS,
    writer::Writer,
};
use crate::{
    access::{Arrived, Power},
    audit::People,
    clock::Moment,
    companies::CompanyId,
    db::Database,
    http::{
        Query,
        list::{Cursor, List},
    },
    problem::Problem,
    surveys::SurveyId,
};

/// The routes of this slice.
pub fn routes() -> Vec<Route> {
    routes![search]
}

/// What drafts may be searched by. What is left out fits every draft.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the documentation of parameters that are read one by one, to find all errors at once")]
pub struct FilterParameters {
    /// The participant, in any spelling.
    email: Option<String>,
    /// What the participant reads out: `01K8-3FZQ-7MXA`, in any case, with or without hyphens.
    reference: Option<String>,
    survey_id: Option<SurveyId>,
    /// A company's id, or `none` for drafts of no company.
    company_id: Option<String>,
    /// The screen last entered.
    screen: Option<Screen>,
    /// Began at this moment (RFC 3339, or a day) or later.
    created_after: Option<Moment>,
    /// Began before this moment.
    created_before: Option<Moment>,
    /// Last saved at this moment or later.
    updated_after: Option<Moment>,
    /// Idle: last saved before this moment.
    updated_before: Option<Moment>,
    /// Lives to this moment or longer.
    expires_after: Option<Moment>,
    /// Ends before this moment.
    expires_before: Option<Moment>,
}

/// A draft in a list: everything but what the participant has entered.
#[derive(Serialize, ToSchema)]
pub struct DraftLine {
    pub(super) draft_id: DraftId,
    /// What the participant reads out to support.
    pub(super) reference: Reference,
    /// Null for a draft that nobody has claimed yet.
    #[schema(format = "email", example = "ana@example.com")]
    pub(super) email: Option<String>,
    pub(super) survey_id: SurveyId,
    pub(super) company_id: Option<CompanyId>,
    /// The screen last entered.
    pub(super) current_screen: Screen,
    /// The furthest one ever entered.
    pub(super) furthest_screen: Screen,
    pub(super) version: Version,
    pub(super) created_at: Moment,
    pub(super) updated_at: Moment,
    /// From then on the draft does not exist any more.
    pub(super) expires_at: Moment,
}

impl From<Head> for DraftLine {
    fn from(head: Head) -> Self {
        Self {
            draft_id: head.draft_id,
            reference: head.draft_id.reference(),
            email: head.email.map(|email| email.as_str().to_owned()),
            survey_id: head.survey_id,
            company_id: head.company_id,
            current_screen: head.current_screen,
            furthest_screen: head.furthest_screen,
            version: head.version,
            created_at: head.created_at,
            updated_at: head.updated_at,
            expires_at: head.expires_at,
        }
    }
}

/// Search drafts
///
/// Lists the drafts that are alive, without what was entered in them. It takes the same time however many there are: where no
/// index leads to what is asked for, it looks at some thousands of drafts and answers with what was among them. So a page may
/// be short, or empty, and not be the last one: `next` alone says whether there are more.
#[utoipa::path(
    operation_id = "searchDrafts",
    context_path = "/api/admin", tag = "Admin: drafts", security(("api_key" = []), ("session" = [])),
    params(
        FilterParameters,
        ("sort" = Option<String>, Query, description = "`-created` (those that began last come first) or `created`"),
        crate::openapi::Limit, crate::openapi::After
    ),
    responses(
        (status = 200, description = "The drafts", body = List<DraftLine>),
        (status = 400, response = crate::openapi::InvalidRequest),
        crate::openapi::AnyAdmin
    )
)]
#[get("/drafts")]
async fn search(
    arrived: Result<Arrived, Problem>,
    query: Query<'_>,
    database: &State<Database>,
    writer: &State<Writer>,
    people: &State<People>,
) -> Result<Json<List<DraftLine>>, Problem> {
    let caller = arrived?.may(Power::ReadDrafts)?;
    let listing = Listing::of(query.fields(&[&FILTERS[..], &LIST_PARAMETERS].concat())?)?;
    let order = listing.order;
    let found = admin::search(&caller, listing, database, writer, people).await?;
    let next = found.next.map(|place| Cursor::at(place.at, place.id.0, order));
    Ok(Json(List::with_next(found.found.into_iter().map(DraftLine::from).collect(), next)))
}

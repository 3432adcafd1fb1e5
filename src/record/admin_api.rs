//! The record over HTTP: the funnel of a survey, and the events themselves.

use rocket::{Route, State, get, routes, serde::json::Json};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    Kind, admin,
    day::Day,
    funnel::FunnelView,
    store::{self, EventFilter, EventRow},
};
use crate::{
    access::{Arrived, Caller, Power, Reach, caller::look},
    audit::{People, Subject},
    clock::Moment,
    companies::CompanyId,
    db::Database,
    http::{
        Fields, Query,
        export::{Export, ExportRow, Format},
        list::{Cursor, List, PAGE_PARAMETERS, Page},
    },
    problem::Problem,
    progress::{DraftId, writer::Writer},
    surveys::SurveyId,
};

/// The routes of this slice.
pub fn routes() -> Vec<Route> {
    routes![funnel, list, export]
}

/// Of which drafts the funnel is told.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the documentation of parameters that are read one by one, to find all errors at once")]
pub struct FunnelParameters {
    /// Only drafts of this company.
    company_id: Option<i64>,
    /// Only drafts that began on this day or later, in UTC, such as 2026-11-01.
    from: Option<String>,
    /// Only drafts that began on this day or earlier.
    to: Option<String>,
}

/// Read the funnel of a survey
///
/// How far its drafts came, where they were lost, and how long it took. Always current: what was saved a moment ago is in it,
/// and a draft that has expired counts as such, purged or not. It stays right when drafts are purged, submitted or erased, and
/// when their events are forgotten.
///
/// A draft counts at the furthest screen that it has reached, with the day on which it began, for the company that it is linked
/// with now.
#[utoipa::path(
    operation_id = "readFunnel",
    context_path = "/api/admin", tag = "Admin: record", security(("api_key" = []), ("session" = [])),
    params(("id" = i64, Path, description = "The survey", example = 1), FunnelParameters),
    responses(
        (status = 200, description = "The funnel", body = FunnelView),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 404, response = crate::openapi::SurveyOrCompanyNotFound),
        crate::openapi::AnyAdmin
    )
)]
#[get("/surveys/<id>/funnel")]
async fn funnel(
    arrived: Result<Arrived, Problem>,
    id: Result<SurveyId, &str>,
    query: Query<'_>,
    database: &State<Database>,
) -> Result<Json<FunnelView>, Problem> {
    let caller = arrived?.may(Power::Figures)?;
    let survey_id = id.map_err(|_| Problem::SurveyNotFound)?;
    let chosen = admin::Chosen::of(query.fields(&admin::FILTERS)?)?;
    let (_, view) = admin::funnel(&caller, survey_id, chosen, database).await?;
    Ok(Json(view))
}

/// Something that became of a draft. There is nothing of the participant in it.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventView {
    /// Its number: a later event of a draft has a higher one.
    #[schema(example = 4711)]
    id: i64,
    /// When it happened.
    at: Moment,
    /// What happened: `started`, `company_linked`, `screen_entered` (a further one than any before), `resumed` (on a later day),
    /// `submitted`, `expired`, `discarded` or `erased`.
    #[schema(example = "screen_entered")]
    kind: String,
    survey_id: i64,
    /// The company that the draft was linked with from then on, or to its end.
    company_id: Option<i64>,
    /// The draft; for a submission that ended none, an id that names nothing.
    draft_id: DraftId,
    /// When the draft began; null for a submission that ended none.
    started_at: Option<Moment>,
    /// The furthest screen that the draft had reached, with this event.
    screen: Option<i32>,
    /// With `screen_entered`: the furthest one before.
    from_screen: Option<i32>,
    /// With `company_linked`: the company before; null for none.
    from_company_id: Option<i64>,
}

impl From<EventRow> for EventView {
    fn from(row: EventRow) -> Self {
        Self {
            id: row.id,
            at: row.at,
            kind: row.kind,
            survey_id: row.survey_id,
            company_id: row.company_id,
            draft_id: row.draft_id,
            started_at: row.started_at,
            screen: row.screen,
            from_screen: row.from_screen,
            from_company_id: row.from_company_id,
        }
    }
}

/// What a caller is shown of events.
#[derive(Clone)]
struct Shown {
    names_drafts: bool,
    companies: Reach<CompanyId>,
    people: People,
}

impl Shown {
    fn to(caller: &Caller, people: &People) -> Self {
        let companies = caller.grant.companies.clone();
        // Who knows the id of a draft may read it by the public route. It may belong to another company by now.
        let names_drafts = caller.grant.may(Power::ReadDrafts) && !companies.is_limited();
        Self { names_drafts, companies, people: people.clone() }
    }

    fn of(&self, mut event: EventView) -> EventView {
        if !self.names_drafts {
            event.draft_id = self.people.pseudonym(event.draft_id);
        }
        event.from_company_id = event.from_company_id.filter(|id| self.companies.sees(CompanyId(*id)));
        event
    }
}

impl ExportRow for EventView {
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "at",
        "kind",
        "survey_id",
        "company_id",
        "draft_id",
        "started_at",
        "screen",
        "from_screen",
        "from_company_id",
    ];

    fn cells(&self) -> Vec<String> {
        fn cell<T: ToString>(value: Option<T>) -> String {
            value.map(|value| value.to_string()).unwrap_or_default()
        }
        vec![
            self.id.to_string(),
            self.at.to_string(),
            self.kind.clone(),
            self.survey_id.to_string(),
            cell(self.company_id),
            self.draft_id.0.to_string(),
            cell(self.started_at),
            cell(self.screen),
            cell(self.from_screen),
            cell(self.from_company_id),
        ]
    }
}

/// Which events are listed.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the documentation of parameters that are read one by one, to find all errors at once")]
pub struct EventParameters {
    /// Only those of this survey.
    survey_id: Option<i64>,
    /// Only those of drafts that were linked with this company then.
    company_id: Option<i64>,
    /// Only those of this draft.
    draft_id: Option<String>,
    /// Only those of this kind, such as `submitted`.
    kind: Option<String>,
    /// How many, 200 at most; 50 unless it is said.
    limit: Option<i64>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// Reads the filters that the list and the export share.
fn filter_of(fields: &mut Fields<'_>, caller: &Caller) -> (EventFilter, Option<SurveyId>, Option<CompanyId>) {
    let survey_id = fields.optional::<SurveyId>("survey_id");
    let company_id = fields.optional::<CompanyId>("company_id");
    let filter = EventFilter {
        surveys: caller.grant.surveys.within(survey_id).ids(),
        companies: caller.grant.companies.within(company_id).ids(),
        draft_id: fields.optional("draft_id"),
        kind: fields.optional::<Kind>("kind"),
        ..Default::default()
    };
    (filter, survey_id, company_id)
}

/// List events
///
/// What became of drafts, in the order in which it was written. Events are kept for as many days as the setting `event_days` says.
#[utoipa::path(
    operation_id = "listEvents",
    context_path = "/api/admin", tag = "Admin: record", security(("api_key" = []), ("session" = [])),
    params(EventParameters),
    responses(
        (status = 200, description = "A page of events", body = List<EventView>),
        (status = 400, response = crate::openapi::InvalidRequest),
        crate::openapi::AnyAdmin
    )
)]
#[get("/events")]
async fn list(
    arrived: Result<Arrived, Problem>,
    query: Query<'_>,
    database: &State<Database>,
    people: &State<People>,
    writer: &State<Writer>,
) -> Result<Json<List<EventView>>, Problem> {
    let caller = arrived?.may(Power::Events)?;
    let known = [&["survey_id", "company_id", "draft_id", "kind"][..], &PAGE_PARAMETERS[..]].concat();
    let mut fields = query.fields(&known)?;
    let (filter, survey_id, company_id) = filter_of(&mut fields, &caller);
    let page = Page::of(&mut fields);
    let after = page.after_id(&mut fields).unwrap_or(0);
    fields.finish(Some(()))?;
    let entry = caller.entry("events.read", Subject::all("events")).about(survey_id, company_id);
    look(writer, entry).await?;
    let limit = page.one_more();
    let shown = Shown::to(&caller, people);
    let rows = database.read(move |conn| store::events(conn, &filter, after, limit)).await?;
    Ok(Json(List::of(rows, &page, |row| Cursor::of(&[&row.id]), |row| shown.of(row.into()))))
}

/// Which events are exported.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the documentation of parameters that are read one by one, to find all errors at once")]
pub struct ExportParameters {
    /// `csv` or `ndjson`.
    format: String,
    /// Only those of this survey.
    survey_id: Option<i64>,
    /// Only those of drafts that were linked with this company then.
    company_id: Option<i64>,
    /// Only those of this draft.
    draft_id: Option<String>,
    /// Only those of this kind, such as `submitted`.
    kind: Option<String>,
    /// Only what happened on this day or later, in UTC, such as 2026-11-01.
    from: Option<String>,
    /// Only what happened on this day or earlier.
    to: Option<String>,
    /// Only those with a higher id: the last one of the export before.
    after: Option<i64>,
}

/// The id of an event behind which an export begins.
#[derive(PartialEq)]
struct EventId(i64);

impl crate::http::Parameter for EventId {
    fn parse(text: &str) -> Result<Self, &'static str> {
        text.parse().ok().filter(|id| *id >= 0).map(Self).ok_or("must be the id of an event, or 0")
    }
}

/// Export events
///
/// All of them, streamed, in the order of their ids: CSV (RFC 4180, with a header line), or a JSON object a line. What the
/// columns mean stands in docs/record.md.
#[utoipa::path(
    operation_id = "exportEvents",
    context_path = "/api/admin", tag = "Admin: record", security(("api_key" = []), ("session" = [])),
    params(ExportParameters),
    responses(
        (status = 200, description = "The events", content(
            (String = "text/csv"),
            (EventView = "application/x-ndjson")
        )),
        (status = 400, response = crate::openapi::InvalidRequest),
        crate::openapi::AnyAdmin
    )
)]
#[get("/events/export")]
async fn export(
    arrived: Result<Arrived, Problem>,
    query: Query<'_>,
    database: &State<Database>,
    people: &State<People>,
    writer: &State<Writer>,
) -> Result<Export, Problem> {
    let caller = arrived?.may(Power::Events)?;
    let known = ["format", "survey_id", "company_id", "draft_id", "kind", "from", "to", "after"];
    let mut fields = query.fields(&known)?;
    let format = fields.required::<Format>("format");
    let (mut filter, survey_id, company_id) = filter_of(&mut fields, &caller);
    filter.from = fields.optional::<Day>("from").map(Day::begins_at);
    filter.before = fields.optional::<Day>("to").map(|day| day.next().begins_at());
    let after = fields.optional::<EventId>("after").map_or(0, |id| id.0);
    let format = fields.finish(format)?;
    let entry = caller.entry("events.export", Subject::all("events")).about(survey_id, company_id);
    look(writer, entry.detail(described(&filter, format, after))).await?;
    let database = database.inner().clone();
    let shown = Shown::to(&caller, people);
    let fetch = move |conn: &mut crate::db::Conn, after, limit| {
        let rows = export_rows(conn, &filter, after, limit)?;
        Ok(rows.into_iter().map(|(id, event)| (id, shown.of(event))).collect())
    };
    Export::of("events", format, database, after, fetch).await
}

/// The events of an export, with their ids.
pub fn export_rows(
    conn: &mut crate::db::Conn,
    filter: &EventFilter,
    after: i64,
    limit: i64,
) -> crate::db::QueryRows<EventView> {
    let rows = store::events(conn, filter, after, limit)?;
    Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
}

/// What was exported, for the audit log.
fn described(filter: &EventFilter, format: Format, after: i64) -> String {
    let mut words = vec![format.extension().to_owned()];
    words.extend(filter.draft_id.map(|id| format!("draft {}", id.0)));
    words.extend(filter.kind.map(|kind| kind.0.to_owned()));
    words.extend(filter.from.map(|from| format!("from {from}")));
    words.extend(filter.before.map(|before| format!("before {before}")));
    words.extend((after > 0).then(|| format!("after {after}")));
    words.join(", ")
}

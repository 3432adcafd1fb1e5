//! Searching drafts over HTTP, and exporting them, for admins.

use rocket::{Route, State, get, routes, serde::json::Json};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    DraftId, FormProgress, Head, Reference, Screen, Version,
    search::{Filter, place_of},
    store,
    writer::Writer,
};
use crate::{
    access::{Arrived, Caller, Grant, Power, caller::look},
    audit::{Entry, People, Subject},
    clock::{Clock, Moment, Span},
    companies::{Belonging, CompanyId},
    db::{Conn, Database, QueryWalked, Walked},
    email::Email,
    http::{
        Fields, Query,
        export::{Export, ExportRow, Format, one_line},
        list::{Cursor, List, PAGE_PARAMETERS, Page},
    },
    problem::Problem,
    surveys::SurveyId,
    timeline::{Order, Place, Scope},
};

/// Drafts of an export that are read at a time: few enough that the largest ones do not fill the memory.
const CHUNK: usize = 100;

/// The routes of this slice.
pub fn routes() -> Vec<Route> {
    routes![search, export]
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

const FILTERS: [&str; 11] = [
    "email",
    "reference",
    "survey_id",
    "company_id",
    "screen",
    "created_after",
    "created_before",
    "updated_after",
    "updated_before",
    "expires_after",
    "expires_before",
];

/// What is searched for.
#[derive(Default)]
pub struct Asked {
    /// The participant.
    pub email: Option<Email>,
    /// What the participant reads out.
    pub reference: Option<Reference>,
    /// The survey.
    pub survey_id: Option<SurveyId>,
    /// The company.
    pub company: Option<Belonging>,
    /// The screen last entered.
    pub screen: Option<Screen>,
    /// The first save.
    pub created: Span,
    /// The last save.
    pub updated: Span,
    /// The end of its life.
    pub expires: Span,
}

impl Asked {
    fn of(fields: &mut Fields<'_>) -> Self {
        Self {
            email: fields.optional("email"),
            reference: fields.optional("reference"),
            survey_id: fields.optional("survey_id"),
            company: fields.optional("company_id"),
            screen: fields.optional("screen"),
            created: Span::of(fields, "created_after", "created_before"),
            updated: Span::of(fields, "updated_after", "updated_before"),
            expires: Span::of(fields, "expires_after", "expires_before"),
        }
    }

    /// What is searched for among what this grant lets be seen.
    pub fn within(self, grant: &Grant) -> Filter {
        Filter {
            scope: Scope::of(grant, self.survey_id, self.company),
            email: self.email,
            reference: self.reference,
            screen: self.screen,
            created: self.created,
            updated: self.updated,
            expires: self.expires,
        }
    }

    /// An entry for the audit log: the filters, but of the participant no more than a digest.
    pub fn audited(&self, entry: impl FnOnce(Subject) -> Entry, people: &People) -> Entry {
        let subject = self.email.as_ref().map_or_else(|| Subject::all("drafts"), |email| people.subject(email));
        entry(subject).about(self.survey_id, self.company.and_then(Belonging::company_id)).detail(self.described())
    }

    fn described(&self) -> String {
        fn said<T: ToString>(name: &str, value: Option<T>) -> Option<String> {
            value.map(|value| format!("{name}={}", value.to_string()))
        }
        let said = [
            said("reference", self.reference),
            said("survey_id", self.survey_id),
            said("company_id", self.company),
            said("screen", self.screen.map(|screen| screen.0)),
            said("created_after", self.created.from),
            said("created_before", self.created.to),
            said("updated_after", self.updated.from),
            said("updated_before", self.updated.to),
            said("expires_after", self.expires.from),
            said("expires_before", self.expires.to),
        ];
        said.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

/// A draft in a list: everything but what the participant has entered.
#[derive(Serialize, ToSchema)]
pub struct DraftLine {
    draft_id: DraftId,
    /// What the participant reads out to support.
    reference: Reference,
    /// Null for a draft that nobody has claimed yet.
    #[schema(format = "email", example = "ana@example.com")]
    email: Option<String>,
    survey_id: SurveyId,
    company_id: Option<CompanyId>,
    /// The screen last entered.
    current_screen: Screen,
    /// The furthest one ever entered.
    furthest_screen: Screen,
    version: Version,
    created_at: Moment,
    updated_at: Moment,
    /// From then on the draft does not exist any more.
    expires_at: Moment,
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
    let mut fields = query.fields(&[&FILTERS[..], &PAGE_PARAMETERS, &["sort"]].concat())?;
    let asked = Asked::of(&mut fields);
    let order = fields.optional("sort").unwrap_or(Order::NewestFirst);
    let page = Page::of(&mut fields);
    let reached = page.reached(&mut fields, order);
    fields.finish(Some(()))?;
    look(writer, asked.audited(|subject| caller.entry("draft.search", subject), people)).await?;
    let (filter, now, most) = (asked.within(&caller.grant), caller.now(), page.limit as usize);
    let found = database.read(move |conn| store::search(conn, &filter, order, reached, most, now)).await?;
    let next = found.next.map(|place| Cursor::at(place.at, place.id.0, order));
    Ok(Json(List::with_next(found.found.into_iter().map(DraftLine::from).collect(), next)))
}

/// A draft in an export.
#[derive(Serialize, ToSchema)]
pub struct ExportedDraft {
    #[serde(flatten)]
    line: DraftLine,
    #[schema(example = "1:9f86d081884c7d65")]
    fingerprint: Option<String>,
    /// The front end's whole form state, as it was saved. In CSV its JSON, in one cell.
    #[schema(value_type = Object)]
    data: super::Json,
    #[schema(value_type = Option<Object>)]
    meta: Option<super::Json>,
}

impl ExportRow for ExportedDraft {
    const COLUMNS: &'static [&'static str] = &[
        "draft_id",
        "reference",
        "email",
        "survey_id",
        "company_id",
        "current_screen",
        "furthest_screen",
        "version",
        "created_at",
        "updated_at",
        "expires_at",
        "fingerprint",
        "data",
        "meta",
    ];

    fn cells(&self) -> Vec<String> {
        let line = &self.line;
        vec![
            line.draft_id.0.to_string(),
            line.reference.to_string(),
            line.email.clone().unwrap_or_default(),
            line.survey_id.to_string(),
            line.company_id.map(|id| id.to_string()).unwrap_or_default(),
            line.current_screen.0.to_string(),
            line.furthest_screen.0.to_string(),
            line.version.0.to_string(),
            line.created_at.to_string(),
            line.updated_at.to_string(),
            line.expires_at.to_string(),
            self.fingerprint.clone().unwrap_or_default(),
            self.data.get().to_owned(),
            self.meta.as_ref().map(|meta| meta.get().to_owned()).unwrap_or_default(),
        ]
    }
}

impl From<FormProgress> for ExportedDraft {
    fn from(FormProgress { head, content }: FormProgress) -> Self {
        Self {
            fingerprint: head.fingerprint.as_ref().map(|fingerprint| fingerprint.as_str().to_owned()),
            line: head.into(),
            data: one_line(&content.data),
            meta: content.meta.as_deref().map(one_line),
        }
    }
}

/// Export drafts with what was entered
///
/// Partial answers, for analysis: every draft alive that the filters leave, those that began first come first. Streamed; an
/// export that breaks off in the middle breaks the connection. NDJSON has a draft a line, with `data` and `meta` as they were
/// saved; CSV has them as JSON, in a cell each.
#[utoipa::path(
    operation_id = "exportDrafts",
    context_path = "/api/admin", tag = "Admin: drafts", security(("api_key" = []), ("session" = [])),
    params(("format" = String, Query, description = "`csv` or `ndjson`"), FilterParameters),
    responses(
        (status = 200, description = "The drafts", content((ExportedDraft = "application/x-ndjson"), (String = "text/csv"))),
        (status = 400, response = crate::openapi::InvalidRequest),
        crate::openapi::AnyAdmin
    )
)]
#[get("/drafts/export")]
async fn export(
    arrived: Result<Arrived, Problem>,
    query: Query<'_>,
    database: &State<Database>,
    writer: &State<Writer>,
    people: &State<People>,
    clock: &State<Clock>,
) -> Result<Export, Problem> {
    let caller: Caller = arrived?.may(Power::ReadDrafts)?;
    let mut fields = query.fields(&[&FILTERS[..], &["format"]].concat())?;
    let asked = Asked::of(&mut fields);
    let format = fields.required::<Format>("format");
    let format = fields.finish(format)?;
    look(writer, asked.audited(|subject| caller.entry("draft.export", subject), people)).await?;
    let (filter, clock) = (asked.within(&caller.grant), clock.inner().clone());
    let fetch = move |conn: &mut Conn, reached| exported(conn, &filter, reached, clock.now());
    Export::in_chunks("drafts", format, database.inner().clone(), None, fetch).await
}

/// A chunk of an export.
fn exported(
    conn: &mut Conn,
    filter: &Filter,
    reached: Option<Place<DraftId>>,
    now: Moment,
) -> QueryWalked<ExportedDraft, Option<Place<DraftId>>> {
    let Walked { found, next } = store::search(conn, filter, Order::OldestFirst, reached, CHUNK, now)?;
    let ids: Vec<DraftId> = found.iter().map(|head| head.draft_id).collect();
    // They may have changed since, or be gone.
    let mut drafts: Vec<FormProgress> = store::find_all(conn, &ids)?.into_iter().map(|(draft, _)| draft).collect();
    drafts.retain(|draft| filter.matches(&draft.head, now));
    drafts.sort_unstable_by_key(|draft| place_of(&draft.head));
    Ok(Walked { found: drafts.into_iter().map(ExportedDraft::from).collect(), next: next.map(Some) })
}

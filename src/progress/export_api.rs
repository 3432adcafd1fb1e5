//! Exporting drafts over HTTP, for admins.

use rocket::{Route, State, get, routes};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    DraftId, FormProgress,
    search::{Asked, FILTERS, Filter, place_of},
    search_api::{DraftLine, FilterParameters},
    store,
    writer::Writer,
};
use crate::{
    access::{Arrived, Power, caller::look},
    audit::People,
    clock::{Clock, Moment},
    db::{Conn, Database, QueryWalked, Walked},
    http::{
        Query,
        export::{Export, ExportRow, Format, one_line},
    },
    problem::Problem,
    timeline::{Order, Place},
};

/// Drafts that are read at a time: few enough that the largest ones do not fill the memory.
const CHUNK: usize = 100;

/// The routes of this slice.
pub fn routes() -> Vec<Route> {
    routes![export]
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
    let caller = arrived?.may(Power::ReadDrafts)?;
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

//! The audit log over HTTP.

use rocket::{Route, State, get, routes, serde::json::Json};

use super::{
    People, Recorded,
    admin::{self, Asked, FILTERS},
    store,
};
use crate::{
    access::{Arrived, Power},
    db::Database,
    http::{
        Query,
        export::{Export, ExportRow, Format},
        list::{Cursor, List, PAGE_PARAMETERS},
    },
    problem::Problem,
    progress::writer::Writer,
};

/// The routes of this slice.
pub fn routes() -> Vec<Route> {
    routes![list, export]
}

/// The query parameters by which entries are chosen.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the documentation of parameters that are read one by one, to find all errors at once")]
pub struct FilterParameters {
    /// Only by these: `account`, `account:ID`, `key`, `key:ID`, `command_line` or `nobody`.
    #[param(example = "key:3")]
    actor: Option<String>,
    /// Only this action, such as `survey.replace`; or all of a kind, such as `survey`.
    action: Option<String>,
    /// Only what was done to this, as an entry names it.
    #[param(example = "survey 1")]
    subject: Option<String>,
    /// Only what was done to all that is held about the person with this email. Not beside `subject`.
    email: Option<String>,
    survey_id: Option<i64>,
    company_id: Option<i64>,
    /// `done` or `refused`.
    outcome: Option<String>,
    /// From this moment on, or this day.
    from: Option<String>,
    /// Before this moment, or up to the end of this day.
    to: Option<String>,
}

/// List the audit log
///
/// The newest first. To look at the log leaves an entry too.
#[utoipa::path(
    operation_id = "listAuditLog",
    context_path = "/api/admin", tag = "Admin: audit log", security(("api_key" = []), ("session" = [])),
    params(FilterParameters, crate::openapi::Limit, crate::openapi::After),
    responses(
        (status = 200, description = "A page of entries", body = List<Recorded>),
        (status = 400, response = crate::openapi::InvalidRequest),
        crate::openapi::AnyAdmin
    )
)]
#[get("/audit")]
async fn list(
    arrived: Result<Arrived, Problem>,
    query: Query<'_>,
    people: &State<People>,
    database: &State<Database>,
    writer: &State<Writer>,
) -> Result<Json<List<Recorded>>, Problem> {
    let caller = arrived?.may(Power::Audit)?.without_limits()?;
    let asked = Asked::of(query.fields(&[&FILTERS[..], &PAGE_PARAMETERS].concat())?, people)?;
    let found = admin::list(&caller, &asked, database, writer).await?;
    Ok(Json(List::of(found, &asked.page, |entry| Cursor::of(&[&entry.id]), |entry| entry)))
}

impl ExportRow for Recorded {
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "at",
        "actor",
        "actor_id",
        "action",
        "subject",
        "survey_id",
        "company_id",
        "outcome",
        "detail",
        "address",
        "request_id",
    ];

    fn cells(&self) -> Vec<String> {
        let (actor, actor_id) = store::stored(self.actor);
        let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
        vec![
            self.id.to_string(),
            self.at.to_string(),
            actor.to_owned(),
            number(actor_id),
            self.action.clone(),
            self.subject.clone(),
            number(self.survey_id.map(|id| id.0)),
            number(self.company_id.map(|id| id.0)),
            self.outcome.as_str().to_owned(),
            self.detail.clone(),
            self.address.clone(),
            self.request_id.clone(),
        ]
    }
}

/// Export the audit log
///
/// All entries that fit, the oldest first: as CSV, or as NDJSON with an object a line. To export the log leaves an entry too.
#[utoipa::path(
    operation_id = "exportAuditLog",
    context_path = "/api/admin", tag = "Admin: audit log", security(("api_key" = []), ("session" = [])),
    params(("format" = String, Query, description = "`csv` or `ndjson`", example = "csv"), FilterParameters),
    responses(
        (status = 200, description = "The entries", content(
            (String = "text/csv", example = "id,at,actor,actor_id,action,subject,survey_id,company_id,outcome,detail,address,request_id\r\n"),
            (Recorded = "application/x-ndjson")
        )),
        (status = 400, response = crate::openapi::InvalidRequest),
        crate::openapi::AnyAdmin
    )
)]
#[get("/audit/export")]
async fn export(
    arrived: Result<Arrived, Problem>,
    query: Query<'_>,
    people: &State<People>,
    database: &State<Database>,
    writer: &State<Writer>,
) -> Result<Export, Problem> {
    let caller = arrived?.may(Power::Audit)?.without_limits()?;
    let mut fields = query.fields(&[&FILTERS[..], &["format"]].concat())?;
    let (filter, format) = (admin::filter_in(&mut fields, people), fields.required::<Format>("format"));
    let (filter, format) = fields.finish(format.map(|format| (filter, format)))?;
    admin::looks(&caller, "audit.export", &filter, writer).await?;
    let fetch = move |conn: &mut _, after, limit| store::chunk(conn, &filter, after, limit);
    Export::of("audit", format, database.inner().clone(), 0, fetch).await
}

//! Searching drafts over HTTP, for admins.

use rocket::{Route, State, get, routes, serde::json::Json};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::{DraftId, Head, Reference, Screen, Version, search::Filter, store, writer::Writer};
use crate::{
    access::{Arrived, Grant, Power, caller::look},
    audit::{Entry, People, Subject},
    clock::{Moment, Span},
    companies::{Belonging, CompanyId},
    db::Database,
    email::Email,
    http::{
        Fields, Query,
        list::{Cursor, List, PAGE_PARAMETERS, Page},
    },
    problem::Problem,
    surveys::SurveyId,
    timeline::{Order, Scope},
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

/// Their names.
pub const FILTERS: [&str; 11] = [
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
    /// Of a query.
    pub fn of(fields: &mut Fields<'_>) -> Self {
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

//! The table: what each route needs. A route may have several rows, one for each thing that it can be asked to do.

use formprogress::access::Power;

/// What a route needs, and what it is about.
pub enum Needs {
    /// Nothing: anybody may.
    Nothing,
    /// A site key on a page of its own, or a server key that may participate.
    Public,
    /// The same, or a server key that may submit, for the participant of a survey.
    SubmitPair,
    /// The same, for a draft.
    SubmitDraft,
    /// A server key that may submit; others may use the route, but not for this.
    Mark,
    /// A power over the service as a whole.
    Admin(Power),
    /// The same, without limits of surveys or companies.
    AdminOfAll(Power),
    /// A power over something, and what those are told who may not see what it belongs to: the first of these counts.
    AdminOf(Power, &'static [Hidden]),
    /// To be a person who is signed in: it is about their own session and account.
    Person,
    /// A page: to be a person who is signed in.
    Page,
    /// A page: a person with a power.
    PageFor(Power),
    /// The same, without limits of companies.
    PageForAll(Power),
    /// The same, over something, and what those are told who may not see what it belongs to.
    PageOf(Power, &'static [Hidden]),
}

/// What something belongs to, and the code for those who may not see that.
pub type Hidden = (Of, &'static str);

/// What things of the table belong to.
#[derive(Clone, Copy)]
pub enum Of {
    /// Survey 1.
    Survey,
    /// The company ACME.
    Company,
    /// Both, as drafts do.
    Both,
}

/// A way to ask a route, and how it is answered when all is well.
pub struct Row {
    /// As Rocket knows it.
    pub route: &'static str,
    pub needs: Needs,
    /// With `{draft}` and `{email}` for a draft that is there, `{submission}` and `{submitter}` for a submission, `{account}` and
    /// `{key}` for one of these, `{acme}` for the company, `{new}` for an id that nobody has, `{csrf}` for the token that the caller
    /// shows.
    pub path: &'static str,
    /// JSON, or the fields of a form; empty for none.
    pub body: &'static str,
    pub ok: u16,
    /// What is refused of those who may, where the whole way would be a test of its own.
    pub code: Option<&'static str>,
    /// What stands in the answer to those who may see what this belongs to, and in no other.
    pub shows: Option<(Of, &'static str)>,
}

const fn row(route: &'static str, needs: Needs, path: &'static str, body: &'static str, ok: u16) -> Row {
    Row { route, needs, path, body, ok, code: None, shows: None }
}

impl Row {
    const fn showing(self, of: Of, text: &'static str) -> Self {
        Self { shows: Some((of, text)), ..self }
    }

    const fn but(self, code: &'static str) -> Self {
        Self { code: Some(code), ..self }
    }
}

const DRAFT: &[Hidden] = &[(Of::Both, "DRAFT_NOT_FOUND")];
const SURVEY: &[Hidden] = &[(Of::Survey, "SURVEY_NOT_FOUND")];
const COMPANY: &[Hidden] = &[(Of::Company, "COMPANY_NOT_FOUND")];

const SUBMISSION: &[Hidden] = &[(Of::Both, "SUBMISSION_NOT_FOUND")];

/// As it is: whoever replaces it changes nothing for the others.
const SURVEY_1: &str = r#"{"id":1,"name":"Commuting","definition":{"question_groups":[{"id":1,"name":"","questions":[
    {"id":10,"text":"How?","options":[{"id":100,"text":"On foot"}]}]}]}}"#;

/// Every route.
pub const ROWS: &[Row] = &[
    row("OPTIONS /<_..>", Needs::Nothing, "/api/progress", "", 204),
    row("GET /healthz", Needs::Nothing, "/healthz", "", 200),
    row("GET /readyz", Needs::Nothing, "/readyz", "", 200),
    row("GET /openapi.json", Needs::Nothing, "/openapi.json", "", 200),
    row("GET /docs", Needs::Nothing, "/docs", "", 200),
    row("GET /docs/<file>", Needs::Nothing, "/docs/swagger-ui.css", "", 200),
    row("GET /metrics", Needs::Admin(Power::Metrics), "/metrics", "", 200),
    row("GET /api/admin/system", Needs::Admin(Power::Metrics), "/api/admin/system", "", 200),
    row("GET /api/progress", Needs::Public, "/api/progress?email={email}&survey_id=1", "", 200),
    row(
        "POST /api/progress",
        Needs::Public,
        "/api/progress",
        r#"{"email":"{email}","survey_id":1,"data":{},"current_screen":4}"#,
        200,
    ),
    row("DELETE /api/progress", Needs::Public, "/api/progress?email={email}&survey_id=1", "", 204),
    row("POST /api/drafts", Needs::Public, "/api/drafts", r#"{"survey_id":1,"data":{}}"#, 201),
    row("PUT /api/drafts/<id>", Needs::Public, "/api/drafts/{new}", r#"{"survey_id":1,"data":{}}"#, 201),
    row("GET /api/drafts/<id>", Needs::Public, "/api/drafts/{draft}", "", 200),
    row("PATCH /api/drafts/<id>", Needs::Public, "/api/drafts/{draft}", r#"{"current_screen":4}"#, 200),
    row("DELETE /api/drafts/<id>", Needs::Public, "/api/drafts/{draft}", "", 204),
    row("POST /api/drafts/<id>/validate", Needs::Public, "/api/drafts/{draft}/validate", "{}", 200),
    row(
        "GET /api/drafts/<id>/previous",
        Needs::AdminOf(Power::ReadDrafts, DRAFT),
        "/api/drafts/{draft}/previous",
        "",
        200,
    ),
    row(
        "POST /api/drafts/<id>/restore",
        Needs::AdminOf(Power::ChangeDrafts, DRAFT),
        "/api/drafts/{draft}/restore",
        r#"{"version":1}"#,
        200,
    ),
    row("POST /api/drafts/<id>/submit", Needs::SubmitDraft, "/api/drafts/{draft}/submit", r#"{"answers":[100]}"#, 201),
    row(
        "POST /api/submissions",
        Needs::SubmitPair,
        "/api/submissions",
        r#"{"email":"{email}","survey_id":1,"answers":[100]}"#,
        201,
    ),
    row("POST /api/submissions", Needs::Mark, "/api/submissions", r#"{"email":"{email}","survey_id":1}"#, 201),
    row(
        "POST /api/response",
        Needs::SubmitPair,
        "/api/response",
        r#"{"invitation_code":"ACME","survey_id":1,"participant":{"email":"{email}"},"answers":[100]}"#,
        201,
    ),
    row(
        "POST /api/participant/has-answer",
        Needs::Public,
        "/api/participant/has-answer",
        r#"{"email":"{email}","survey_id":1}"#,
        200,
    ),
    row("GET /api/surveys/<id>", Needs::Public, "/api/surveys/1", "", 200),
    row("POST /api/invitation-code", Needs::Public, "/api/invitation-code", r#"{"invitation_code":"ACME"}"#, 200),
    // Signing in.
    row("POST /api/admin/session", Needs::Nothing, "/api/admin/session", "{}", 400).but("INVALID_REQUEST"),
    row("POST /api/admin/set-password", Needs::Nothing, "/api/admin/set-password", "{}", 400).but("INVALID_REQUEST"),
    row("GET /admin/set-password/<token>", Needs::Nothing, "/admin/set-password/nobodys", "", 410),
    row("POST /admin/set-password/<token>", Needs::Nothing, "/admin/set-password/nobodys", "password=x&again=x", 410),
    row("GET /api/admin/session", Needs::Person, "/api/admin/session", "", 200),
    row("DELETE /api/admin/session", Needs::Person, "/api/admin/session", "", 204),
    row("DELETE /api/admin/sessions", Needs::Person, "/api/admin/sessions", "", 204),
    row("PUT /api/admin/password", Needs::Person, "/api/admin/password", "{}", 400).but("INVALID_REQUEST"),
    // Accounts.
    row("GET /api/admin/accounts", Needs::Admin(Power::Accounts), "/api/admin/accounts", "", 200),
    row(
        "POST /api/admin/accounts",
        Needs::Admin(Power::Accounts),
        "/api/admin/accounts",
        r#"{"email":"{new}@example.org","role":"viewer"}"#,
        201,
    ),
    row("GET /api/admin/accounts/<id>", Needs::Admin(Power::Accounts), "/api/admin/accounts/{account}", "", 200),
    row(
        "PATCH /api/admin/accounts/<id>",
        Needs::Admin(Power::Accounts),
        "/api/admin/accounts/{account}",
        r#"{"role":"editor"}"#,
        200,
    ),
    row("DELETE /api/admin/accounts/<id>", Needs::Admin(Power::Accounts), "/api/admin/accounts/{account}", "", 204),
    row(
        "POST /api/admin/accounts/<id>/password-link",
        Needs::Admin(Power::Accounts),
        "/api/admin/accounts/{account}/password-link",
        "",
        201,
    ),
    row(
        "DELETE /api/admin/accounts/<id>/sessions",
        Needs::Admin(Power::Accounts),
        "/api/admin/accounts/{account}/sessions",
        "",
        204,
    ),
    // The admin pages.
    row("GET /", Needs::Nothing, "/", "", 303),
    row("GET /admin/assets/<version>/<file>", Needs::Nothing, "/admin/assets/x/admin.css", "", 200),
    row("GET /admin/sign-in", Needs::Nothing, "/admin/sign-in", "", 200),
    row("POST /admin/sign-in", Needs::Nothing, "/admin/sign-in", "email=x", 400),
    row("POST /admin/sign-out", Needs::Page, "/admin/sign-out", "csrf={csrf}", 303),
    row("POST /admin/sign-out-everywhere", Needs::Page, "/admin/sign-out-everywhere", "csrf={csrf}", 303),
    row("GET /admin/companies", Needs::PageFor(Power::Figures), "/admin/companies", "", 200)
        .showing(Of::Company, ">ACME</a>"),
    row("GET /admin/companies/new", Needs::PageForAll(Power::ChangeCompanies), "/admin/companies/new", "", 200),
    row(
        "POST /admin/companies",
        Needs::PageForAll(Power::ChangeCompanies),
        "/admin/companies",
        "csrf={csrf}&name=New&guest_code={new}",
        303,
    ),
    row("GET /admin", Needs::PageFor(Power::Figures), "/admin", "", 200),
    row("GET /admin/surveys", Needs::PageFor(Power::Figures), "/admin/surveys", "", 200),
    row("GET /admin/surveys/<id>", Needs::PageOf(Power::Figures, SURVEY), "/admin/surveys/1", "", 200)
        .showing(Of::Company, ">ACME</option>"),
    row(
        "GET /admin/surveys/<id>",
        Needs::PageOf(Power::Figures, COMPANY),
        "/admin/surveys/1?company_id={acme}",
        "",
        200,
    ),
    row(
        "GET /admin/surveys/<id>/status/<status>",
        Needs::PageOf(Power::ChangeSurveys, SURVEY),
        "/admin/surveys/1/status/closing",
        "",
        200,
    ),
    row(
        "POST /admin/surveys/<id>/status",
        Needs::PageOf(Power::ChangeSurveys, SURVEY),
        "/admin/surveys/1/status",
        "csrf={csrf}&status=open",
        303,
    ),
    row("GET /admin/surveys/new", Needs::PageFor(Power::ChangeSurveys), "/admin/surveys/new", "", 200),
    row(
        "POST /admin/surveys/new",
        Needs::PageFor(Power::ChangeSurveys),
        "/admin/surveys/new",
        "csrf={csrf}&text=%7B%22name%22%3A%22New%22%2C%22definition%22%3A%7B%7D%7D",
        303,
    ),
    row(
        "GET /admin/surveys/<id>/replace",
        Needs::PageOf(Power::ChangeSurveys, SURVEY),
        "/admin/surveys/1/replace",
        "",
        200,
    ),
    row(
        "POST /admin/surveys/<id>/replace",
        Needs::PageOf(Power::ChangeSurveys, SURVEY),
        "/admin/surveys/1/replace",
        "csrf={csrf}&text=%7B%22name%22%3A%22New%22%2C%22definition%22%3A%7B%7D%7D",
        200,
    ),
    row(
        "POST /admin/surveys/<id>/replace/confirm",
        Needs::PageOf(Power::ChangeSurveys, SURVEY),
        "/admin/surveys/1/replace/confirm",
        "csrf={csrf}&text=%7B%22name%22%3A%22New%22%2C%22definition%22%3A%7B%7D%7D&updated_at=2000-01-01T00:00:00Z",
        409,
    ),
    row(
        "GET /admin/surveys/<id>/settings",
        Needs::PageOf(Power::ChangeSurveys, SURVEY),
        "/admin/surveys/1/settings",
        "",
        200,
    ),
    row(
        "POST /admin/surveys/<id>/settings",
        Needs::PageOf(Power::ChangeSurveys, SURVEY),
        "/admin/surveys/1/settings",
        "csrf={csrf}&name=Commuting&progress_days=30",
        303,
    ),
    row(
        "PATCH /api/admin/surveys/<id>",
        Needs::AdminOf(Power::ChangeSurveys, SURVEY),
        "/api/admin/surveys/1",
        r#"{"require_if_match":false}"#,
        200,
    ),
    row(
        "POST /api/admin/surveys/<id>/preview",
        Needs::AdminOf(Power::ChangeSurveys, SURVEY),
        "/api/admin/surveys/1/preview",
        SURVEY_1,
        200,
    ),
    row("GET /admin/drafts", Needs::PageFor(Power::ReadDrafts), "/admin/drafts?email={email}", "", 200)
        .showing(Of::Both, "{draft}"),
    row("GET /admin/drafts/<id>", Needs::PageOf(Power::ReadDrafts, DRAFT), "/admin/drafts/{draft}", "", 200),
    row(
        "GET /admin/drafts/<id>/versions/<version>",
        Needs::PageOf(Power::ReadDrafts, DRAFT),
        "/admin/drafts/{draft}/versions/1",
        "",
        200,
    ),
    row(
        "GET /admin/drafts/<id>/extend",
        Needs::PageOf(Power::ChangeDrafts, DRAFT),
        "/admin/drafts/{draft}/extend",
        "",
        200,
    ),
    row(
        "POST /admin/drafts/<id>/extend",
        Needs::PageOf(Power::ChangeDrafts, DRAFT),
        "/admin/drafts/{draft}/extend",
        "csrf={csrf}&seen=2&days=60",
        303,
    ),
    row(
        "GET /admin/drafts/<id>/discard",
        Needs::PageOf(Power::ChangeDrafts, DRAFT),
        "/admin/drafts/{draft}/discard",
        "",
        200,
    ),
    row(
        "POST /admin/drafts/<id>/discard",
        Needs::PageOf(Power::ChangeDrafts, DRAFT),
        "/admin/drafts/{draft}/discard",
        "csrf={csrf}&seen=2",
        303,
    ),
    row(
        "GET /admin/drafts/<id>/submit",
        Needs::PageOf(Power::ChangeDrafts, DRAFT),
        "/admin/drafts/{draft}/submit",
        "",
        200,
    ),
    row(
        "POST /admin/drafts/<id>/submit",
        Needs::PageOf(Power::ChangeDrafts, DRAFT),
        "/admin/drafts/{draft}/submit",
        "csrf={csrf}&seen=2&answers=none",
        303,
    ),
    row(
        "GET /admin/drafts/<id>/versions/<version>/restore",
        Needs::PageOf(Power::ChangeDrafts, DRAFT),
        "/admin/drafts/{draft}/versions/1/restore",
        "",
        200,
    ),
    row(
        "POST /admin/drafts/<id>/versions/<version>/restore",
        Needs::PageOf(Power::ChangeDrafts, DRAFT),
        "/admin/drafts/{draft}/versions/1/restore",
        "csrf={csrf}&seen=2",
        303,
    ),
    row("GET /admin/companies/<id>", Needs::PageOf(Power::Figures, COMPANY), "/admin/companies/{acme}", "", 200),
    row(
        "POST /admin/companies/<id>",
        Needs::PageOf(Power::ChangeCompanies, COMPANY),
        "/admin/companies/{acme}",
        "csrf={csrf}&name=ACME&details=New.",
        303,
    ),
    row(
        "POST /admin/companies/<id>/code",
        Needs::PageOf(Power::ChangeCompanies, COMPANY),
        "/admin/companies/{acme}/code",
        "csrf={csrf}&guest_code=ACME",
        303,
    ),
    row(
        "GET /admin/companies/<id>/off",
        Needs::PageOf(Power::ChangeCompanies, COMPANY),
        "/admin/companies/{acme}/off",
        "",
        200,
    ),
    // Others need it on: the row behind this one switches it on again.
    row(
        "POST /admin/companies/<id>/off",
        Needs::PageOf(Power::ChangeCompanies, COMPANY),
        "/admin/companies/{acme}/off",
        "csrf={csrf}",
        303,
    ),
    row(
        "POST /admin/companies/<id>/on",
        Needs::PageOf(Power::ChangeCompanies, COMPANY),
        "/admin/companies/{acme}/on",
        "csrf={csrf}",
        303,
    ),
    row(
        "GET /admin/submissions",
        Needs::PageFor(Power::ReadSubmissions),
        "/admin/submissions?email={submitter}",
        "",
        200,
    )
    .showing(Of::Both, ">{submitter}</a>"),
    row(
        "GET /admin/submissions/<id>",
        Needs::PageOf(Power::ReadSubmissions, SUBMISSION),
        "/admin/submissions/{submission}",
        "",
        200,
    ),
    row("GET /admin/person", Needs::PageForAll(Power::ReadPeople), "/admin/person", "", 200),
    row("GET /admin/person", Needs::PageForAll(Power::ReadPeople), "/admin/person?email={email}", "", 200)
        .showing(Of::Both, "/admin/drafts/{draft}"),
    row("GET /admin/person/erase", Needs::PageForAll(Power::ErasePeople), "/admin/person/erase?email={email}", "", 200),
    row(
        "POST /admin/person/erase",
        Needs::PageForAll(Power::ErasePeople),
        "/admin/person/erase",
        "csrf={csrf}&email={email}&typed={email}",
        303,
    ),
    row(
        "GET /api/admin/submissions/<id>",
        Needs::AdminOf(Power::ReadSubmissions, SUBMISSION),
        "/api/admin/submissions/{submission}",
        "",
        200,
    ),
    // Accounts, on pages.
    row("GET /admin/account", Needs::Page, "/admin/account", "", 200),
    row(
        "POST /admin/account/password",
        Needs::Page,
        "/admin/account/password",
        "csrf={csrf}&current_password=x&new_password=y&again=z",
        400,
    ),
    row("GET /admin/accounts", Needs::PageFor(Power::Accounts), "/admin/accounts", "", 200),
    row("GET /admin/accounts/new", Needs::PageFor(Power::Accounts), "/admin/accounts/new", "", 200),
    row(
        "POST /admin/accounts",
        Needs::PageFor(Power::Accounts),
        "/admin/accounts",
        "csrf={csrf}&email={new}@example.org&role=viewer",
        200,
    ),
    row("GET /admin/accounts/<id>", Needs::PageFor(Power::Accounts), "/admin/accounts/{account}", "", 200),
    row(
        "POST /admin/accounts/<id>",
        Needs::PageFor(Power::Accounts),
        "/admin/accounts/{account}",
        "csrf={csrf}&role=editor",
        303,
    ),
    row(
        "POST /admin/accounts/<id>/switch",
        Needs::PageFor(Power::Accounts),
        "/admin/accounts/{account}/switch",
        "csrf={csrf}&is_active=false",
        303,
    ),
    row(
        "POST /admin/accounts/<id>/link",
        Needs::PageFor(Power::Accounts),
        "/admin/accounts/{account}/link",
        "csrf={csrf}",
        200,
    ),
    row(
        "POST /admin/accounts/<id>/sign-out",
        Needs::PageFor(Power::Accounts),
        "/admin/accounts/{account}/sign-out",
        "csrf={csrf}",
        303,
    ),
    row(
        "GET /admin/accounts/<id>/remove",
        Needs::PageFor(Power::Accounts),
        "/admin/accounts/{account}/remove",
        "",
        200,
    ),
    row(
        "POST /admin/accounts/<id>/remove",
        Needs::PageFor(Power::Accounts),
        "/admin/accounts/{account}/remove",
        "csrf={csrf}",
        303,
    ),
    // Keys, the audit log and the system, on pages.
    row("GET /admin/keys", Needs::PageFor(Power::Keys), "/admin/keys", "", 200),
    row("GET /admin/keys/new/server", Needs::PageFor(Power::Keys), "/admin/keys/new/server", "", 200),
    row("GET /admin/keys/new/site", Needs::PageFor(Power::Keys), "/admin/keys/new/site", "", 200),
    row("POST /admin/keys", Needs::PageFor(Power::Keys), "/admin/keys", "csrf={csrf}&kind=site&name=New", 200),
    row("GET /admin/keys/<id>/revoke", Needs::PageFor(Power::Keys), "/admin/keys/{key}/revoke", "", 200),
    row("POST /admin/keys/<id>/revoke", Needs::PageFor(Power::Keys), "/admin/keys/{key}/revoke", "csrf={csrf}", 303),
    row("GET /admin/audit", Needs::PageForAll(Power::Audit), "/admin/audit", "", 200),
    row("GET /admin/system", Needs::PageFor(Power::Metrics), "/admin/system", "", 200),
    // Surveys and companies.
    row("GET /api/admin/surveys", Needs::Admin(Power::Figures), "/api/admin/surveys?limit=200", "", 200)
        .showing(Of::Survey, r#""id":1,"#),
    row(
        "POST /api/admin/surveys",
        Needs::AdminOfAll(Power::ChangeSurveys),
        "/api/admin/surveys",
        r#"{"name":"New","definition":{"pages":[]}}"#,
        201,
    ),
    row("POST /api/admin/surveys", Needs::AdminOf(Power::ChangeSurveys, SURVEY), "/api/admin/surveys", SURVEY_1, 200),
    row("GET /api/admin/surveys/<id>", Needs::AdminOf(Power::Figures, SURVEY), "/api/admin/surveys/1", "", 200),
    row(
        "PUT /api/admin/surveys/<id>",
        Needs::AdminOf(Power::ChangeSurveys, SURVEY),
        "/api/admin/surveys/1",
        SURVEY_1,
        200,
    ),
    row(
        "POST /api/admin/surveys/<id>/status",
        Needs::AdminOf(Power::ChangeSurveys, SURVEY),
        "/api/admin/surveys/1/status",
        r#"{"status":"open"}"#,
        200,
    ),
    row("GET /api/admin/companies", Needs::Admin(Power::Figures), "/api/admin/companies?limit=200", "", 200)
        .showing(Of::Company, r#""name":"ACME""#),
    row(
        "POST /api/admin/companies",
        Needs::AdminOfAll(Power::ChangeCompanies),
        "/api/admin/companies",
        r#"{"name":"New","guest_code":"{new}"}"#,
        201,
    ),
    row(
        "GET /api/admin/companies/<id>",
        Needs::AdminOf(Power::Figures, COMPANY),
        "/api/admin/companies/{acme}",
        "",
        200,
    ),
    row(
        "PATCH /api/admin/companies/<id>",
        Needs::AdminOf(Power::ChangeCompanies, COMPANY),
        "/api/admin/companies/{acme}",
        r#"{"details":"New."}"#,
        200,
    ),
    // The record.
    row(
        "GET /api/admin/surveys/<id>/funnel",
        Needs::AdminOf(Power::Figures, SURVEY),
        "/api/admin/surveys/1/funnel",
        "",
        200,
    ),
    row(
        "GET /api/admin/surveys/<id>/funnel",
        Needs::AdminOf(Power::Figures, &[(Of::Survey, "SURVEY_NOT_FOUND"), (Of::Company, "COMPANY_NOT_FOUND")]),
        "/api/admin/surveys/1/funnel?company_id={acme}",
        "",
        200,
    ),
    row("GET /api/admin/events", Needs::Admin(Power::Events), "/api/admin/events?draft_id={draft}", "", 200)
        .showing(Of::Both, r#""kind":"started""#),
    row(
        "GET /api/admin/events/export",
        Needs::Admin(Power::Events),
        "/api/admin/events/export?format=ndjson&draft_id={draft}",
        "",
        200,
    )
    .showing(Of::Both, r#""kind":"started""#),
    // Drafts and submissions.
    row("GET /api/admin/drafts", Needs::Admin(Power::ReadDrafts), "/api/admin/drafts?email={email}", "", 200)
        .showing(Of::Both, "{draft}"),
    row(
        "GET /api/admin/drafts/export",
        Needs::Admin(Power::ReadDrafts),
        "/api/admin/drafts/export?format=ndjson&email={email}",
        "",
        200,
    )
    .showing(Of::Both, "{draft}"),
    row("GET /api/admin/drafts/<id>", Needs::AdminOf(Power::ReadDrafts, DRAFT), "/api/admin/drafts/{draft}", "", 200),
    row(
        "DELETE /api/admin/drafts/<id>",
        Needs::AdminOf(Power::ChangeDrafts, DRAFT),
        "/api/admin/drafts/{draft}",
        "",
        204,
    ),
    row(
        "GET /api/admin/drafts/<id>/previous",
        Needs::AdminOf(Power::ReadDrafts, DRAFT),
        "/api/admin/drafts/{draft}/previous",
        "",
        200,
    ),
    row(
        "POST /api/admin/drafts/<id>/restore",
        Needs::AdminOf(Power::ChangeDrafts, DRAFT),
        "/api/admin/drafts/{draft}/restore",
        r#"{"version":1}"#,
        200,
    ),
    row(
        "POST /api/admin/drafts/<id>/extend",
        Needs::AdminOf(Power::ChangeDrafts, DRAFT),
        "/api/admin/drafts/{draft}/extend",
        r#"{"days":60}"#,
        200,
    ),
    row(
        "POST /api/admin/drafts/<id>/submit",
        Needs::AdminOf(Power::ChangeDrafts, DRAFT),
        "/api/admin/drafts/{draft}/submit",
        r#"{"answers":"none"}"#,
        201,
    ),
    row(
        "GET /api/admin/submissions",
        Needs::Admin(Power::ReadSubmissions),
        "/api/admin/submissions?email={submitter}",
        "",
        200,
    )
    .showing(Of::Both, "{submitter}"),
    row(
        "GET /api/admin/submissions/export",
        Needs::Admin(Power::ReadSubmissions),
        "/api/admin/submissions/export?format=ndjson&email={submitter}",
        "",
        200,
    )
    .showing(Of::Both, "{submitter}"),
    // Keys.
    row("GET /api/admin/keys", Needs::Admin(Power::Keys), "/api/admin/keys", "", 200),
    row("POST /api/admin/keys", Needs::Admin(Power::Keys), "/api/admin/keys", r#"{"kind":"site","name":"New"}"#, 201),
    row("DELETE /api/admin/keys/<id>", Needs::Admin(Power::Keys), "/api/admin/keys/{key}", "", 204),
    // People, and who did what.
    row("GET /api/admin/person", Needs::AdminOfAll(Power::ReadPeople), "/api/admin/person?email={email}", "", 200)
        .showing(Of::Both, "{email}"),
    row("DELETE /api/admin/person", Needs::AdminOfAll(Power::ErasePeople), "/api/admin/person?email={email}", "", 200),
    row("GET /api/admin/audit", Needs::AdminOfAll(Power::Audit), "/api/admin/audit", "", 200),
    row("GET /api/admin/audit/export", Needs::AdminOfAll(Power::Audit), "/api/admin/audit/export?format=csv", "", 200),
];

impl Needs {
    /// Any one of these does, where it is a key that asks.
    pub fn powers(&self) -> &[Power] {
        match self {
            Self::Nothing | Self::Person | Self::Page => &[],
            // Programs have the API.
            Self::PageFor(_) | Self::PageForAll(_) | Self::PageOf(..) => &[],
            Self::Public => &[Power::Participate],
            Self::SubmitPair | Self::SubmitDraft | Self::Mark => &[Power::Participate, Power::Submit],
            Self::Admin(power) | Self::AdminOfAll(power) | Self::AdminOf(power, _) => std::slice::from_ref(power),
        }
    }

    /// Whether it is a page of admins, which only people open.
    pub fn is_page(&self) -> bool {
        matches!(self, Self::Page | Self::PageFor(_) | Self::PageForAll(_) | Self::PageOf(..))
    }

    /// Whether pages of participants ask this.
    pub fn is_public(&self) -> bool {
        matches!(self, Self::Public | Self::SubmitPair | Self::SubmitDraft | Self::Mark)
    }
}

impl Row {
    pub fn method(&self) -> &'static str {
        self.route.split(' ').next().unwrap_or_default()
    }

    /// The route, and what it is asked for.
    pub fn name(&self) -> String {
        format!("{} {} {}", self.method(), self.path, self.body)
    }

    /// Whether it changes anything: then a session has to prove that its own page asks.
    pub fn is_change(&self) -> bool {
        self.method() != "GET"
    }
}

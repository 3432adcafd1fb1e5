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
    /// A power over something of survey 1 and the company ACME, and what those are told who may not see it.
    AdminOf(Power, &'static str),
}

/// A way to ask a route, and how it is answered when all is well.
pub struct Row {
    /// As Rocket knows it.
    pub route: &'static str,
    pub needs: Needs,
    /// With `{draft}` and `{email}` for a draft that is there, `{new}` for an id that nobody has.
    pub path: &'static str,
    /// JSON; empty for none.
    pub body: &'static str,
    pub ok: u16,
}

const fn row(route: &'static str, needs: Needs, path: &'static str, body: &'static str, ok: u16) -> Row {
    Row { route, needs, path, body, ok }
}

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
        Needs::AdminOf(Power::ReadDrafts, "DRAFT_NOT_FOUND"),
        "/api/drafts/{draft}/previous",
        "",
        200,
    ),
    row(
        "POST /api/drafts/<id>/restore",
        Needs::AdminOf(Power::ChangeDrafts, "DRAFT_NOT_FOUND"),
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
];

impl Needs {
    /// Any one of these does, where it is a key that asks.
    pub fn powers(&self) -> &[Power] {
        match self {
            Self::Nothing => &[],
            Self::Public => &[Power::Participate],
            Self::SubmitPair | Self::SubmitDraft | Self::Mark => &[Power::Participate, Power::Submit],
            Self::Admin(power) | Self::AdminOf(power, _) => std::slice::from_ref(power),
        }
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

//! The OpenAPI document, and the page that shows it. A test holds both to the routes.

use std::{collections::BTreeMap, sync::Arc};

use rocket::{Route, get, http::ContentType, routes, serde::json::Json};
use utoipa::{
    IntoParams, IntoResponses, Modify, OpenApi, ToResponse,
    openapi::{
        Content, ContentBuilder, Object, Ref, RefOr, Required, Response, ResponseBuilder, Type,
        example::ExampleBuilder,
        path::{Parameter, ParameterBuilder, ParameterIn},
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};

use crate::{
    access::caller::{CSRF_HEADER, SESSION_COOKIE},
    accounts, audit, companies, health, keys, metrics, people,
    problem::Problem,
    problem::ProblemBody,
    progress, record, submissions, surveys, system,
};

/// The routes of this slice.
pub fn routes() -> Vec<Route> {
    routes![document, viewer, viewer_file]
}

/// The page that shows the document. It is served from the binary and loads nothing from elsewhere.
#[get("/docs")]
fn viewer() -> Result<Asset, Problem> {
    asset("index.html")
}

#[get("/docs/<file>")]
fn viewer_file(file: &str) -> Result<Asset, Problem> {
    asset(file)
}

/// A file of the viewer.
type Asset = (ContentType, Vec<u8>);

fn asset(name: &str) -> Result<Asset, Problem> {
    // Away from localhost, Swagger UI would have its maker check the document.
    let config = Arc::new(utoipa_swagger_ui::Config::from("/openapi.json").validator_url("none"));
    let file = utoipa_swagger_ui::serve(name, config).map_err(|_| Problem::Internal)?.ok_or(Problem::NotFound)?;
    // The page names its files relative to itself, and must find them without a slash at its end too.
    let bytes = match name {
        "index.html" => String::from_utf8_lossy(&file.bytes)
            .replace("<head>", "<head><base href=\"/docs/\">")
            .replace("Swagger UI", "formprogress")
            .into(),
        _ => file.bytes.into_owned(),
    };
    Ok((ContentType::parse_flexible(&file.content_type).unwrap_or(ContentType::Binary), bytes))
}

/// The OpenAPI document of this version.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "formprogress",
        description = "Draft storage for multi-page forms and surveys: save each screen, resume on any device, submit once.\n\n\
            Every error is `application/problem+json` (RFC 9457) with a stable `code`; any route may also answer `NOT_FOUND`, \
            `METHOD_NOT_ALLOWED`, `BAD_REQUEST` or `INTERNAL_ERROR`. Every response has an `X-Request-Id`. \
            Paths are the same with and without a trailing slash. Integers may be sent as numeric strings; unknown members \
            of a body are ignored, unknown query parameters are refused.",
        license(name = "MIT OR Apache-2.0")
    ),
    paths(
        progress::api::show, progress::api::save, progress::api::discard,
        progress::drafts_api::create, progress::drafts_api::put, progress::drafts_api::show,
        progress::drafts_api::change, progress::drafts_api::discard, progress::validation_api::validate,
        progress::previous_api::list, progress::previous_api::restore,
        progress::search_api::search, progress::export_api::export,
        progress::admin_api::show, progress::admin_api::extend, progress::admin_api::discard,
        progress::previous_api::admin_list, progress::previous_api::admin_restore,
        submissions::admin_submit_api::submit_draft, submissions::admin_api::search, submissions::admin_api::show,
        submissions::admin_api::export,
        submissions::api::submit_pair, submissions::api::submit_draft,
        submissions::front_end::respond, submissions::front_end::has_answer,
        surveys::api::show, companies::api::check_guest_code,
        accounts::session_api::sign_in, accounts::session_api::show, accounts::session_api::sign_out,
        accounts::session_api::sign_out_everywhere, accounts::password_api::change, accounts::password_api::set,
        accounts::admin_api::list, accounts::admin_api::add, accounts::admin_api::show, accounts::admin_api::change,
        accounts::admin_api::remove, accounts::links_api::add, accounts::admin_api::end_sessions,
        record::admin_api::funnel, record::admin_api::list, record::admin_api::export,
        surveys::admin_api::list, surveys::admin_api::import, surveys::admin_api::export,
        surveys::admin_api::replace, surveys::admin_api::set_status, surveys::admin_api::change, surveys::preview_api::show,
        companies::admin_api::list, companies::admin_api::create, companies::admin_api::show, companies::admin_api::change,
        people::admin_api::export, people::admin_api::erase, audit::api::list, audit::api::export,
        keys::api::list, keys::api::create, keys::api::revoke,
        system::admin_api::show,
        health::lives, health::ready, metrics::api::show, document
    ),
    components(
        schemas(ProblemBody),
        responses(
            InvalidRequest, InvalidSave, InvalidSubmission, InvalidGuestCode, Unauthorized, SurveyClosed, KeyRefused, Forbidden, SignInFailed, TooManyRequests,
            CompanyNotFound, SubmissionNotFound, AccountNotFound, KeyNotFound, GuestCodeTaken, AccountConflict,
            PasswordLinkInvalid,
            ProgressNotFound, DraftNotFound, StateNotFound, SurveyNotFound, SurveyOrCompanyNotFound, NotFound, MethodNotAllowed, DraftTaken,
            DraftAnonymous, DraftEnded, VersionMismatch, BodyTooLarge, PatchTooLarge, UnsupportedMediaType,
            AnswersInvalid, IdempotencyKeyReused, PreconditionRequired, BadRequest, InternalError, Unavailable
        )
    ),
    security((), ("api_key" = [])),
    modifiers(&Schemes),
    tags(
        (name = "Progress", description = "Drafts by email and survey"),
        (name = "Drafts", description = "Drafts by id: for forms that know no email yet, and for clients that must not overwrite"),
        (name = "Undo", description = "For the survey admin's own server: earlier states of a draft"),
        (name = "Submissions", description = "The end of a draft"),
        (name = "Survey front end", description = "What a public survey page calls besides"),
        (name = "Admin: session", description = "Signing in and out, and one's own password"),
        (name = "Admin: accounts", description = "The people who run surveys: for owners"),
        (name = "Admin: record", description = "What became of drafts: the funnel, and the events that it is made of"),
        (name = "Admin: surveys", description = "Survey files in and out, open and closed"),
        (name = "Admin: companies", description = "Companies and their guest codes"),
        (name = "Admin: people", description = "All that is held about a participant: given out, or erased"),
        (name = "Admin: audit log", description = "Who did what"),
        (name = "Admin: drafts", description = "Find, read, extend, submit, discard and restore drafts"),
        (name = "Admin: submissions", description = "List, read and export what was submitted"),
        (name = "Admin: keys", description = "API keys, for owners who are signed in"),
        (name = "Admin: system", description = "The state of the service"),
        (name = "Service", description = "For operators")
    )
)]
pub struct ApiDoc;

/// Read this document
#[utoipa::path(operation_id = "readOpenApi", tag = "Service", responses((status = 200, description = "The OpenAPI 3.1 document", body = Object)))]
#[get("/openapi.json")]
fn document() -> Json<utoipa::openapi::OpenApi> {
    Json(ApiDoc::openapi())
}

/// What every route with a body may answer besides.
pub struct AnyBody;

impl IntoResponses for AnyBody {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        references(&[("413", "BodyTooLarge"), ("415", "UnsupportedMediaType")])
    }
}

/// What every route that patches a draft may answer besides.
pub struct AnyPatch;

impl IntoResponses for AnyPatch {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        references(&[("413", "PatchTooLarge"), ("415", "UnsupportedMediaType")])
    }
}

/// What every public route may answer besides, on account of its key and of limits.
pub struct AnyPublic;

impl IntoResponses for AnyPublic {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        references(&[("401", "Unauthorized"), ("403", "KeyRefused"), ("429", "TooManyRequests")])
    }
}

/// The same where a survey may be closed, which is a 403 too.
pub struct AnyPublicWrite;

impl IntoResponses for AnyPublicWrite {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        references(&[("401", "Unauthorized"), ("429", "TooManyRequests")])
    }
}

/// What every admin route may answer besides.
pub struct AnyAdmin;

impl IntoResponses for AnyAdmin {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        references(&[("401", "Unauthorized"), ("403", "Forbidden"), ("500", "InternalError"), ("503", "Unavailable")])
    }
}

/// What every write of a draft may answer besides, on account of its headers.
pub struct AnyCondition;

impl IntoResponses for AnyCondition {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        references(&[("412", "VersionMismatch"), ("422", "IdempotencyKeyReused"), ("428", "PreconditionRequired")])
    }
}

/// The same of an admin's write, which no survey makes insist on a version.
pub struct AnyAdminWrite;

impl IntoResponses for AnyAdminWrite {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        references(&[("412", "VersionMismatch"), ("422", "IdempotencyKeyReused")])
    }
}

/// The same for a submission, whose answers may be wrong too.
pub struct AnySubmission;

impl IntoResponses for AnySubmission {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        references(&[("412", "VersionMismatch"), ("422", "AnswersInvalid"), ("428", "PreconditionRequired")])
    }
}

/// How callers are known, as the document names it.
struct Schemes;

impl Modify for Schemes {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("An API key: `Bearer` or `Token`. Keys of servers are not for web pages."))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("api_key", SecurityScheme::Http(scheme));
        let cookie = ApiKey::Cookie(ApiKeyValue::with_description(
            SESSION_COOKIE,
            "The session of an account. Changes carry the header X-CSRF-Token besides: see `readSession`.",
        ));
        components.add_security_scheme("session", SecurityScheme::ApiKey(cookie));
        let header = ApiKey::Header(ApiKeyValue::with_description(
            CSRF_HEADER,
            "The csrf_token of the session: what another site's page cannot know.",
        ));
        components.add_security_scheme("csrf", SecurityScheme::ApiKey(header));
        for item in document.paths.paths.values_mut() {
            let changes = [&mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
            let requirements =
                changes.into_iter().flatten().filter_map(|operation| operation.security.as_mut()).flatten();
            for requirement in requirements {
                let within_session = SecurityRequirement::new("session", [""; 0]);
                if *requirement == within_session {
                    *requirement = within_session.add("csrf", [""; 0]);
                }
            }
        }
    }
}

/// Declares the parameters that several routes share: a name in the code and on the wire, where it stands, what it
/// means. Without examples: the viewer would send them.
macro_rules! shared_parameters {
    ($(#[doc = $doc:literal] $name:ident = $wire:literal in $place:ident, $required:ident;)+) => {$(
        #[doc = $doc]
        pub struct $name;

        impl IntoParams for $name {
            fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
                vec![ParameterBuilder::new()
                    .name($wire)
                    .parameter_in(ParameterIn::$place)
                    .required(Required::$required)
                    .description(Some($doc.trim()))
                    .schema(Some(Object::with_type(Type::String)))
                    .build()]
            }
        }
    )+};
}

shared_parameters! {
    /// Names the draft. Whoever knows it may read and write the draft: it is as secret as a password.
    Id = "id" in Path, True;
    /// `true`: the draft as far as it still fits the survey's present `answer_schema`; always in full, never 304.
    Fit = "fit" in Query, False;
    /// The ETag of the draft that the client has.
    IfNoneMatch = "If-None-Match" in Header, False;
    /// `*`: only if there is no such draft yet.
    OnlyNew = "If-None-Match" in Header, False;
    /// The versions of the draft that the write may replace, a list such as `"5", "op:<key>"`: ETags (weak ones count too), `"0"` for no draft yet, `"op:<key>"` for the version that the write with that Idempotency-Key produced, `*` for any. Without it the last write wins, unless the survey requires it.
    IfMatch = "If-Match" in Header, False;
    /// 1 to 128 visible ASCII characters but quotes and backslashes, new for each new write: best a random UUID. A write whose key this draft has seen within a day, or among its last 32, is not done again but answered again, with `Idempotency-Replayed: true`; without data and meta if other writes came since.
    IdempotencyKey = "Idempotency-Key" in Header, False;
    /// How many items, from 1 to 200; 50 unless it is said.
    Limit = "limit" in Query, False;
    /// `next` of the page before.
    After = "after" in Query, False;
    /// `return=minimal`: an answer without data and meta.
    Prefer = "Prefer" in Header, False;
}

/// What every route that asks the database may answer besides.
pub struct AnyStorage;

impl IntoResponses for AnyStorage {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        references(&[("500", "InternalError"), ("503", "Unavailable")])
    }
}

fn references(responses: &[(&str, &str)]) -> BTreeMap<String, RefOr<Response>> {
    responses.iter().map(|(status, name)| (status.to_string(), Ref::from_response_name(*name).into())).collect()
}

/// Declares the responses that several routes share: a name, what it means, and the codes it may hold.
macro_rules! problem_responses {
    ($(#[doc = $doc:literal] $name:ident: $($code:literal)+;)+) => {$(
        #[doc = $doc]
        pub struct $name;

        impl<'r> ToResponse<'r> for $name {
            fn response() -> (&'r str, RefOr<Response>) {
                (stringify!($name), response($doc.trim(), &[$($code),+]).into())
            }
        }
    )+};
}

problem_responses! {
    /// A value is missing or not valid.
    InvalidRequest: "INVALID_REQUEST" "INVALID_JSON" "NESTING_TOO_DEEP";
    /// The save is not valid, or comes after the submission.
    InvalidSave: "INVALID_REQUEST" "INVALID_JSON" "NESTING_TOO_DEEP" "ALREADY_SUBMITTED";
    /// The submission is not valid, or another one came before.
    InvalidSubmission: "INVALID_REQUEST" "INVALID_JSON" "NESTING_TOO_DEEP" "ALREADY_SUBMITTED" "INVALID_GUEST_CODE";
    /// The guest code is not valid.
    InvalidGuestCode: "INVALID_REQUEST" "INVALID_JSON" "NESTING_TOO_DEEP" "INVALID_GUEST_CODE";
    /// There are API keys, and no valid one was sent; or nobody is signed in.
    Unauthorized: "UNAUTHORIZED";
    /// The survey takes no more of this; or the key may not be used for it.
    SurveyClosed: "SURVEY_CLOSED" "FORBIDDEN" "ORIGIN_NOT_ALLOWED" "SERVER_KEY_REQUIRED";
    /// The key may not be used for this, or by this page.
    KeyRefused: "FORBIDDEN" "ORIGIN_NOT_ALLOWED";
    /// The account or key may not do this, or the CSRF token is wrong.
    Forbidden: "FORBIDDEN" "CSRF_TOKEN_INVALID";
    /// The email and password do not belong to an active account.
    SignInFailed: "SIGN_IN_FAILED";
    /// More requests than a limit takes; `Retry-After` says when to go on.
    TooManyRequests: "TOO_MANY_REQUESTS";
    /// No company has this id.
    CompanyNotFound: "COMPANY_NOT_FOUND";
    /// No submission has this id.
    SubmissionNotFound: "SUBMISSION_NOT_FOUND";
    /// No account has this id.
    AccountNotFound: "ACCOUNT_NOT_FOUND";
    /// No API key has this id.
    KeyNotFound: "KEY_NOT_FOUND";
    /// Another company has this guest code.
    GuestCodeTaken: "GUEST_CODE_TAKEN";
    /// There is an account with this email, or nobody would be left who could manage accounts.
    AccountConflict: "ACCOUNT_EXISTS" "LAST_OWNER";
    /// The link does not work (any more).
    PasswordLinkInvalid: "PASSWORD_LINK_INVALID";
    /// Nothing is saved, or it has expired.
    ProgressNotFound: "PROGRESS_NOT_FOUND";
    /// No draft has this id.
    DraftNotFound: "DRAFT_NOT_FOUND";
    /// No draft has this id, or no such state is kept of it.
    StateNotFound: "DRAFT_NOT_FOUND" "STATE_NOT_FOUND";
    /// The email has another draft, or the draft has another email.
    DraftTaken: "DRAFT_EXISTS" "DRAFT_CLAIMED";
    /// The draft has no email yet.
    DraftAnonymous: "DRAFT_ANONYMOUS";
    /// The draft has ended: remembered for some days.
    DraftEnded: "DRAFT_EXPIRED" "DRAFT_SUBMITTED";
    /// The draft is not at the version that the request insists on; `current` is the draft as it is.
    VersionMismatch: "VERSION_MISMATCH";
    /// The body, or the draft that the patch would make, is larger than the limit.
    PatchTooLarge: "BODY_TOO_LARGE" "DRAFT_TOO_LARGE";
    /// The key was sent before, with another request.
    IdempotencyKeyReused: "IDEMPOTENCY_KEY_REUSED";
    /// The survey requires If-Match.
    PreconditionRequired: "PRECONDITION_REQUIRED";
    /// No survey has this id.
    SurveyNotFound: "SURVEY_NOT_FOUND";
    /// No survey, or no company, has this id, or none that the caller may see.
    SurveyOrCompanyNotFound: "SURVEY_NOT_FOUND" "COMPANY_NOT_FOUND";
    /// No route has this path.
    NotFound: "NOT_FOUND";
    /// The path exists, but not for this method.
    MethodNotAllowed: "METHOD_NOT_ALLOWED";
    /// The request could not be read.
    BadRequest: "BAD_REQUEST";
    /// The body is larger than the limit.
    BodyTooLarge: "BODY_TOO_LARGE";
    /// The body is not declared as JSON.
    UnsupportedMediaType: "UNSUPPORTED_MEDIA_TYPE";
    /// Answers that do not fit the survey; or the key was sent before, with another request.
    AnswersInvalid: "ANSWERS_INVALID" "IDEMPOTENCY_KEY_REUSED";
    /// Our fault.
    InternalError: "INTERNAL_ERROR";
    /// Nothing was changed; try again after the seconds in Retry-After.
    Unavailable: "QUEUE_FULL" "STORAGE_UNAVAILABLE";
}

fn response(description: &str, codes: &[&str]) -> Response {
    let problems = Problem::one_of_each().into_iter().filter(|problem| codes.contains(&problem.code()));
    let content: Content = problems
        .fold(ContentBuilder::new().schema(Some(Ref::from_schema_name("ProblemBody"))), |content, problem| {
            let example = serde_json::to_value(problem.body("019aa5d2-7b5c-7d3e-8c1f-2f9a4b6c8d0e")).ok();
            let example = ExampleBuilder::new().summary(problem.code()).value(example).build();
            content.examples_from_iter([(problem.code(), example)])
        })
        .build();
    ResponseBuilder::new().description(description).content("application/problem+json", content).build()
}

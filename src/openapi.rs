//! The OpenAPI document, and the page that shows it. A test holds both to the routes.

use std::{collections::BTreeMap, sync::Arc};

use rocket::{Route, get, http::ContentType, routes, serde::json::Json};
use utoipa::{
    IntoResponses, OpenApi, ToResponse,
    openapi::{Content, ContentBuilder, Ref, RefOr, Response, ResponseBuilder, example::ExampleBuilder},
};

use crate::{companies, health, problem::Problem, problem::ProblemBody, progress, submissions, surveys};

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
        submissions::api::submit, submissions::api::respond, submissions::api::has_answer,
        surveys::api::show, companies::api::check_guest_code,
        health::lives, health::ready, document
    ),
    components(
        schemas(ProblemBody),
        responses(
            InvalidRequest, InvalidSave, InvalidSubmission, InvalidGuestCode, SurveyClosed, ProgressNotFound,
            SurveyNotFound, NotFound, MethodNotAllowed, BodyTooLarge, UnsupportedMediaType, AnswersInvalid,
            BadRequest, InternalError, Unavailable
        )
    ),
    tags(
        (name = "Progress", description = "Drafts by email and survey"),
        (name = "Submissions", description = "The end of a draft"),
        (name = "Survey front end", description = "What a public survey page calls besides"),
        (name = "Service", description = "For operators")
    )
)]
pub struct ApiDoc;

/// Read this document
#[utoipa::path(tag = "Service", responses((status = 200, description = "The OpenAPI 3.1 document", body = Object)))]
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
    /// The survey takes no more of this.
    SurveyClosed: "SURVEY_CLOSED";
    /// Nothing is saved, or it has expired.
    ProgressNotFound: "PROGRESS_NOT_FOUND";
    /// No survey has this id.
    SurveyNotFound: "SURVEY_NOT_FOUND";
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
    /// Answers that the survey does not know.
    AnswersInvalid: "ANSWERS_INVALID";
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

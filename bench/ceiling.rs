//! The server's ceiling: the same requests, parsed and answered by the same code, without any storage.
//!
//! `POST /api/progress` is read, checked and decided as a first save, and answered with the draft that it would start.
//! `GET /api/progress` answers a fixed draft of 4 KB. All fairings of the service are attached. Only `bench/run`
//! starts this program.

use formprogress::{
    clock::Clock,
    config::{self, Settings},
    email::Email,
    http::{self, JsonBody, Parameter, Query},
    problem::Problem,
    progress::{
        Change, Current, Data, DraftId, FormProgress, Pair,
        api::{self, pair_of},
        headers::{ReadHeaders, WriteHeaders},
        rules::{self, Decision, Known},
        states::Saved,
        views::{Draft, Shown},
        world::{Answered, Outcome},
        writes::{Act, By, Save, Target, Way, Write},
    },
    surveys::{Status, SurveyId, Terms},
};
use rocket::{State, get, post, routes};
use serde_json::value::RawValue;

const TERMS: Terms = Terms { status: Status::Open, progress_days: 30, requires_if_match: false, shapes: None };

fn decide(write: &Write, clock: &Clock) -> Result<FormProgress, Problem> {
    let known = Known {
        terms: Some(&TERMS),
        draft: None,
        content: None,
        ending: None,
        receipt: None,
        other: None,
        company: None,
        previous: None,
        remembered: None,
        produced: &|_| None,
        ended_days: 7,
    };
    match rules::decide(write, &known, clock.now())? {
        Decision::Saved(Saved { draft, .. }) => Ok(draft),
        _ => Err(Problem::Internal),
    }
}

fn shown(draft: FormProgress) -> Current {
    Current { draft, schema_changed: false }
}

#[post("/progress", data = "<body>")]
async fn save(
    body: Result<JsonBody<'_>, Problem>,
    headers: Result<WriteHeaders<'_>, Problem>,
    clock: &State<Clock>,
) -> Result<Draft, Problem> {
    let (body, headers) = (body?, headers?);
    let (write, problem) = api::save_in(&body, &headers)?;
    let current = Box::new(shown(problem.map_or_else(|| decide(&write, clock), Err)?));
    Draft::written(Answered { outcome: Outcome::Saved { current, created: true }, replayed: false }, &headers)
}

#[get("/progress")]
async fn show(query: Query<'_>, headers: ReadHeaders, draft: &State<FormProgress>) -> Result<Shown, Problem> {
    let mut fields = query.fields(&["email", "survey_id", "survey", "fit"])?;
    let pair = pair_of(&mut fields);
    fields.finish(pair)?;
    Ok(Shown::of(shown(draft.inner().clone()), &headers))
}

#[get("/healthz")]
fn lives() -> &'static str {
    "ok"
}

fn fixed_draft(clock: &Clock) -> Result<FormProgress, Box<dyn std::error::Error>> {
    let words = "a survey answer of some length, ".repeat(128);
    let data = RawValue::from_string(format!(r#"{{"responses":"{}"}}"#, &words[..4060]))?;
    let email = Email::parse("ana@example.com")?;
    let survey_id = SurveyId(1);
    let change = Change { data: Some(Data::of(data.into())), ..Default::default() };
    let save = Save { way: Way::Progress, new_id: DraftId::random(), survey_id, change };
    let write = Write {
        target: Target::Pair(Pair { email, survey_id }),
        conditions: Default::default(),
        key: None,
        body_is_valid: true,
        by: By::Participant,
        act: Act::Save(save),
    };
    Ok(decide(&write, clock).map_err(|problem| problem.code())?)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let figment = config::figment();
    let settings = Settings::of(&figment)?;
    let _flushed_at_the_end = formprogress::logging::start(&settings)?;
    let clock = Clock::system();
    let rocket = rocket::custom(figment.merge(("log_level", "off")))
        .manage(fixed_draft(&clock)?)
        .manage(clock)
        .attach(http::access_log::AccessLog)
        .attach(http::cors::Cors::new(&settings.cors_origins))
        .register("/", rocket::catchers![http::catchers::any])
        .mount("/", routes![lives])
        .mount("/api", routes![save, show]);
    rocket::execute(rocket.launch())?;
    Ok(())
}

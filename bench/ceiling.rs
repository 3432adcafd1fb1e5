//! The server's ceiling: the same requests, parsed and answered by the same code, without any storage.
//!
//! `POST /api/progress` is read, checked and decided as a first save, and answered with the draft that it would start.
//! `GET /api/progress` answers a fixed draft of 4 KB. All fairings of the service are attached. Only `bench/run`
//! starts this program.

use formprogress::{
    clock::Clock,
    config::{self, Settings},
    http::{self, JsonBody, Query},
    problem::Problem,
    progress::{
        FormProgress, Pair,
        api::{self, Conditions, Draft, Shown},
        rules::{self, Known, Save},
    },
    surveys::{Status, Terms},
};
use rocket::{State, get, post, routes};

const TERMS: Terms = Terms { status: Status::Open, progress_days: 30 };

fn decide(save: &Save, clock: &Clock) -> Result<rules::Saved, Problem> {
    let known = Known { terms: Some(&TERMS), submitted: false, draft: None, content: None, company: None };
    rules::save(save, &known, clock.now()).map_err(|_| Problem::Internal)
}

#[post("/progress", data = "<body>")]
async fn save(
    body: Result<JsonBody<'_>, Problem>,
    conditions: Conditions<'_>,
    clock: &State<Clock>,
) -> Result<Draft, Problem> {
    let save = api::save_in(body?.fields()?)?;
    Ok(Draft::saved(decide(&save, clock)?, &conditions))
}

#[get("/progress")]
async fn show(query: Query<'_>, conditions: Conditions<'_>, draft: &State<FormProgress>) -> Result<Shown, Problem> {
    let _pair: Pair = api::pair_in(query)?;
    Ok(Shown::of(draft.inner().clone(), &conditions))
}

#[get("/healthz")]
fn lives() -> &'static str {
    "ok"
}

fn fixed_draft(clock: &Clock) -> Result<FormProgress, Box<dyn std::error::Error>> {
    let words = "a survey answer of some length, ".repeat(128);
    let body = format!(r#"{{"email":"ana@example.com","survey_id":1,"data":{{"responses":"{}"}}}}"#, &words[..4060]);
    let save = JsonBody::of(&body).fields().and_then(api::save_in).map_err(|problem| problem.code())?;
    Ok(decide(&save, clock).map_err(|problem| problem.code())?.draft)
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

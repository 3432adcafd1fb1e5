//! The queries of the hot path, of the purge and of the admins' searches go by an index, also when there are ten million drafts.
//!
//! The queries are copies of those in the stores, with fewer columns, in Diesel's own words for each database. A new
//! query there, or one that filters by something else, has to be added or changed here too.

use diesel::{
    debug_query,
    dsl::sql,
    pg::Pg,
    prelude::*,
    sql_types::{BigInt, Bool},
    sqlite::Sqlite,
};
use formprogress::{
    clock::Moment,
    db::{
        by_email_alone, by_hour_alone,
        schema::{
            answers, audit_log, companies, form_progress, funnel_days, funnel_screens, idempotency_keys,
            previous_states, progress_events, submissions, surveys,
        },
        types::{Instant, Uuid},
    },
    progress::DraftId,
};

use crate::support::{Backend, TestDatabase};

on_both_databases![database: every_query_of_the_hot_path_and_of_the_searches_uses_an_index];

/// A query as both databases are sent it, with its parameters still open.
struct Asked {
    what: &'static str,
    sqlite: String,
    postgres: String,
}

/// Prints a query for both databases.
macro_rules! asked {
    ($what:literal, $query:expr) => {{
        let query = $query;
        Asked {
            what: $what,
            sqlite: debug_query::<Sqlite, _>(&query).to_string(),
            postgres: debug_query::<Pg, _>(&query).to_string(),
        }
    }};
}

/// What the stores of drafts, submissions, surveys and companies filter and order by.
fn queries() -> Vec<Asked> {
    let emails = vec!["ana@example.com", "ben@example.com"];
    let ids: Vec<i64> = vec![1, 2];
    vec![
        asked!(
            "find a draft",
            form_progress::table
                .filter(form_progress::email.eq("ana@example.com"))
                .filter(by_email_alone(form_progress::survey_id).eq(1_i64))
                .select((form_progress::version, form_progress::data))
        ),
        asked!(
            "load the drafts of a group",
            form_progress::table.filter(form_progress::email.eq_any(emails.clone())).select(form_progress::version)
        ),
        asked!(
            "load the submissions of a group",
            submissions::table.filter(submissions::email.eq_any(emails)).select(submissions::digest)
        ),
        asked!("load the surveys of a group", surveys::table.filter(surveys::id.eq_any(ids)).select(surveys::status)),
        asked!(
            "load the companies of a group",
            companies::table.filter(companies::guest_code_key.eq_any(vec!["a", "b"])).select(companies::id)
        ),
        asked!(
            "select what to purge",
            form_progress::table
                .filter(form_progress::purge_hour.le(500_000_i64))
                .order(form_progress::purge_hour)
                .limit(200)
                .select((form_progress::email, form_progress::survey_id))
        ),
        asked!(
            "list the events of a survey",
            progress_events::table
                .filter(progress_events::id.gt(7_i64))
                .filter(progress_events::survey_id.eq(1_i64))
                .order(progress_events::id)
                .limit(200)
                .select(progress_events::kind)
        ),
        asked!(
            "find when drafts came to their screen",
            progress_events::table
                .filter(progress_events::draft_id.eq_any(vec![DraftId::random()]))
                .filter(progress_events::id.lt(7_i64))
                .select(progress_events::at)
        ),
        asked!(
            "find the drafts of surveys that have expired",
            form_progress::table
                .filter(form_progress::purge_hour.le(500_000_i64))
                .filter(form_progress::expires_at.le(moment()))
                .filter(by_hour_alone(form_progress::survey_id).eq_any(vec![1_i64]))
                .select(form_progress::furthest_screen)
        ),
        asked!(
            "count the drafts of surveys",
            funnel_days::table
                .filter(funnel_days::survey_id.eq_any(vec![1_i64, 2]))
                .group_by(funnel_days::survey_id)
                .select((funnel_days::survey_id, sql::<BigInt>("CAST(sum(started) AS BIGINT)")))
        ),
        asked!(
            "read the last days of surveys",
            funnel_days::table
                .filter(funnel_days::survey_id.eq_any(vec![1_i64, 2]))
                .filter(funnel_days::day.ge(20_000_i64))
                .group_by((funnel_days::survey_id, funnel_days::day))
                .select((funnel_days::survey_id, funnel_days::day, sql::<BigInt>("CAST(sum(started) AS BIGINT)")))
        ),
        asked!(
            "read the funnel of a survey",
            funnel_screens::table
                .filter(funnel_screens::survey_id.eq(1_i64))
                .filter(funnel_screens::started_on.between(1_i64, 2_i64))
                .select(funnel_screens::screen_times)
        ),
    ]
}

/// What the store of people filters by, and the audit log when something is looked for there.
fn queries_about_people() -> Vec<Asked> {
    let ids: Vec<i64> = vec![1, 2];
    let drafts = vec![DraftId::random(), DraftId::random()];
    let subjects = vec!["person 0123", "submission 7"];
    vec![
        asked!(
            "find the submissions of a person",
            submissions::table.filter(submissions::email.eq("ana@example.com")).select(submissions::draft_id)
        ),
        asked!(
            "find the answers of submissions",
            answers::table.filter(answers::submission_id.eq_any(ids)).select(answers::value)
        ),
        asked!(
            "find the earlier states of drafts",
            previous_states::table
                .filter(previous_states::draft_id.eq_any(drafts.clone()))
                .select(previous_states::data)
        ),
        asked!(
            "find the keys of drafts",
            idempotency_keys::table
                .filter(idempotency_keys::draft_id.eq_any(drafts.clone()))
                .select(idempotency_keys::request_digest)
        ),
        asked!(
            "find the events of drafts",
            progress_events::table.filter(progress_events::draft_id.eq_any(drafts)).select(progress_events::kind)
        ),
        asked!(
            "find the audit entries about a person and what is theirs",
            audit_log::table.filter(audit_log::subject.eq_any(subjects)).select(audit_log::action)
        ),
        asked!(
            "list the audit log",
            audit_log::table
                .filter(audit_log::action.eq("survey.replace"))
                .filter(audit_log::id.lt(1_000_000_i64))
                .order(audit_log::id.desc())
                .limit(51)
                .select(audit_log::subject)
        ),
        asked!(
            "list the audit entries about a person",
            audit_log::table
                .filter(audit_log::subject.eq("person 0123"))
                .order(audit_log::id.desc())
                .limit(51)
                .select(audit_log::action)
        ),
    ]
}

/// What the searches of admins filter and order by: along an index, from a place on it, in either direction.
fn searches() -> Vec<Asked> {
    const DRAFTS: &str = "(created_at, draft_id) < (";
    const SUBMISSIONS: &str = "(submitted_at, id) < (";
    let drafts = || form_progress::table.select((form_progress::version, form_progress::email)).limit(50);
    let place = || sql::<Bool>(DRAFTS).bind::<Instant, _>(moment()).sql(", ").bind::<Uuid, _>(some_id()).sql(")");
    let newest = (form_progress::created_at.desc(), form_progress::draft_id.desc());
    let oldest = (form_progress::created_at.asc(), form_progress::draft_id.asc());
    let submitted = || submissions::table.select((submissions::digest, submissions::email)).limit(50);
    let reached = || sql::<Bool>(SUBMISSIONS).bind::<Instant, _>(moment()).sql(", ").bind::<BigInt, _>(7).sql(")");
    let last = (submissions::submitted_at.desc(), submissions::id.desc());
    vec![
        asked!("drafts, the newest first", drafts().filter(place()).order(newest)),
        asked!("drafts from a day on", drafts().filter(form_progress::created_at.ge(moment())).order(oldest)),
        asked!("drafts of a survey", drafts().filter(form_progress::survey_id.eq(1)).filter(place()).order(newest)),
        asked!("drafts of a survey, from the start", drafts().filter(form_progress::survey_id.eq(1)).order(oldest)),
        asked!("drafts of a company", drafts().filter(form_progress::company_id.eq(1)).filter(place()).order(newest)),
        asked!(
            "drafts of an email",
            form_progress::table.filter(form_progress::email.eq("a")).select(form_progress::version)
        ),
        asked!(
            "drafts of a reference",
            drafts().filter(form_progress::draft_id.between(some_id(), some_id())).order(form_progress::draft_id)
        ),
        asked!(
            // Also those that are looked at for the ones that expire next.
            "drafts that end soon",
            drafts().filter(form_progress::purge_hour.le(500_000_i64)).order(form_progress::purge_hour)
        ),
        asked!("submissions, the newest first", submitted().filter(reached()).order(last)),
        asked!(
            "submissions of a survey",
            submitted().filter(submissions::survey_id.eq(1)).filter(reached()).order(last)
        ),
        asked!(
            "submissions of a company",
            submitted().filter(submissions::company_id.eq(1)).filter(reached()).order(last)
        ),
        asked!(
            "submissions of an email",
            submissions::table.filter(submissions::email.eq("a")).select(submissions::digest)
        ),
        asked!(
            "the answers of submissions",
            answers::table
                .filter(answers::submission_id.eq_any(vec![1_i64, 2]))
                .order((answers::submission_id, answers::position))
                .select(answers::value)
        ),
        asked!(
            "the history of a draft",
            progress_events::table
                .filter(progress_events::draft_id.eq(some_id()))
                .order(progress_events::id.desc())
                .limit(200)
                .select(progress_events::kind)
        ),
    ]
}

fn moment() -> Moment {
    "2026-11-21T12:00:00Z".parse().expect("a moment")
}

fn some_id() -> DraftId {
    "0b9f2d1e-6c1c-4f0e-9a53-5b1a7a1e0c01".parse().expect("an id")
}

impl Asked {
    /// The SQL without the list of its parameters that Diesel prints behind it.
    fn sql(&self, backend: Backend) -> String {
        let printed = match backend {
            Backend::Sqlite => &self.sqlite,
            Backend::Postgres => &self.postgres,
        };
        printed.split(" -- binds").next().unwrap_or_default().to_owned()
    }

    /// How the database goes about it, line by line.
    fn plan(&self, database: &TestDatabase) -> Vec<String> {
        match database.backend() {
            Backend::Sqlite => explained_by_sqlite(database, &self.sql(Backend::Sqlite)),
            Backend::Postgres => explained_by_postgres(database, &self.sql(Backend::Postgres)),
        }
    }
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = diesel::sql_types::Text)]
    detail: String,
}

#[derive(QueryableByName)]
struct Plan {
    #[diesel(sql_type = diesel::sql_types::Text)]
    #[diesel(column_name = "QUERY PLAN")]
    line: String,
}

fn explained_by_sqlite(database: &TestDatabase, sql: &str) -> Vec<String> {
    let formprogress::db::Conn::Sqlite(mut conn) = database.conn() else { unreachable!("it is SQLite") };
    let steps = diesel::sql_query(format!("EXPLAIN QUERY PLAN {sql}")).get_results::<Step>(&mut conn);
    steps.expect("SQLite explains the query").into_iter().map(|step| step.detail).collect()
}

/// A plan for parameters that are not known yet, on a table so small that only being told not to scan it helps.
fn explained_by_postgres(database: &TestDatabase, sql: &str) -> Vec<String> {
    let formprogress::db::Conn::Postgres(mut conn) = database.conn() else { unreachable!("it is PostgreSQL") };
    let count = (1..).take_while(|number| sql.contains(&format!("${number}"))).count();
    let parameters = if count == 0 { String::new() } else { format!("({})", vec!["NULL"; count].join(", ")) };
    let prepare = format!("SET enable_seqscan = off; SET enable_bitmapscan = off; PREPARE asked AS {sql}");
    diesel::connection::SimpleConnection::batch_execute(&mut conn, &prepare).expect("PostgreSQL knows the query");
    let plan = diesel::sql_query(format!("EXPLAIN EXECUTE asked{parameters}")).get_results::<Plan>(&mut conn);
    plan.expect("PostgreSQL explains the query").into_iter().map(|step| step.line).collect()
}

async fn every_query_of_the_hot_path_and_of_the_searches_uses_an_index(database: &TestDatabase) {
    for asked in queries().into_iter().chain(queries_about_people()).chain(searches()) {
        let plan = asked.plan(database);
        let text = plan.join("\n");
        println!("{}: {text}", asked.what);
        let (by_index, scans) = match database.backend() {
            Backend::Sqlite => (plan.iter().all(|step| step.contains("USING")), text.contains("SCAN")),
            Backend::Postgres => (text.contains("Index"), text.contains("Seq Scan")),
        };
        assert!(by_index && !scans, "{}: {text}", asked.what);
        // The tables are new: what the planner takes then, it keeps for a while.
        let by_email = ["find a draft", "load the drafts of a group", "load the submissions of a group"];
        assert!(
            !by_email.contains(&asked.what) || text.contains("email_survey_id") || text.contains("(email"),
            "{text}"
        );
        // On SQLite a survey's index would serve as well, and has all drafts of the survey.
        assert!(!asked.what.contains("have expired") || text.contains("purge_hour"), "{text}");
        assert!(!text.to_uppercase().contains("TEMP B-TREE") && !text.contains("Sort"), "{}: {text}", asked.what);
    }
}

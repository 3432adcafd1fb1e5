//! Finding submissions, in time that does not depend on how many there are, and reading them with their answers.

use std::collections::HashMap;

use diesel::{dsl::sql, prelude::*, result::Error, sql_types::Bool};
use serde_json::value::RawValue;

use crate::{
    clock::Moment,
    companies::CompanyId,
    db::{
        Conn, Walked,
        schema::{answers, submissions},
        types::Instant,
        walk,
    },
    email::Email,
    on_backend,
    progress::{DraftId, Json},
    submissions::{
        Submission,
        answers::Answer,
        search::{Filter, place_of},
    },
    surveys::SurveyId,
    timeline::{Order, Path, Place, Stretch},
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = submissions)]
struct Row {
    id: i64,
    email: String,
    survey_id: i64,
    company_id: Option<i64>,
    participant: Option<String>,
    answers_count: i32,
    submitted_at: Moment,
    draft_id: Option<DraftId>,
}

impl Row {
    fn submission(self) -> QueryResult<Submission> {
        Ok(Submission {
            id: self.id,
            email: Email::from_stored(self.email),
            survey_id: SurveyId(self.survey_id),
            company_id: self.company_id.map(CompanyId),
            participant: self.participant.map(|text| json(text).map(Json::from)).transpose()?,
            answers_count: self.answers_count,
            submitted_at: self.submitted_at,
            draft_id: self.draft_id,
        })
    }
}

fn json(text: String) -> QueryResult<Box<RawValue>> {
    RawValue::from_string(text).map_err(|error| Error::DeserializationError(error.into()))
}

/// The submission with this id.
pub fn find(conn: &mut Conn, id: i64) -> QueryResult<Option<Submission>> {
    let query = submissions::table.find(id);
    let row: Option<Row> = on_backend!(conn => query.select(Row::as_select()).get_result(conn)).optional()?;
    row.map(Row::submission).transpose()
}

/// Up to `most` submissions behind a place. Fewer than there are when many others stand between them.
pub fn search(
    conn: &mut Conn,
    filter: &Filter,
    order: Order,
    reached: Option<Place<i64>>,
    most: usize,
) -> QueryResult<Walked<Submission, Place<i64>>> {
    if let Some(email) = &filter.email {
        let query = submissions::table.filter(submissions::email.eq(email.as_str()));
        let rows: Vec<Row> = on_backend!(conn => query.select(Row::as_select()).load(conn))?;
        let mut found = rows.into_iter().map(Row::submission).collect::<QueryResult<Vec<_>>>()?;
        found.retain(|submission| {
            filter.matches(submission) && reached.is_none_or(|reached| order.is_behind(place_of(submission), reached))
        });
        order.sort(&mut found, place_of);
        let next = (found.len() > most).then(|| place_of(&found[most - 1]));
        found.truncate(most);
        return Ok(Walked { found, next });
    }
    let paths = filter.scope.paths();
    let read = |behind: Option<&Place<i64>>, count: usize| {
        let stretch = Stretch::of(filter.submitted, order, behind.copied());
        let mut rows = Vec::new();
        for path in &paths {
            rows.extend(along(conn, *path, stretch, count)?);
        }
        if paths.len() > 1 {
            order.sort(&mut rows, place_of);
            rows.truncate(count);
        }
        Ok(rows)
    };
    walk(most, reached, read, place_of, |submission| filter.matches(submission))
}

/// The submissions that stand next to each other on an index. Raw, where rows are compared: see the drafts' search.
fn along(conn: &mut Conn, path: Path, stretch: Stretch<i64>, count: usize) -> QueryResult<Vec<Submission>> {
    let count = count as i64;
    let rows: Vec<Row> = on_backend!(conn => {
        let mut query = submissions::table.select(Row::as_select()).limit(count).into_boxed();
        query = match path {
            Path::All => query,
            Path::Survey(id) => query.filter(submissions::survey_id.eq(id.0)),
            Path::Company(id) => query.filter(submissions::company_id.eq(id.0)),
        };
        query = match stretch.order {
            Order::NewestFirst => query.order((submissions::submitted_at.desc(), submissions::id.desc())),
            Order::OldestFirst => query.order((submissions::submitted_at.asc(), submissions::id.asc())),
        };
        if let Some(start) = stretch.start {
            let behind = match stretch.order {
                Order::NewestFirst => "(submitted_at, id) < (",
                Order::OldestFirst => "(submitted_at, id) > (",
            };
            let place = sql::<Bool>(behind).bind::<Instant, _>(start.at);
            query = query.filter(place.sql(", ").bind::<diesel::sql_types::BigInt, _>(start.id).sql(")"));
        }
        query = match (stretch.order, stretch.end) {
            (Order::NewestFirst, Some(first)) => query.filter(submissions::submitted_at.ge(first)),
            (Order::OldestFirst, Some(last)) => query.filter(submissions::submitted_at.lt(last)),
            (_, None) => query,
        };
        query.load(conn)
    })?;
    rows.into_iter().map(Row::submission).collect()
}

/// The answers of these submissions, each in the order in which they were sent.
pub fn answers_of(conn: &mut Conn, ids: &[i64]) -> QueryResult<HashMap<i64, Vec<Answer>>> {
    let query = answers::table
        .filter(answers::submission_id.eq_any(ids))
        .order((answers::submission_id, answers::position))
        .select((answers::submission_id, answers::question, answers::value));
    let rows: Vec<(i64, String, String)> = on_backend!(conn => query.load(conn))?;
    let mut found: HashMap<i64, Vec<Answer>> = HashMap::new();
    for (id, question, value) in rows {
        found.entry(id).or_default().push(Answer { question, value: json(value)? });
    }
    Ok(found)
}

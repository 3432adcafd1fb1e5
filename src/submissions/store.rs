//! All queries about submissions. Here those of the write path.

mod search;

use std::{collections::HashMap, sync::OnceLock};

use diesel::{
    prelude::*,
    sql_types::{Array, BigInt, Binary, Bool, Integer, Nullable, Text},
};

pub use self::search::{answers_of, find, search};
use super::{NewSubmission, Receipt, answers::Answer};
use crate::{
    clock::Moment,
    db::{
        Conn, OverColumns, by_email_alone,
        schema::{answers, submissions},
        types, write_rows,
    },
    email::Email,
    on_backend,
    progress::{DraftId, Pair},
    surveys::SurveyId,
};

/// Whether the participant has answered the survey.
pub fn exists(conn: &mut Conn, pair: &Pair) -> QueryResult<bool> {
    let query = diesel::select(diesel::dsl::exists(
        submissions::table
            .filter(submissions::email.eq(pair.email.as_str()))
            .filter(by_email_alone(submissions::survey_id).eq(pair.survey_id.0)),
    ));
    on_backend!(conn => query.get_result(conn))
}

type ReceiptRow = (i64, String, i64, i32, Vec<u8>, bool, Moment, Option<DraftId>);

/// The submissions of any of these emails, in whatever survey.
pub fn receipts(conn: &mut Conn, emails: &[&str]) -> QueryResult<Vec<(Pair, Receipt)>> {
    if emails.is_empty() {
        return Ok(Vec::new());
    }
    let query = submissions::table.filter(submissions::email.eq_any(emails)).select((
        submissions::id,
        submissions::email,
        submissions::survey_id,
        submissions::answers_count,
        submissions::digest,
        submissions::has_own_answers,
        submissions::submitted_at,
        submissions::draft_id,
    ));
    let rows: Vec<ReceiptRow> = on_backend!(conn => query.load(conn))?;
    let receipts =
        rows.into_iter().map(|(id, email, survey_id, answers_count, digest, is_own, submitted_at, draft_id)| {
            let pair = Pair { email: Email::from_stored(email), survey_id: SurveyId(survey_id) };
            let submission_id = OnceLock::from(id).into();
            // A digest that somebody shortened is that of no answers at all.
            let digest = digest.try_into().unwrap_or_default();
            (pair, Receipt { submission_id, draft_id, answers_count, digest, is_own, submitted_at })
        });
    Ok(receipts.collect())
}

/// Who ended these drafts with a submission.
pub fn submitters(conn: &mut Conn, drafts: &[DraftId]) -> QueryResult<Vec<(DraftId, Pair)>> {
    let columns = (submissions::draft_id, submissions::email, submissions::survey_id);
    let query = submissions::table.filter(submissions::draft_id.eq_any(drafts)).select(columns);
    let rows: Vec<(Option<DraftId>, String, i64)> = on_backend!(conn => query.load(conn))?;
    let submitters = rows.into_iter().filter_map(|(id, email, survey_id)| {
        Some((id?, Pair { email: Email::from_stored(email), survey_id: SurveyId(survey_id) }))
    });
    Ok(submitters.collect())
}

/// Forgets which drafts they were that these submissions ended: their ids are free.
pub fn forget_drafts(conn: &mut Conn, ids: &[DraftId]) -> QueryResult<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let ended = submissions::table.filter(submissions::draft_id.eq_any(ids));
    let forgotten = submissions::draft_id.eq(None::<DraftId>);
    on_backend!(conn => diesel::update(ended).set(forgotten).execute(conn)).map(drop)
}

type Row = (Pair, NewSubmission);

/// Adds submissions with their answers, and tells each its number.
pub fn insert(conn: &mut Conn, rows: &[Row]) -> QueryResult<()> {
    write_rows(conn, rows, insert_one, insert_all)?;
    let answers: Vec<(i64, i32, &Answer)> = rows
        .iter()
        .flat_map(|(_, submission)| {
            let id = submission.receipt.submission_id.get().copied().unwrap_or_default();
            (0..).zip(submission.answers.iter()).map(move |(position, answer)| (id, position, answer))
        })
        .collect();
    write_rows(conn, &answers, insert_answer, insert_answers).map(drop)
}

fn insert_one(conn: &mut diesel::SqliteConnection, (pair, submission): &Row) -> QueryResult<usize> {
    let id: i64 = diesel::insert_into(submissions::table)
        .values((
            submissions::email.eq(pair.email.as_str()),
            submissions::survey_id.eq(pair.survey_id.0),
            submissions::company_id.eq(submission.company_id.map(|id| id.0)),
            submissions::participant.eq(submission.participant.as_ref().map(|json| json.get())),
            submissions::answers_count.eq(submission.receipt.answers_count),
            submissions::digest.eq(&submission.receipt.digest[..]),
            submissions::submitted_at.eq(submission.receipt.submitted_at),
            submissions::draft_id.eq(submission.receipt.draft_id),
            submissions::has_own_answers.eq(submission.receipt.is_own),
        ))
        .returning(submissions::id)
        .get_result(conn)?;
    submission.receipt.submission_id.get_or_init(|| id);
    Ok(1)
}

#[derive(QueryableByName)]
struct Numbered {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    email: String,
    #[diesel(sql_type = BigInt)]
    survey_id: i64,
}

/// One statement for all rows. `sql_query` and not `OverColumns`, since it answers with rows.
fn insert_all(conn: &mut diesel::PgConnection, rows: &[Row]) -> QueryResult<usize> {
    let numbered: Vec<Numbered> = diesel::sql_query(
        "INSERT INTO submissions (email, survey_id, company_id, participant, answers_count, digest, submitted_at, \
         draft_id, has_own_answers) SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id, email, survey_id",
    )
    .bind::<Array<Text>, _>(rows.iter().map(|(pair, _)| pair.email.as_str()).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(rows.iter().map(|(pair, _)| pair.survey_id.0).collect::<Vec<_>>())
    .bind::<Array<Nullable<BigInt>>, _>(rows.iter().map(|(_, new)| new.company_id.map(|id| id.0)).collect::<Vec<_>>())
    .bind::<Array<Nullable<Text>>, _>(
        rows.iter().map(|(_, new)| new.participant.as_ref().map(|json| json.get())).collect::<Vec<_>>(),
    )
    .bind::<Array<Integer>, _>(rows.iter().map(|(_, new)| new.receipt.answers_count).collect::<Vec<_>>())
    .bind::<Array<Binary>, _>(rows.iter().map(|(_, new)| &new.receipt.digest[..]).collect::<Vec<_>>())
    .bind::<Array<types::Instant>, _>(rows.iter().map(|(_, new)| new.receipt.submitted_at).collect::<Vec<_>>())
    .bind::<Array<Nullable<types::Uuid>>, _>(rows.iter().map(|(_, new)| new.receipt.draft_id).collect::<Vec<_>>())
    .bind::<Array<Bool>, _>(rows.iter().map(|(_, new)| new.receipt.is_own).collect::<Vec<_>>())
    .load(conn)?;
    let ids: HashMap<(&str, i64), i64> =
        numbered.iter().map(|row| ((row.email.as_str(), row.survey_id), row.id)).collect();
    for (pair, submission) in rows {
        if let Some(id) = ids.get(&(pair.email.as_str(), pair.survey_id.0)) {
            submission.receipt.submission_id.get_or_init(|| *id);
        }
    }
    Ok(numbered.len())
}

fn insert_answer(
    conn: &mut diesel::SqliteConnection,
    (submission_id, position, answer): &(i64, i32, &Answer),
) -> QueryResult<usize> {
    diesel::insert_into(answers::table)
        .values((
            answers::submission_id.eq(submission_id),
            answers::position.eq(position),
            answers::question.eq(&answer.question),
            answers::value.eq(answer.value.get()),
        ))
        .execute(conn)
}

fn insert_answers(conn: &mut diesel::PgConnection, rows: &[(i64, i32, &Answer)]) -> QueryResult<usize> {
    let columns = (
        rows.iter().map(|(id, ..)| *id).collect::<Vec<_>>().into_sql::<Array<BigInt>>(),
        rows.iter().map(|(_, position, _)| *position).collect::<Vec<_>>().into_sql::<Array<Integer>>(),
        rows.iter().map(|(.., answer)| answer.question.as_str()).collect::<Vec<_>>().into_sql::<Array<Text>>(),
        rows.iter().map(|(.., answer)| answer.value.get()).collect::<Vec<_>>().into_sql::<Array<Text>>(),
    );
    OverColumns {
        before: "INSERT INTO answers (submission_id, position, question, value) SELECT * FROM unnest(",
        columns,
        after: ")",
    }
    .execute(conn)
}

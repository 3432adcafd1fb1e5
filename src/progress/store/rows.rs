//! Writing the rows of drafts.

use diesel::{
    prelude::*,
    sql_types::{Array, BigInt, Binary, Integer, Nullable, Text},
};

use crate::{
    clock::Moment,
    companies::GuestCode,
    db::{
        Conn, OverColumns, Prepared,
        schema::{form_progress, readiness},
        types, write_rows,
    },
    email::Email,
    on_backend,
    progress::{Content, DraftId, Fingerprint, Head},
};

/// The columns that a save may change, with their values.
macro_rules! changing_columns {
    ($head:expr, $content:expr) => {
        (
            form_progress::company_id.eq($head.company_id.map(|id| id.0)),
            form_progress::guest_code_key.eq($head.guest_code.as_ref().map(GuestCode::as_str)),
            form_progress::current_screen.eq($head.current_screen.0),
            form_progress::furthest_screen.eq($head.furthest_screen.0),
            form_progress::fingerprint.eq($head.fingerprint.as_ref().map(Fingerprint::as_str)),
            form_progress::survey_fingerprint.eq($head.survey_fingerprint.as_ref().map(Fingerprint::as_str)),
            form_progress::version.eq($head.version.0),
            form_progress::digest.eq($head.digest.as_bytes()),
            form_progress::value_count.eq($head.value_count.map(u32::cast_signed)),
            form_progress::updated_at.eq($head.updated_at),
            form_progress::expires_at.eq($head.expires_at),
            form_progress::meta.eq($content.meta.as_ref().map(|meta| meta.get())),
            form_progress::data.eq($content.data.get()),
        )
    };
}

/// Writes the next state of drafts whose rows are there.
pub fn update(conn: &mut Conn, drafts: &[(&Head, &Content)]) -> QueryResult<()> {
    write_rows(
        conn,
        drafts,
        |conn, (head, content)| {
            let draft = diesel::update(form_progress::table.find(head.draft_id));
            Prepared(draft.set(changing_columns!(head, content))).execute(conn)
        },
        upsert_all,
    )
    .map(drop)
}

/// Adds drafts.
pub fn insert(conn: &mut Conn, drafts: &[(&Head, &Content)]) -> QueryResult<()> {
    write_rows(
        conn,
        drafts,
        |conn, (head, content)| {
            diesel::insert_into(form_progress::table)
                .values((
                    form_progress::draft_id.eq(head.draft_id),
                    form_progress::email.eq(head.email.as_ref().map(Email::as_str)),
                    form_progress::survey_id.eq(head.survey_id.0),
                    form_progress::created_at.eq(head.created_at),
                    form_progress::purge_hour.eq(head.expires_at.hours()),
                    changing_columns!(head, content),
                ))
                .execute(conn)
        },
        upsert_all,
    )
    .map(drop)
}

/// Deletes drafts.
pub fn delete(conn: &mut Conn, ids: &[DraftId]) -> QueryResult<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let gone = form_progress::table.filter(form_progress::draft_id.eq_any(ids));
    on_backend!(conn => diesel::delete(gone).execute(conn)).map(drop)
}

/// One statement for all rows, new or not.
fn upsert_all(conn: &mut diesel::PgConnection, drafts: &[(&Head, &Content)]) -> QueryResult<usize> {
    fn column<'a, T>(drafts: &[(&'a Head, &'a Content)], of: impl Fn(&'a Head, &'a Content) -> T) -> Vec<T> {
        drafts.iter().map(|(head, content)| of(head, content)).collect()
    }
    type NullableTexts = Array<Nullable<Text>>;
    let columns = (
        column(drafts, |head, _| head.draft_id).into_sql::<Array<types::Uuid>>(),
        column(drafts, |head, _| head.email.as_ref().map(Email::as_str)).into_sql::<NullableTexts>(),
        column(drafts, |head, _| head.survey_id.0).into_sql::<Array<BigInt>>(),
        column(drafts, |head, _| head.company_id.map(|id| id.0)).into_sql::<Array<Nullable<BigInt>>>(),
        column(drafts, |head, _| head.guest_code.as_ref().map(GuestCode::as_str)).into_sql::<NullableTexts>(),
        column(drafts, |head, _| head.current_screen.0).into_sql::<Array<Integer>>(),
        column(drafts, |head, _| head.furthest_screen.0).into_sql::<Array<Integer>>(),
        column(drafts, |head, _| head.fingerprint.as_ref().map(Fingerprint::as_str)).into_sql::<NullableTexts>(),
        column(drafts, |head, _| head.survey_fingerprint.as_ref().map(Fingerprint::as_str)).into_sql::<NullableTexts>(),
        column(drafts, |head, _| head.version.0).into_sql::<Array<BigInt>>(),
        column(drafts, |head, _| head.digest.as_bytes()).into_sql::<Array<Binary>>(),
        column(drafts, |head, _| head.value_count.map(u32::cast_signed)).into_sql::<Array<Nullable<Integer>>>(),
        column(drafts, |head, _| head.created_at).into_sql::<Array<types::Instant>>(),
        column(drafts, |head, _| head.updated_at).into_sql::<Array<types::Instant>>(),
        column(drafts, |head, _| head.expires_at).into_sql::<Array<types::Instant>>(),
        column(drafts, |head, _| head.expires_at.hours()).into_sql::<Array<BigInt>>(),
        column(drafts, |_, content| content.meta.as_ref().map(|meta| meta.get())).into_sql::<NullableTexts>(),
        column(drafts, |_, content| content.data.get()).into_sql::<Array<Text>>(),
    );
    OverColumns {
        before: "INSERT INTO form_progress (draft_id, email, survey_id, company_id, guest_code_key, current_screen, \
                 furthest_screen, fingerprint, survey_fingerprint, version, digest, value_count, created_at, updated_at, expires_at, purge_hour, \
                 meta, data) \
                 SELECT * FROM unnest(",
        columns,
        after: ") ON CONFLICT (draft_id) DO UPDATE SET company_id = excluded.company_id, \
                guest_code_key = excluded.guest_code_key, current_screen = excluded.current_screen, \
                furthest_screen = excluded.furthest_screen, fingerprint = excluded.fingerprint, \
                survey_fingerprint = excluded.survey_fingerprint, version = excluded.version, \
                digest = excluded.digest, value_count = excluded.value_count, updated_at = excluded.updated_at, \
                expires_at = excluded.expires_at, meta = excluded.meta, data = excluded.data",
    }
    .execute(conn)
}

/// Gives drafts that were nobody's an email. Apart from [`update`], which touches no index.
pub fn claim(conn: &mut Conn, drafts: &[(DraftId, &Email)]) -> QueryResult<()> {
    write_rows(
        conn,
        drafts,
        |conn, (id, email)| {
            let draft = diesel::update(form_progress::table.find(id));
            Prepared(draft.set(form_progress::email.eq(email.as_str()))).execute(conn)
        },
        |conn, drafts| {
            let (ids, emails): (Vec<DraftId>, Vec<&str>) =
                drafts.iter().map(|(id, email)| (*id, email.as_str())).unzip();
            OverColumns {
                before: "UPDATE form_progress SET email = claim.email FROM unnest(",
                columns: (ids.into_sql::<Array<types::Uuid>>(), emails.into_sql::<Array<Text>>()),
                after: ") AS claim (id, email) WHERE draft_id = claim.id",
            }
            .execute(conn)
        },
    )
    .map(drop)
}

/// Writes a row of no meaning, to prove that the database takes writes.
pub fn prove(conn: &mut Conn, now: Moment) -> QueryResult<()> {
    on_backend!(conn => diesel::insert_into(readiness::table)
        .values((readiness::id.eq(1), readiness::proved_at.eq(now)))
        .on_conflict(readiness::id)
        .do_update()
        .set(readiness::proved_at.eq(now))
        .execute(conn))
    .map(drop)
}

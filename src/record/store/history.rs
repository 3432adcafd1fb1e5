//! What became of one draft.

use diesel::prelude::*;

use crate::{
    clock::Moment,
    companies::CompanyId,
    db::{Conn, schema::progress_events},
    on_backend,
    progress::{DraftId, Screen},
    record::Happened,
    surveys::SurveyId,
};

/// The last events of a draft that are told, the first of them first.
const MOST: i64 = 200;

/// What became of a draft, as far as that is still recorded, in its order.
pub fn history(conn: &mut Conn, id: DraftId) -> QueryResult<Vec<Happened>> {
    let query = progress_events::table
        .filter(progress_events::draft_id.eq(id))
        .order(progress_events::id.desc())
        .limit(MOST)
        .select((progress_events::at, progress_events::kind, progress_events::screen, progress_events::company_id));
    let rows: Vec<(Moment, String, Option<i32>, Option<i64>)> = on_backend!(conn => query.load(conn))?;
    let events = rows.into_iter().rev().map(|(at, kind, screen, company_id)| Happened {
        at,
        kind,
        screen: screen.map(Screen),
        company_id: company_id.map(CompanyId),
    });
    Ok(events.collect())
}

/// To which survey and company a draft belonged when something last became of it; none if nothing is recorded of it.
pub fn last_seen(conn: &mut Conn, id: DraftId) -> QueryResult<Option<(SurveyId, Option<CompanyId>)>> {
    let query = progress_events::table
        .filter(progress_events::draft_id.eq(id))
        .order(progress_events::id.desc())
        .limit(1)
        .select((progress_events::survey_id, progress_events::company_id));
    let row: Option<(i64, Option<i64>)> = on_backend!(conn => query.get_result(conn)).optional()?;
    Ok(row.map(|(survey_id, company_id)| (SurveyId(survey_id), company_id.map(CompanyId))))
}

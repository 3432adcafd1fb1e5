//! The surveys in which something has happened lately.

use diesel::{dsl::sql, prelude::*, sql_types::BigInt};

use super::Summary;
use crate::{
    db::{Conn, schema::surveys},
    on_backend,
};

/// Surveys among these (none: all) in which something happened last, the latest day first; in which nothing did, the newest
/// first. Of these companies; none for all.
///
/// The day is looked up along the index of each survey, so that it does not matter how many days there are.
pub fn active(
    conn: &mut Conn,
    among: Option<&[i64]>,
    companies: Option<&[i64]>,
    limit: i64,
) -> QueryResult<Vec<Summary>> {
    // Raw, since the tables are not joined: numbers, and nothing that anybody has typed.
    let companies = companies.map_or_else(String::new, |ids| {
        let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        format!("AND company_id IN ({})", if ids.is_empty() { "NULL".to_owned() } else { ids.join(", ") })
    });
    let last = format!("coalesce((SELECT max(day) FROM funnel_days WHERE survey_id = surveys.id {companies}), -1)");
    let ids: Vec<i64> = on_backend!(conn => {
        // Only the ids, which come out of the index: a definition may be large, and is not read for the order.
        let order = (sql::<BigInt>(&last).desc(), surveys::id.desc());
        let mut query = surveys::table.order(order).limit(limit).select(surveys::id).into_boxed();
        if let Some(some) = among {
            query = query.filter(surveys::id.eq_any(some));
        }
        query.load(conn)
    })?;
    let query = surveys::table.filter(surveys::id.eq_any(&ids));
    let mut found: Vec<Summary> = on_backend!(conn => query.select(Summary::as_select()).load(conn))?;
    found.sort_unstable_by_key(|survey| ids.iter().position(|id| *id == survey.id));
    Ok(found)
}

/// Surveys among these (none: all) that were changed last.
pub fn changed_lately(conn: &mut Conn, among: Option<&[i64]>, limit: i64) -> QueryResult<Vec<Summary>> {
    on_backend!(conn => {
        let order = (surveys::updated_at.desc(), surveys::id.desc());
        let mut query = surveys::table.order(order).limit(limit).select(Summary::as_select()).into_boxed();
        if let Some(some) = among {
            query = query.filter(surveys::id.eq_any(some));
        }
        query.load(conn)
    })
}

//! Searching drafts, in time that does not depend on how many there are.

use diesel::{dsl::sql, prelude::*, sql_types::Bool};

use super::{Found, FoundRow, HeadRow, found};
use crate::{
    clock::Moment,
    db::{
        Conn, Walked,
        schema::{form_progress, surveys},
        types::{Instant, Uuid},
        walk,
    },
    on_backend,
    progress::{
        DraftId, Head,
        search::{Filter, place_of},
    },
    timeline::{Order, Path, Place, Stretch},
};

/// Up to so many drafts are read at once, and put into their order here.
const FEW: i64 = 2000;

/// Up to `most` drafts behind a place, without their content. Fewer than there are when many others stand between them.
pub fn search(
    conn: &mut Conn,
    filter: &Filter,
    order: Order,
    reached: Option<Place<DraftId>>,
    most: usize,
    now: Moment,
) -> QueryResult<Walked<Head, Place<DraftId>>> {
    if let Some(mut heads) = few(conn, filter)? {
        heads.retain(|head| {
            filter.matches(head, now) && reached.is_none_or(|reached| order.is_behind(place_of(head), reached))
        });
        order.sort(&mut heads, place_of);
        let next = (heads.len() > most).then(|| place_of(&heads[most - 1]));
        heads.truncate(most);
        return Ok(Walked { found: heads, next });
    }
    let (paths, began) = (filter.scope.paths(), filter.began());
    let read = |behind: Option<&Place<DraftId>>, count: usize| {
        let stretch = Stretch::of(began, order, behind.copied());
        let mut heads = Vec::new();
        for path in &paths {
            heads.extend(along(conn, *path, stretch, count)?);
        }
        if paths.len() > 1 {
            order.sort(&mut heads, place_of);
            heads.truncate(count);
        }
        Ok(heads)
    };
    walk(most, reached, read, place_of, |head| filter.matches(head, now))
}

/// The drafts among which all are that are looked for, where an index other than those in the order of time has few of them.
fn few(conn: &mut Conn, filter: &Filter) -> QueryResult<Option<Vec<Head>>> {
    let rows: Vec<HeadRow> = if let Some(reference) = filter.reference {
        let (first, last) = reference.ids();
        // Who makes ids by hand could make many that share one.
        let query = form_progress::table.filter(form_progress::draft_id.between(first, last)).limit(FEW);
        on_backend!(conn => query.order(form_progress::draft_id).select(HeadRow::as_select()).load(conn))?
    } else if let Some(email) = &filter.email {
        let query = form_progress::table.filter(form_progress::email.eq(email.as_str()));
        on_backend!(conn => query.select(HeadRow::as_select()).load(conn))?
    } else if let Some(end) = filter.expires.to {
        let due = form_progress::table.filter(form_progress::purge_hour.le(end.hours()));
        let counted = due.select(form_progress::purge_hour).order(form_progress::purge_hour).limit(FEW + 1);
        let counted: Vec<i64> = on_backend!(conn => counted.load(conn))?;
        if counted.len() as i64 > FEW {
            return Ok(None);
        }
        let query = due.order(form_progress::purge_hour).limit(FEW);
        on_backend!(conn => query.select(HeadRow::as_select()).load(conn))?
    } else {
        return Ok(None);
    };
    Ok(Some(rows.into_iter().map(Head::from).collect()))
}

/// The drafts that stand next to each other on an index.
///
/// Raw, where rows are compared: Diesel has no words for that, and what else says the same is no bound of an index.
fn along(conn: &mut Conn, path: Path, stretch: Stretch<DraftId>, count: usize) -> QueryResult<Vec<Head>> {
    let count = count as i64;
    let rows: Vec<HeadRow> = on_backend!(conn => {
        let mut query = form_progress::table.select(HeadRow::as_select()).limit(count).into_boxed();
        query = match path {
            Path::All => query,
            Path::Survey(id) => query.filter(form_progress::survey_id.eq(id.0)),
            Path::Company(id) => query.filter(form_progress::company_id.eq(id.0)),
        };
        query = match stretch.order {
            Order::NewestFirst => query.order((form_progress::created_at.desc(), form_progress::draft_id.desc())),
            Order::OldestFirst => query.order((form_progress::created_at.asc(), form_progress::draft_id.asc())),
        };
        if let Some(start) = stretch.start {
            let behind = match stretch.order {
                Order::NewestFirst => "(created_at, draft_id) < (",
                Order::OldestFirst => "(created_at, draft_id) > (",
            };
            let place = sql::<Bool>(behind).bind::<Instant, _>(start.at);
            query = query.filter(place.sql(", ").bind::<Uuid, _>(start.id).sql(")"));
        }
        query = match (stretch.order, stretch.end) {
            (Order::NewestFirst, Some(first)) => query.filter(form_progress::created_at.ge(first)),
            (Order::OldestFirst, Some(last)) => query.filter(form_progress::created_at.lt(last)),
            (_, None) => query,
        };
        query.load(conn)
    })?;
    Ok(rows.into_iter().map(Head::from).collect())
}

/// These drafts with their content and the shapes of their surveys, as far as they are still there.
pub fn find_all(conn: &mut Conn, ids: &[DraftId]) -> QueryResult<Vec<Found>> {
    let query = form_progress::table.inner_join(surveys::table).filter(form_progress::draft_id.eq_any(ids));
    let rows: Vec<FoundRow> = on_backend!(conn => query
        .select((HeadRow::as_select(), form_progress::data, form_progress::meta, surveys::fingerprint))
        .load(conn))?;
    rows.into_iter().map(found).collect()
}

//! Lists: one envelope, one way to page, for every list of the admin API.

use std::str::FromStr;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Fields, Parameter};
use crate::{
    clock::Moment,
    timeline::{Order, Place},
};

/// The most items of a page, and how many it has unless it is said.
const MOST: i64 = 200;
const USUALLY: i64 = 50;

const NOT_A_NEXT: &str = "must be the next of the page before";

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct List<T> {
    /// The items.
    pub items: Vec<T>,
    /// What to send as `after` for the next page; null on the last one.
    #[schema(example = "MTc2Mzcx")]
    pub next: Option<String>,
}

impl<T> List<T> {
    /// Of items that were found one after another, and where the next page begins; none on the last one.
    pub fn with_next(items: Vec<T>, next: Option<Cursor>) -> Self {
        Self { items, next: next.map(|next| next.encoded()) }
    }

    /// Of one item more than the page has, if there are so many: that is how it is known whether there is a next page.
    pub fn of<R>(mut found: Vec<R>, page: &Page, cursor: impl Fn(&R) -> Cursor, view: impl Fn(R) -> T) -> Self {
        let is_last = found.len() <= page.limit as usize;
        found.truncate(page.limit as usize);
        let next = found.last().filter(|_| !is_last).map(|last| cursor(last).encoded());
        Self { items: found.into_iter().map(view).collect(), next }
    }
}

/// Which page of a list.
#[derive(Debug, Clone)]
pub struct Page {
    /// How many items.
    pub limit: i64,
    /// Behind which one it begins.
    pub after: Option<Cursor>,
}

/// The query parameters by which a page is chosen.
pub const PAGE_PARAMETERS: [&str; 2] = ["limit", "after"];

impl Page {
    /// Of a query.
    pub fn of(fields: &mut Fields<'_>) -> Self {
        let limit = fields.optional::<Limit>("limit").map_or(USUALLY, |limit| limit.0);
        Self { limit, after: fields.optional("after") }
    }

    /// The id behind which it begins, of a list in the order of ids.
    pub fn after_id(&self, fields: &mut Fields<'_>) -> Option<i64> {
        let id = self.after.as_ref()?.part(0);
        if id.is_none() {
            fields.note("after", NOT_A_NEXT);
        }
        id
    }

    /// The place behind which it begins, in a list in the order of time.
    pub fn reached<K: FromStr>(&self, fields: &mut Fields<'_>, order: Order) -> Option<Place<K>> {
        let after = self.after.as_ref()?;
        let place = after.part(1).zip(after.part(2)).map(|(at, id)| Place { at, id });
        let place = place
            .filter(|place| place.at.is_storable() && after.part::<String>(0).is_some_and(|of| of == order.as_str()));
        if place.is_none() {
            fields.note("after", "must be the next of the page before, in the same order");
        }
        place
    }

    /// How many items to ask for, to know whether there are more.
    pub fn one_more(&self) -> i64 {
        self.limit + 1
    }
}

#[derive(PartialEq)]
struct Limit(i64);

impl Parameter for Limit {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let limit = text.parse().ok().filter(|limit| (1..=MOST).contains(limit));
        limit.map(Self).ok_or("must be an integer from 1 to 200")
    }
}

/// A place in a list: the values by which it is sorted, of the item before. Opaque to clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(Vec<String>);

impl Cursor {
    /// Of these values, none of which has a line break.
    pub fn of(parts: &[&dyn std::fmt::Display]) -> Self {
        Self(parts.iter().map(ToString::to_string).collect())
    }

    /// Of a place in a list in the order of time. It belongs to that order.
    pub fn at(at: Moment, id: impl std::fmt::Display, order: Order) -> Self {
        Self::of(&[&order.as_str(), &at, &id])
    }

    /// One of its values.
    pub fn part<T: FromStr>(&self, index: usize) -> Option<T> {
        self.0.get(index)?.parse().ok()
    }

    fn encoded(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.join("\n"))
    }
}

impl Parameter for Cursor {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| NOT_A_NEXT)?;
        let text = String::from_utf8(bytes).map_err(|_| NOT_A_NEXT)?;
        Ok(Self(text.split('\n').map(str::to_owned).collect()))
    }
}

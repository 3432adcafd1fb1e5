//! Column types whose storage differs: one SQL type each, with a Rust type that reads and writes it on both.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Datelike, Days, NaiveDateTime, SecondsFormat, SubsecRound, TimeDelta, Utc};
use diesel::{
    backend::Backend,
    deserialize::{self, FromSql, FromSqlRow},
    expression::AsExpression,
    pg::{Pg, PgValue},
    query_builder::QueryId,
    serialize::{self, IsNull, Output, ToSql},
    sql_types::{self, SqlType},
    sqlite::Sqlite,
};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

/// SQL type of a [`Moment`]: `timestamptz`, or fixed-width RFC 3339 text, whose order is that of time.
#[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
#[diesel(postgres_type(oid = 1184, array_oid = 1185), sqlite_type(name = "Text"))]
pub struct Instant;

/// SQL type of a [`DraftId`]: `uuid`, or its text.
#[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
#[diesel(postgres_type(oid = 2950, array_oid = 2951), sqlite_type(name = "Text"))]
pub struct Uuid;

/// A point in time, in whole microseconds (as exact as PostgreSQL keeps it). On the wire RFC 3339 in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow, ToSchema)]
#[diesel(sql_type = Instant)]
#[schema(value_type = String, format = DateTime, example = "2026-11-21T09:30:00.000000Z")]
pub struct Moment(DateTime<Utc>);

impl Moment {
    /// The present, by the system's clock. Only [`Clock`](crate::clock::Clock) calls this.
    pub fn now() -> Self {
        Utc::now().into()
    }

    /// This moment and so many days.
    pub fn plus_days(self, days: u32) -> Self {
        // Past the year 262,000 there is no calendar; staying put would expire the draft at once.
        Self(self.0.checked_add_days(Days::new(days.into())).unwrap_or(DateTime::<Utc>::MAX_UTC))
    }

    /// So many days before this moment.
    pub fn minus_days(self, days: u32) -> Self {
        Self(self.0.checked_sub_days(Days::new(days.into())).unwrap_or(DateTime::<Utc>::MIN_UTC))
    }

    /// This moment and so many minutes.
    pub fn plus_minutes(self, minutes: u32) -> Self {
        Self(self.0.checked_add_signed(TimeDelta::minutes(minutes.into())).unwrap_or(DateTime::<Utc>::MAX_UTC))
    }

    /// So many minutes before this moment.
    pub fn minus_minutes(self, minutes: u32) -> Self {
        Self(self.0.checked_sub_signed(TimeDelta::minutes(minutes.into())).unwrap_or(DateTime::<Utc>::MIN_UTC))
    }

    /// Seconds since 1970, for programs that count in them.
    pub fn unix_seconds(self) -> f64 {
        self.0.timestamp_micros() as f64 / 1e6
    }

    /// Whether both databases can hold it: years of four digits.
    pub fn is_storable(self) -> bool {
        (1..=9999).contains(&self.0.year())
    }

    /// Whole days since 1970, in UTC.
    pub fn days(self) -> i64 {
        self.0.timestamp().div_euclid(86_400)
    }

    /// Whole seconds from an earlier moment to this one; none to a later one.
    pub fn seconds_since(self, earlier: Self) -> u64 {
        u64::try_from(self.0.signed_duration_since(earlier.0).num_seconds()).unwrap_or(0)
    }

    /// The microseconds of its second.
    pub fn microseconds(self) -> u32 {
        self.0.timestamp_subsec_micros()
    }

    /// As people read it, to the minute: `21 Nov 2026, 09:30 UTC`.
    pub fn in_words(self) -> String {
        self.0.format("%-d %b %Y, %H:%M UTC").to_string()
    }

    /// Whole hours since 1970.
    pub fn hours(self) -> i64 {
        self.0.timestamp().div_euclid(3600)
    }
}

impl From<DateTime<Utc>> for Moment {
    fn from(instant: DateTime<Utc>) -> Self {
        Self(instant.trunc_subsecs(6))
    }
}

impl From<Moment> for DateTime<Utc> {
    fn from(moment: Moment) -> Self {
        moment.0
    }
}

impl FromStr for Moment {
    type Err = chrono::ParseError;

    /// Also reads what SQLite's own `datetime()` writes, so that an operator's correction by hand is understood.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        DateTime::parse_from_rfc3339(text)
            .map(|instant| instant.to_utc())
            .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").map(|naive| naive.and_utc()))
            .map(Self::from)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::Micros, true))
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl FromSql<Instant, Pg> for Moment {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        <DateTime<Utc> as FromSql<sql_types::Timestamptz, Pg>>::from_sql(value).map(Self::from)
    }
}

impl ToSql<Instant, Pg> for Moment {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<sql_types::Timestamptz, Pg>::to_sql(&self.0, out)
    }
}

impl FromSql<Instant, Sqlite> for Moment {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let text = <String as FromSql<sql_types::Text, Sqlite>>::from_sql(value)?;
        Ok(text.parse()?)
    }
}

impl ToSql<Instant, Sqlite> for Moment {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.to_string());
        Ok(IsNull::No)
    }
}

/// Names a draft for whoever holds it: a UUID, unguessable, made by the server or by the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, AsExpression, FromSqlRow, ToSchema)]
#[diesel(sql_type = Uuid)]
#[schema(value_type = uuid::Uuid)]
pub struct DraftId(pub uuid::Uuid);

impl FromStr for DraftId {
    type Err = &'static str;

    /// Reads the usual form, of 36 characters. The ids of all zeros or all ones name nothing (RFC 9562).
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let id = uuid::Uuid::try_parse(text).ok().filter(|id| text.len() == 36 && !id.is_nil() && !id.is_max());
        id.map(Self).ok_or("must be a UUID such as 019aa5d2-7b5c-7d3e-8c1f-2f9a4b6c8d0e")
    }
}

impl FromSql<Uuid, Pg> for DraftId {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        <uuid::Uuid as FromSql<sql_types::Uuid, Pg>>::from_sql(value).map(Self)
    }
}

impl ToSql<Uuid, Pg> for DraftId {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<sql_types::Uuid, Pg>::to_sql(&self.0, out)
    }
}

impl FromSql<Uuid, Sqlite> for DraftId {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let text = <String as FromSql<sql_types::Text, Sqlite>>::from_sql(value)?;
        Ok(Self(text.parse()?))
    }
}

impl ToSql<Uuid, Sqlite> for DraftId {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.to_string());
        Ok(IsNull::No)
    }
}

//! Both databases have the tables that the code believes in, and the way back works.

use std::{collections::BTreeSet, path::Path};

use diesel_migrations::{FileBasedMigrations, MigrationHarness};
use formprogress::db::{self, Conn};

use crate::support::{Backend, TestDatabase, rows::TABLES};

on_both_databases![
    database:
    every_table_is_as_the_code_declares_it,
    the_way_back_leaves_nothing_and_can_be_gone_again,
    migrating_twice_changes_nothing,
];

/// A column: table, name, kind of value, whether it may be empty.
type Column = (String, String, String, bool);

#[test]
fn both_databases_have_the_same_migrations() {
    let names = |database: &str| -> BTreeSet<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(database);
        let steps = std::fs::read_dir(folder).expect("the folder of the migrations");
        steps.map(|step| step.expect("a step").file_name().into_string().expect("a name")).collect()
    };

    assert_eq!(names("sqlite"), names("postgres"));
}

/// The columns that `src/db/schema.rs` declares, read from its text: Diesel keeps no list of them at run time.
fn declared() -> BTreeSet<Column> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/db/schema.rs"));
    let mut table = String::new();
    let mut columns = BTreeSet::new();
    for line in text.expect("the schema").lines().map(str::trim).filter(|line| !line.contains("joinable!")) {
        if let (Some((name, _)), true) = (line.split_once(" ("), line.ends_with('{')) {
            table = name.to_owned();
        } else if let Some((name, kind)) = line.trim_end_matches(',').split_once(" -> ") {
            let (kind, may_be_empty) = match kind.strip_prefix("Nullable<").and_then(|kind| kind.strip_suffix('>')) {
                Some(kind) => (kind, true),
                None => (kind, false),
            };
            columns.insert((table.clone(), name.to_owned(), kind.to_owned(), may_be_empty));
        }
    }
    columns
}

/// The columns that are there, with the kinds of values as the schema calls them.
fn built(database: &TestDatabase) -> BTreeSet<Column> {
    let kinds: &[(&str, &[&str])] = match database.backend() {
        Backend::Sqlite => &[
            ("INTEGER", &["BigInt", "Integer"]),
            ("TEXT", &["Text", "Instant", "Uuid"]),
            ("BLOB", &["Binary"]),
            ("BOOLEAN", &["Bool"]),
        ],
        Backend::Postgres => &[
            ("bigint", &["BigInt"]),
            ("integer", &["Integer"]),
            ("text", &["Text"]),
            ("bytea", &["Binary"]),
            ("boolean", &["Bool"]),
            ("timestamp with time zone", &["Instant"]),
            ("uuid", &["Uuid"]),
        ],
    };
    let declared = declared();
    let mut columns = BTreeSet::new();
    for table in TABLES {
        let sql = match database.backend() {
            // A primary key that SQLite counts itself is never empty, though it is not declared so.
            Backend::Sqlite => format!(
                "SELECT name || '|' || type || '|' || CASE WHEN \"notnull\" = 1 OR pk > 0 THEN 'NO' ELSE 'YES' END AS value \
                 FROM pragma_table_xinfo('{table}')"
            ),
            Backend::Postgres => format!(
                "SELECT column_name || '|' || data_type || '|' || is_nullable AS value FROM information_schema.columns \
                 WHERE table_schema = 'public' AND table_name = '{table}'"
            ),
        };
        for line in database.lines(&sql) {
            let [name, kind, empty] = line.split('|').collect::<Vec<_>>()[..] else { panic!("three parts: {line}") };
            let may_be = kinds.iter().find(|(theirs, _)| *theirs == kind).map_or(&[][..], |(_, ours)| ours);
            // SQLite has fewer kinds than we: whichever of them the code says.
            let column = |kind: &str| (table.to_owned(), name.to_owned(), kind.to_owned(), empty == "YES");
            let found = may_be.iter().map(|kind| column(kind)).find(|column| declared.contains(column));
            columns.insert(found.unwrap_or_else(|| column(kind)));
        }
    }
    columns
}

async fn every_table_is_as_the_code_declares_it(database: &TestDatabase) {
    let declared = declared();
    assert!(declared.len() > 40, "the schema was read: {declared:?}");

    assert_eq!(built(database), declared);
}

async fn the_way_back_leaves_nothing_and_can_be_gone_again(database: &TestDatabase) {
    let before = built(database);

    revert(database);
    let tables = match database.backend() {
        Backend::Sqlite => "SELECT name AS value FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
        Backend::Postgres => "SELECT tablename::text AS value FROM pg_tables WHERE schemaname = 'public'",
    };
    assert_eq!(database.lines(tables), ["__diesel_schema_migrations"]);

    let migrated = db::apply(&mut database.conn()).expect("the migrations apply again");
    assert_eq!(migrated.applied, migrated.known);
    assert_eq!(built(database), before);
}

fn revert(database: &TestDatabase) {
    let steps = |backend: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(backend);
        FileBasedMigrations::from_path(folder).expect("the migrations are there")
    };
    match database.conn() {
        Conn::Sqlite(mut conn) => drop(conn.revert_all_migrations(steps("sqlite")).expect("the way back works")),
        Conn::Postgres(mut conn) => drop(conn.revert_all_migrations(steps("postgres")).expect("the way back works")),
    }
}

async fn migrating_twice_changes_nothing(database: &TestDatabase) {
    let again = db::apply(&mut database.conn()).expect("there is nothing to do");

    assert_eq!(again.applied, 0);
    db::check(&mut database.conn()).expect("the database has the shape of this binary");
}

//! The layers stay apart: Diesel in the stores, HTTP at the edge, and rules that know of neither.

use std::path::{Path, PathBuf};

/// Files outside `db/` and the stores that name Diesel, and only the two types with which a query's outcome is passed
/// on: the writer and its groups decide what a failed transaction means, the jobs and the demo run inside one.
const PASS_OUTCOMES_ON: [&str; 8] = [
    "progress/group.rs",
    "progress/writer.rs",
    "jobs/chunks.rs",
    "jobs/purge.rs",
    "jobs/retention.rs",
    "jobs/rollup.rs",
    "demo/mod.rs",
    "demo/history.rs",
];

fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    let mut folders: Vec<PathBuf> = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(&root).expect("below src").to_str().expect("a name").replace('\\', "/");
                files.push((name, std::fs::read_to_string(&path).expect("a source")));
            }
        }
    }
    assert!(files.len() > 30, "the sources were found: {files:?}");
    files
}

/// The lines of code that name a crate: its paths and imports, not the words of comments.
fn lines_that_name<'a>(krate: &str, source: &'a str) -> Vec<&'a str> {
    let path = format!("{krate}::");
    let code = source.lines().map(str::trim).filter(|line| !line.starts_with("//"));
    code.filter(|line| {
        line.match_indices(&path)
            .any(|(place, _)| !line[..place].ends_with(|before: char| before.is_alphanumeric() || before == '_'))
            || line.starts_with(&format!("use {krate};"))
    })
    .collect()
}

/// A store is a file, or a folder where it is large.
fn is_store(name: &str) -> bool {
    name.ends_with("/store.rs") || name.contains("/store/")
}

/// What may happen to a draft: the rules, and the states that they lead to.
fn is_pure(name: &str) -> bool {
    name.ends_with("/rules.rs") || PURE.contains(&name)
}

const PURE: [&str; 7] = [
    "progress/states.rs",
    "progress/conditions.rs",
    "progress/retries.rs",
    "progress/merge/mod.rs",
    "record/funnel.rs",
    "record/times.rs",
    "limits/classes.rs",
];

#[test]
fn diesel_is_used_in_the_stores_and_nowhere_else() {
    for (name, source) in sources() {
        if name.starts_with("db/") || is_store(&name) {
            continue;
        }
        let strangers: Vec<_> = lines_that_name("diesel", &source)
            .into_iter()
            .filter(|line| !PASS_OUTCOMES_ON.contains(&name.as_str()) || !passes_outcomes_on(line))
            .collect();
        assert!(strangers.is_empty(), "src/{name} works with Diesel: {strangers:#?}");
    }
}

/// Nothing of Diesel but `QueryResult` and what is in `result`.
fn passes_outcomes_on(line: &str) -> bool {
    let rest = line.replace("diesel::result::", "").replace("diesel::QueryResult", "");
    let both = rest.trim() == "use diesel::{QueryResult, result::Error};";
    both || !rest.contains("diesel::")
}

#[test]
fn the_exceptions_are_needed() {
    let sources = sources();
    for exception in PASS_OUTCOMES_ON {
        let (_, source) = sources.iter().find(|(name, _)| name == exception).expect("the exception is a file");
        assert!(!lines_that_name("diesel", source).is_empty(), "src/{exception} does not name Diesel any more");
    }
}

#[test]
fn stores_and_rules_know_nothing_of_http() {
    let sources = sources();
    let held: Vec<_> = sources.iter().filter(|(name, _)| is_store(name) || is_pure(name)).collect();
    assert!(held.len() >= 14, "the stores and the rules were found");
    for (name, source) in held {
        assert_eq!(lines_that_name("rocket", source), Vec::<&str>::new(), "src/{name} works with Rocket");
    }
}

#[test]
fn rules_are_pure() {
    for (name, source) in sources().iter().filter(|(name, _)| is_pure(name)) {
        for forbidden in ["diesel", "rocket", "std::fs", "std::io", "tokio", "tracing"] {
            assert_eq!(lines_that_name(forbidden, source), Vec::<&str>::new(), "src/{name} uses {forbidden}");
        }
        for clock in ["Moment::now", "Utc::now", "SystemTime", "Instant::now", "clock.now"] {
            assert!(!source.contains(clock), "src/{name} looks at a clock");
        }
    }
}

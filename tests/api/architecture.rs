//! The layers stay apart: Diesel in the stores, HTTP at the edge, and rules that know of neither. And what templates hold, and
//! that a test fills each of them in.

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

/// The templates, but for what others extend or import: that is rendered with each of them.
fn templates() -> Vec<(String, String)> {
    let files = sources().into_iter().filter(|(name, _)| name.contains("/templates/") && name.ends_with(".html"));
    let templates: Vec<_> = files.collect();
    assert!(templates.len() > 10, "the templates were found");
    templates
}

fn is_part(template: &str) -> bool {
    template.contains("block content %}{% endblock %}") || template.contains("{%- macro ")
}

/// The struct that fills a template in: the first one below where its path is named.
fn filled_by<'a>(source: &'a str, template: &str) -> Option<&'a str> {
    let below = source.split_once(&format!("#[template(path = \"{template}\""))?.1;
    let name = below.split_once("struct ")?.1;
    name.split(|one: char| !one.is_alphanumeric()).next()
}

/// The tests of a file: its module of tests, and the file of tests beside it.
fn tests_of<'a>(name: &str, all: &'a [(String, String)]) -> Vec<&'a str> {
    let stem = name.trim_end_matches(".rs").trim_end_matches("/mod");
    let folder = stem.rsplit_once('/').map_or("", |(folder, _)| folder);
    let is_beside = move |other: &str| {
        let within = other.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/'));
        within.is_some_and(|file| !file.contains('/') && file.ends_with("tests.rs"))
            || *other == format!("{stem}/tests.rs")
    };
    let within = all.iter().filter(|(other, _)| other == name);
    let within = within.filter_map(|(_, source)| Some(source.split_once("#[cfg(test)]\nmod tests {")?.1));
    within.chain(all.iter().filter(|(other, _)| is_beside(other)).map(|(_, source)| source.as_str())).collect()
}

#[test]
fn every_template_is_filled_in_by_a_test() {
    let sources = sources();
    let mut wrong = Vec::new();
    for (template, _) in templates().iter().filter(|(_, text)| !is_part(text)) {
        let code = sources.iter().filter(|(name, _)| name.ends_with(".rs"));
        let fillers: Vec<_> = code.filter_map(|(name, source)| Some((name, filled_by(source, template)?))).collect();
        if fillers.is_empty() {
            wrong.push(format!("src/{template}: no struct fills it in"));
        }
        for (name, filler) in fillers {
            let is_made =
                |tests: &&str| tests.contains(&format!("{filler} {{")) || tests.contains(&format!("{filler}::"));
            if !tests_of(name, &sources).iter().any(is_made) {
                wrong.push(format!("src/{name}: no test makes a {filler}, which fills in {template}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What a template holds that the content policy would have to stop, or that lets a text become markup.
fn forbidden_in(template: &str) -> Vec<String> {
    let texts = ["|safe", "| safe", "escape = \"none\"", "javascript:", "<style"];
    let mut found: Vec<String> =
        texts.iter().filter(|text| template.contains(**text)).map(|text| text.to_string()).collect();
    let tags = template.split('<').skip(1).filter(|tag| tag.starts_with(|first: char| first.is_ascii_alphabetic()));
    for tag in tags.filter_map(|tag| tag.split('>').next()) {
        let words = tag.split([' ', '\n', '"', '\'', '}']).filter_map(|word| word.split_once('='));
        let is_forbidden = |name: &str| name == "style" || name.len() > 2 && name.starts_with("on");
        found.extend(words.filter(|(name, _)| is_forbidden(name)).map(|(name, _)| format!("{name}= in <{tag}>")));
        if tag.starts_with("script") && !tag.contains(" src=") {
            found.push(format!("a script without a source in <{tag}>"));
        }
    }
    found
}

#[test]
fn templates_hold_nothing_that_the_content_policy_forbids() {
    for (name, template) in templates() {
        assert_eq!(forbidden_in(&template), Vec::<String>::new(), "in src/{name}");
    }
    for bad in [
        "{{ name|safe }}",
        "<p style=\"color: red\">",
        "<p{% if a %} style=\"x\"{% endif %}>",
        "<button class=\"a\" onclick='x()'>",
        "<script>alert(1)</script>",
        "<a href=\"javascript:x\">",
    ] {
        assert_ne!(forbidden_in(bad), Vec::<String>::new(), "{bad}");
    }
}

//! The text format of OpenMetrics, read strictly: what is not well-formed fails the test that asked.

use std::collections::{BTreeMap, BTreeSet};

use super::Client;

/// What `/metrics` said.
#[derive(Debug)]
pub struct Exposition {
    /// The families with their types.
    pub families: BTreeMap<String, String>,
    /// The values, by name and labels as they were written.
    pub samples: BTreeMap<String, f64>,
}

impl Client {
    /// The metrics, which must be there and well-formed.
    pub async fn metrics(&self) -> Exposition {
        Exposition::read(&self.get("/metrics").await.expect(200).body)
    }
}

impl Exposition {
    #[track_caller]
    pub fn read(text: &str) -> Self {
        let mut exposition = Self { families: BTreeMap::new(), samples: BTreeMap::new() };
        let (mut explained, mut units) = (BTreeSet::new(), BTreeMap::new());
        let lines = text.strip_suffix("# EOF\n").expect("the text says where it ends");
        for line in lines.lines() {
            let Some(comment) = line.strip_prefix("# ") else {
                exposition.sample(line);
                continue;
            };
            let mut words = comment.splitn(3, ' ');
            let (word, name, rest) =
                (words.next().unwrap_or_default(), words.next().unwrap_or_default(), words.next().unwrap_or_default());
            assert!(is_name(name), "{line}");
            match word {
                "HELP" => assert!(rest.len() > 10 && explained.insert(name.to_owned()), "{line}"),
                "TYPE" => assert!(exposition.families.insert(name.into(), rest.into()).is_none(), "{line}"),
                "UNIT" => assert!(name.ends_with(&format!("_{rest}")) && units.insert(name, rest).is_none(), "{line}"),
                _ => panic!("not a line of the format: {line}"),
            }
        }
        assert_eq!(explained, exposition.families.keys().cloned().collect(), "each family has a HELP and a TYPE");
        exposition.check_histograms();
        exposition
    }

    fn sample(&mut self, line: &str) {
        let (series, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("not a sample: {line}"));
        let (name, labels) = match series.split_once('{') {
            Some((name, labels)) => (name, labels.strip_suffix('}').unwrap_or_else(|| panic!("no end: {line}"))),
            None => (series, ""),
        };
        assert!(is_name(name) && has_good_labels(labels), "{line}");
        let suffixes = |kind: &str| match kind {
            "counter" => &["_total"][..],
            "histogram" => &["_bucket", "_sum", "_count"],
            "info" => &["_info"],
            "gauge" => &[""],
            _ => panic!("no type of ours: {kind}"),
        };
        let belongs = |(family, kind): (&String, &String)| {
            suffixes(kind).iter().any(|suffix| name.strip_suffix(suffix) == Some(family.as_str()))
        };
        assert!(self.families.iter().any(belongs), "no TYPE before {line}");
        let value: f64 = value.parse().unwrap_or_else(|_| panic!("not a number: {line}"));
        assert!(self.samples.insert(series.to_owned(), value).is_none(), "twice: {line}");
    }

    /// A bucket holds what the one below it holds; the last one holds all.
    fn check_histograms(&self) {
        for (count, all) in self.samples.iter().filter(|(series, _)| name_of(series).ends_with("_count")) {
            let (family, labels) = (name_of(count).trim_end_matches("_count"), labels_of(count));
            let mut buckets: Vec<(f64, f64)> = self
                .samples
                .iter()
                .filter(|(series, _)| name_of(series) == format!("{family}_bucket"))
                .filter_map(|(series, value)| {
                    let (bound, rest) = labels_of(series).strip_prefix("le=\"")?.split_once('"')?;
                    let bound = if bound == "+Inf" { f64::INFINITY } else { bound.parse().expect("a bound") };
                    (rest.trim_start_matches(',') == labels).then_some((bound, *value))
                })
                .collect();
            buckets.sort_by(|one, other| one.0.total_cmp(&other.0));
            assert!(buckets.is_sorted_by(|one, other| one.1 <= other.1), "{count}: {buckets:?}");
            assert_eq!(buckets.last(), Some(&(f64::INFINITY, *all)), "{count}");
        }
    }

    /// A value; nothing counted is nothing.
    pub fn value(&self, series: &str) -> f64 {
        self.samples.get(series).copied().unwrap_or(0.0)
    }

    /// What is more than it was before, of the series whose names begin so.
    pub fn since(&self, before: &Self, name: &str) -> BTreeMap<String, f64> {
        let more = |(series, value): (&String, &f64)| {
            let more = value - before.value(series);
            (series.starts_with(name) && more != 0.0).then(|| (series[name.len()..].to_owned(), more))
        };
        self.samples.iter().filter_map(more).collect()
    }
}

fn name_of(series: &str) -> &str {
    series.split('{').next().unwrap_or_default()
}

fn labels_of(series: &str) -> &str {
    series.split_once('{').map_or("", |(_, labels)| labels.trim_end_matches('}'))
}

fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|one| one.is_ascii_lowercase() || one.is_ascii_digit() || one == '_')
}

/// `name="value"`, with commas between. None of our values needs a quote or a backslash.
fn has_good_labels(labels: &str) -> bool {
    let is_good = |label: &str| {
        label.split_once("=\"").is_some_and(|(name, value)| {
            is_name(name) && value.strip_suffix('"').is_some_and(|value| !value.contains(['"', '\\', '\n']))
        })
    };
    labels.is_empty() || labels.split(',').all(is_good)
}

//! On which version of a draft a write insists: `If-Match` and `If-None-Match` (RFC 9110, section 13).

use super::{Version, retries::KeyDigest};

/// More versions than any page has in flight.
const MOST: usize = 64;

/// What a header of entity tags names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tags {
    /// `*`: any draft.
    Any,
    /// One of these.
    These(Vec<Tag>),
}

/// An entity tag. Weak ones count like strong ones: proxies that compress make them weak, and a version is exact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tag {
    /// `"5"`: the draft at this version; `"0"` stands for no draft yet.
    Version(Version),
    /// `"op:<key>"`: the draft at the version that the write with this Idempotency-Key produced.
    ProducedBy(KeyDigest),
    /// Any other: none that this service made.
    Stranger,
}

impl Tags {
    /// Reads a header, or says what it must be.
    pub fn parse(header: &str) -> Result<Self, &'static str> {
        const FORM: &str = "must be a list of entity tags, each in double quotes, such as \"5\"; or *";
        if header.trim() == "*" {
            return Ok(Self::Any);
        }
        let mut tags = Vec::new();
        let mut rest = header;
        loop {
            // Lists may have empty elements (RFC 9110, section 5.6.1.2).
            rest = rest.trim_start_matches([' ', '\t', ',']);
            if rest.is_empty() {
                break;
            }
            let quoted = rest.strip_prefix("W/").unwrap_or(rest).strip_prefix('"').ok_or(FORM)?;
            let (tag, behind) = quoted.split_once('"').ok_or(FORM)?;
            tags.push(Tag::of(tag));
            rest = behind.trim_start_matches([' ', '\t']);
            if !rest.is_empty() && !rest.starts_with(',') {
                return Err(FORM);
            }
        }
        match tags.len() {
            0 => Err(FORM),
            1..=MOST => Ok(Self::These(tags)),
            _ => Err("must have 64 entity tags at most"),
        }
    }

    /// Whether they name the draft that is there (none: no draft). `produced` knows the versions that writes with
    /// keys made.
    pub fn name(&self, current: Option<Version>, produced: impl Fn(&KeyDigest) -> Option<Version>) -> bool {
        match self {
            Self::Any => current.is_some(),
            Self::These(tags) => tags.iter().any(|tag| match tag {
                Tag::Version(version) => *version == current.unwrap_or(Version(0)),
                Tag::ProducedBy(key) => current.is_some() && produced(key) == current,
                Tag::Stranger => false,
            }),
        }
    }

    /// The keys that they refer to.
    pub fn keys(&self) -> impl Iterator<Item = KeyDigest> {
        let tags = match self {
            Self::Any => &[][..],
            Self::These(tags) => tags,
        };
        tags.iter().filter_map(|tag| match tag {
            Tag::ProducedBy(key) => Some(*key),
            Tag::Version(_) | Tag::Stranger => None,
        })
    }
}

impl Tag {
    fn of(text: &str) -> Self {
        if let Some(key) = text.strip_prefix("op:") {
            return Self::ProducedBy(KeyDigest::of(key));
        }
        match text.parse() {
            // Tags are compared as texts: "05" is none that this service made.
            Ok(version) if Version(version).0.to_string() == text && version >= 0 => Self::Version(Version(version)),
            _ => Self::Stranger,
        }
    }
}

/// The conditions of a write.
#[derive(Debug, Clone, Default)]
pub struct Conditions {
    /// The draft must be one of these.
    pub if_match: Option<Tags>,
    /// The draft must be none of these; `*`: there must be none.
    pub if_none_match: Option<Tags>,
}

impl Conditions {
    /// Whether the draft that is there (none: no draft) is as the write wants it.
    pub fn hold(&self, current: Option<Version>, produced: impl Fn(&KeyDigest) -> Option<Version>) -> bool {
        let named = |tags: &Tags| tags.name(current, &produced);
        // "0" in If-None-Match would be no condition at all: an absent draft is named by no tag there.
        let barred = |tags: &Tags| current.is_some() && tags.name(current, &produced);
        self.if_match.as_ref().is_none_or(named) && !self.if_none_match.as_ref().is_some_and(barred)
    }

    /// Whether they keep the write from replacing what its sender does not know. `If-Match: *` does not.
    pub fn protect(&self) -> bool {
        matches!(self.if_match, Some(Tags::These(_))) || self.if_none_match == Some(Tags::Any)
    }

    /// Whether there is any.
    pub fn any(&self) -> bool {
        self.if_match.is_some() || self.if_none_match.is_some()
    }

    /// The keys that they refer to.
    pub fn keys(&self) -> impl Iterator<Item = KeyDigest> {
        self.if_match.iter().chain(&self.if_none_match).flat_map(Tags::keys)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(header: &str, current: Option<i64>) -> bool {
        let produced = |key: &KeyDigest| (*key == KeyDigest::of("k,1")).then_some(Version(7));
        Tags::parse(header).expect(header).name(current.map(Version), produced)
    }

    #[test]
    fn tags_name_versions_weak_or_strong_alone_or_in_lists() {
        for header in ["\"5\"", "W/\"5\"", "\"4\", \"5\"", "\"4\",W/\"5\"", "*", " * ", ", \"5\" ,,", "\"x\"\t,\"5\""] {
            assert!(names(header, Some(5)), "{header}");
        }
        for header in ["\"4\"", "\"55\"", "\"\"", "\"x\"", "\"0\"", "\"-5\"", "\"+5\"", "\"5 \"", "\"v5\"", "\"05\""] {
            assert!(!names(header, Some(5)), "{header}");
        }
    }

    #[test]
    fn zero_stands_for_no_draft_and_a_star_for_any() {
        assert!(names("\"0\"", None));
        assert!(!names("\"0\"", Some(1)));
        assert!(!names("*", None));
        assert!(!names("\"1\"", None));
    }

    #[test]
    fn a_key_stands_for_the_version_that_it_produced() {
        assert!(names("\"5\", \"op:k,1\"", Some(7)));
        assert!(names("\"5\", \"op:k,1\"", Some(5)));
        assert!(!names("\"5\", \"op:k,1\"", Some(6)));
        assert!(!names("\"op:unknown\"", None));
    }

    #[test]
    fn what_is_no_list_of_tags_is_refused() {
        let many = "\"1\",".repeat(65);
        for header in [&many, "", " ", "5", "\"5", "5\"", "\"5\" \"6\"", "\"5\", *", "w/\"5\"", "\"5\", 6", ","] {
            assert!(Tags::parse(header).is_err(), "{header}");
        }
    }

    #[test]
    fn if_none_match_bars_what_it_names() {
        let only_new = Conditions { if_none_match: Some(Tags::Any), ..Default::default() };
        assert!(only_new.hold(None, |_| None));
        assert!(!only_new.hold(Some(Version(1)), |_| None));
        let zero = Conditions { if_none_match: Tags::parse("\"0\"").ok(), ..Default::default() };
        assert!(zero.hold(None, |_| None));
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic(header in "[\"W/*,: 0-9a-z\\t]{0,20}") {
            drop(Tags::parse(&header));
        }

        #[test]
        fn every_list_of_versions_names_them_and_no_other(versions in prop::collection::vec(1..20_i64, 1..5), current in 1..20_i64) {
            let header: Vec<String> = versions.iter().map(|version| format!("\"{version}\"")).collect();
            prop_assert_eq!(names(&header.join(", "), Some(current)), versions.contains(&current));
        }
    }
}

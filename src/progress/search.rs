//! What is looked for among drafts. Pure.

use super::{DraftId, Head, Reference, Screen, rules::is_alive};
use crate::{
    access::Grant,
    audit::{Entry, People, Subject},
    clock::{Moment, Span},
    companies::Belonging,
    email::Email,
    http::Fields,
    surveys::SurveyId,
    timeline::{Id, Place, Scope},
};

/// What drafts may be searched by.
pub const FILTERS: [&str; 11] = [
    "email",
    "reference",
    "survey_id",
    "company_id",
    "screen",
    "created_after",
    "created_before",
    "updated_after",
    "updated_before",
    "expires_after",
    "expires_before",
];

/// What is searched for.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// The participant.
    pub email: Option<Email>,
    /// What the participant reads out.
    pub reference: Option<Reference>,
    /// The survey.
    pub survey_id: Option<SurveyId>,
    /// The company.
    pub company: Option<Belonging>,
    /// The screen last entered.
    pub screen: Option<Screen>,
    /// The first save.
    pub created: Span,
    /// The last save.
    pub updated: Span,
    /// The end of its life.
    pub expires: Span,
}

impl Asked {
    /// Of a query.
    pub fn of(fields: &mut Fields<'_>) -> Self {
        Self {
            email: fields.optional("email"),
            reference: fields.optional("reference"),
            survey_id: fields.optional("survey_id"),
            company: fields.optional("company_id"),
            screen: fields.optional("screen"),
            created: Span::of(fields, "created_after", "created_before"),
            updated: Span::of(fields, "updated_after", "updated_before"),
            expires: Span::of(fields, "expires_after", "expires_before"),
        }
    }

    /// What is searched for among what this grant lets be seen.
    pub fn within(self, grant: &Grant) -> Filter {
        Filter {
            scope: Scope::of(grant, self.survey_id, self.company),
            email: self.email,
            reference: self.reference,
            screen: self.screen,
            created: self.created,
            updated: self.updated,
            expires: self.expires,
        }
    }

    /// An entry for the audit log: the filters, but of the participant no more than a digest.
    pub fn audited(&self, entry: impl FnOnce(Subject) -> Entry, people: &People) -> Entry {
        let subject = self.email.as_ref().map_or_else(|| Subject::all("drafts"), |email| people.subject(email));
        entry(subject).about(self.survey_id, self.company.and_then(Belonging::company_id)).detail(self.described())
    }

    fn described(&self) -> String {
        fn said<T: ToString>(name: &str, value: Option<T>) -> Option<String> {
            value.map(|value| format!("{name}={}", value.to_string()))
        }
        let said = [
            said("reference", self.reference),
            said("survey_id", self.survey_id),
            said("company_id", self.company),
            said("screen", self.screen.map(|screen| screen.0)),
            said("created_after", self.created.from),
            said("created_before", self.created.to),
            said("updated_after", self.updated.from),
            said("updated_before", self.updated.to),
            said("expires_after", self.expires.from),
            said("expires_before", self.expires.to),
        ];
        said.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

/// Which drafts are looked for. What is left open fits every draft.
#[derive(Debug, Clone)]
pub struct Filter {
    /// The surveys and companies.
    pub scope: Scope,
    /// The participant.
    pub email: Option<Email>,
    /// The reference.
    pub reference: Option<Reference>,
    /// The screen last entered.
    pub screen: Option<Screen>,
    /// The first save.
    pub created: Span,
    /// The last save.
    pub updated: Span,
    /// The end of its life.
    pub expires: Span,
}

impl Filter {
    /// Whether a draft is among those that are looked for. Those that have expired never are.
    pub fn matches(&self, head: &Head, now: Moment) -> bool {
        is_alive(head, now)
            && self.scope.holds(head.survey_id, head.company_id)
            && self.email.as_ref().is_none_or(|email| head.email.as_ref() == Some(email))
            && self.reference.is_none_or(|reference| head.draft_id.reference() == reference)
            && self.screen.is_none_or(|screen| head.current_screen == screen)
            && self.created.holds(head.created_at)
            && self.updated.holds(head.updated_at)
            && self.expires.holds(head.expires_at)
    }

    /// When they began: before they were saved again, and before they end.
    pub fn began(&self) -> Span {
        Span { to: [self.created.to, self.updated.to, self.expires.to].into_iter().flatten().min(), ..self.created }
    }
}

/// Where a draft stands in a list.
pub fn place_of(head: &Head) -> Place<DraftId> {
    Place { at: head.created_at, id: head.draft_id }
}

impl Id for DraftId {
    const LEAST: Self = Self(uuid::Uuid::nil());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        companies::CompanyId,
        http::Parameter,
        progress::{Digest, Version},
    };

    fn day(day: u32) -> Moment {
        format!("2026-11-{day:02}T12:00:00Z").parse().expect("a moment")
    }

    fn email(text: &str) -> Option<Email> {
        Email::parse(text).ok()
    }

    fn scope(survey: Option<i64>) -> Scope {
        Scope::of(&Grant::of_operator(), survey.map(SurveyId), None)
    }

    /// Began on the 10th, was saved on the 15th, ends on the 25th.
    fn draft() -> Head {
        Head {
            draft_id: DraftId(uuid::Uuid::from_u128(1 << 100)),
            email: email("ana@example.com"),
            survey_id: SurveyId(1),
            company_id: Some(CompanyId(7)),
            guest_code: None,
            current_screen: Screen(3),
            furthest_screen: Screen(4),
            fingerprint: None,
            survey_fingerprint: None,
            version: Version(1),
            digest: Digest::from_stored(&[0; 32]),
            value_count: None,
            created_at: day(10),
            updated_at: day(15),
            expires_at: day(25),
        }
    }

    #[test]
    fn each_filter_lets_through_what_it_names_and_nothing_else() {
        let span = |from: Option<u32>, to: Option<u32>| Span { from: from.map(day), to: to.map(day) };
        let filter = || Filter {
            scope: scope(None),
            email: None,
            reference: None,
            screen: None,
            created: Span::default(),
            updated: Span::default(),
            expires: Span::default(),
        };
        for (is_among, filter) in [
            (true, filter()),
            (true, Filter { email: email("ANA@example.com"), ..filter() }),
            (false, Filter { email: email("ben@example.com"), ..filter() }),
            (true, Filter { reference: Some(draft().draft_id.reference()), ..filter() }),
            (false, Filter { reference: Some(DraftId(uuid::Uuid::from_u128(1 << 90)).reference()), ..filter() }),
            (true, Filter { screen: Some(Screen(3)), ..filter() }),
            (false, Filter { screen: Some(Screen(4)), ..filter() }),
            (true, Filter { created: span(Some(10), Some(11)), ..filter() }),
            (false, Filter { created: span(None, Some(10)), ..filter() }),
            (true, Filter { updated: span(Some(15), Some(16)), ..filter() }),
            (false, Filter { updated: span(Some(16), None), ..filter() }),
            (true, Filter { expires: span(Some(25), Some(26)), ..filter() }),
            (false, Filter { expires: span(None, Some(25)), ..filter() }),
            (true, Filter { scope: scope(Some(1)), ..filter() }),
            (false, Filter { scope: scope(Some(2)), ..filter() }),
        ] {
            assert_eq!(filter.matches(&draft(), day(20)), is_among, "{filter:?}");
            assert!(!filter.matches(&draft(), day(25)), "an expired draft is nobody's");
            // Nothing that is looked for stands outside the part of the index that is looked at.
            assert!(!is_among || filter.began().holds(draft().created_at), "{filter:?}");
        }
    }
}

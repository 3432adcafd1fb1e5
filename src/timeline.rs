//! Lists in the order of time, of what belongs to surveys and companies: which of it is looked for, along which index, and
//! where on it. Pure.

use crate::{
    access::{Grant, Reach},
    clock::{Moment, Span},
    companies::{Belonging, CompanyId},
    http::Parameter,
    surveys::SurveyId,
};

/// More surveys or companies than that are not looked through one by one, but everything is.
const MOST_PATHS: usize = 16;

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// What came last comes first.
    NewestFirst,
    /// What came first comes first.
    OldestFirst,
}

impl Order {
    /// As it stands in a query.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NewestFirst => "-created",
            Self::OldestFirst => "created",
        }
    }

    /// Whether a place comes behind another.
    pub fn is_behind<K: Ord>(self, place: Place<K>, other: Place<K>) -> bool {
        match self {
            Self::NewestFirst => place < other,
            Self::OldestFirst => place > other,
        }
    }

    /// Brings things into this order.
    pub fn sort<T, K: Ord>(self, things: &mut [T], place: impl Fn(&T) -> Place<K>) {
        things.sort_unstable_by_key(place);
        if self == Self::NewestFirst {
            things.reverse();
        }
    }
}

impl Parameter for Order {
    fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "-created" => Ok(Self::NewestFirst),
            "created" => Ok(Self::OldestFirst),
            _ => Err("must be created or -created"),
        }
    }
}

/// A place in a list: a moment, and what tells those of one moment apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place<K> {
    /// The moment.
    pub at: Moment,
    /// The id.
    pub id: K,
}

/// What things of one moment are told apart by.
pub trait Id: Copy + Ord {
    /// Comes before all that there are.
    const LEAST: Self;
}

impl Id for i64 {
    const LEAST: Self = 0;
}

/// An index along which things stand in the order of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Path {
    /// All of them.
    All,
    /// Those of a survey.
    Survey(SurveyId),
    /// Those of a company.
    Company(CompanyId),
}

/// A part of an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch<K> {
    /// The direction.
    pub order: Order,
    /// Behind which place it begins.
    pub start: Option<Place<K>>,
    /// Where it ends: with what came at this moment or later (the newest first), or with what came before it (the oldest first).
    pub end: Option<Moment>,
}

impl<K: Id> Stretch<K> {
    /// All of a span, behind a place that was reached before.
    pub fn of(span: Span, order: Order, reached: Option<Place<K>>) -> Self {
        let before = |at: Option<Moment>| at.map(|at| Place { at, id: K::LEAST });
        let (start, end) = match order {
            Order::NewestFirst => (reached.into_iter().chain(before(span.to)).min(), span.from),
            Order::OldestFirst => (reached.into_iter().chain(before(span.from)).max(), span.to),
        };
        Self { order, start, end }
    }
}

/// The surveys and companies to which something belongs that is looked for.
#[derive(Debug, Clone)]
pub struct Scope {
    surveys: Reach<SurveyId>,
    companies: Reach<CompanyId>,
    without_company: bool,
}

impl Scope {
    /// What is asked for, and no more than a grant lets be seen.
    pub fn of(grant: &Grant, survey_id: Option<SurveyId>, company: Option<Belonging>) -> Self {
        Self {
            surveys: grant.surveys.within(survey_id),
            companies: grant.companies.within(company.and_then(Belonging::company_id)),
            without_company: company == Some(Belonging::None),
        }
    }

    /// Whether what belongs to this survey and company is in it.
    pub fn holds(&self, survey_id: SurveyId, company_id: Option<CompanyId>) -> bool {
        self.surveys.sees(survey_id)
            && match company_id {
                Some(company_id) => !self.without_company && self.companies.sees(company_id),
                None => !self.companies.is_limited(),
            }
    }

    /// The indexes that together have all of it, and little else. None where there is nothing to be seen.
    pub fn paths(&self) -> Vec<Path> {
        let companies = one_by_one(&self.companies, Path::Company);
        companies.or_else(|| one_by_one(&self.surveys, Path::Survey)).unwrap_or_else(|| vec![Path::All])
    }
}

fn one_by_one<T: Copy + Ord>(reach: &Reach<T>, path: impl Fn(T) -> Path) -> Option<Vec<Path>> {
    match reach {
        Reach::Only(some) if some.len() <= MOST_PATHS => Some(some.iter().copied().map(path).collect()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::{option, prelude::*};

    use super::*;

    fn moment(seconds: i64) -> Moment {
        chrono::DateTime::from_timestamp(seconds, 0).expect("a moment").into()
    }

    fn everything(survey: Option<i64>) -> Scope {
        Scope::of(&Grant::of_operator(), survey.map(SurveyId), None)
    }

    fn scope(surveys: &[i64], companies: &[i64], without_company: bool) -> Scope {
        let only = |ids: &[i64]| ids.iter().copied().collect::<std::collections::BTreeSet<_>>();
        let surveys = only(surveys).into_iter().map(SurveyId).collect();
        let companies = only(companies).into_iter().map(CompanyId).collect();
        Scope { surveys: Reach::Only(surveys), companies: Reach::Only(companies), without_company }
    }

    #[test]
    fn the_narrowest_index_is_taken() {
        let all = everything(None);
        let survey = everything(Some(3));
        let company = Scope { companies: Reach::Only([CompanyId(7)].into()), ..survey.clone() };

        assert_eq!(all.paths(), [Path::All]);
        assert_eq!(survey.paths(), [Path::Survey(SurveyId(3))]);
        assert_eq!(company.paths(), [Path::Company(CompanyId(7))]);
        assert_eq!(scope(&[1], &[7, 8], false).paths().len(), 2);
        assert_eq!(scope(&[1], &(0..17).collect::<Vec<_>>(), false).paths(), [Path::Survey(SurveyId(1))]);
        assert_eq!(scope(&[1], &[], false).paths(), []);
    }

    #[test]
    fn what_belongs_to_no_company_is_not_for_those_who_are_limited_to_some() {
        let mine = scope(&[1], &[7], false);
        assert!(mine.holds(SurveyId(1), Some(CompanyId(7))));
        assert!(!mine.holds(SurveyId(1), None) && !mine.holds(SurveyId(1), Some(CompanyId(8))));
        assert!(!mine.holds(SurveyId(2), Some(CompanyId(7))));
        assert!(!scope(&[1], &[7], true).holds(SurveyId(1), None));

        let nobodys = Scope { without_company: true, ..everything(None) };
        assert!(nobodys.holds(SurveyId(1), None) && !nobodys.holds(SurveyId(1), Some(CompanyId(7))));
    }

    proptest! {
        /// A stretch has everything of its span behind the place, and nothing else.
        #[test]
        fn a_stretch_is_the_part_of_the_span_behind_the_place(
            from in option::of(0_i64..20), to in option::of(0_i64..20),
            reached in option::of((0_i64..20, 1_i64..4)), at in 0_i64..20, id in 1_i64..4, newest in any::<bool>(),
        ) {
            let order = if newest { Order::NewestFirst } else { Order::OldestFirst };
            let span = Span { from: from.map(moment), to: to.map(moment) };
            let reached = reached.map(|(at, id)| Place { at: moment(at), id });
            let here = Place { at: moment(at), id };

            let stretch = Stretch::of(span, order, reached);

            let is_behind_start = stretch.start.is_none_or(|start| order.is_behind(here, start));
            let is_before_end = stretch.end.is_none_or(|end| (here.at >= end) == newest);
            let is_wanted = span.holds(here.at) && reached.is_none_or(|reached| order.is_behind(here, reached));
            prop_assert_eq!(is_behind_start && is_before_end, is_wanted);
        }
    }
}

//! Who may do what. Pure.

use std::collections::BTreeSet;

use super::{Grant, Power, Reach, Role};
use crate::{companies::CompanyId, surveys::SurveyId};

/// What an account of this role may do. Whoever is limited to some companies may not touch what all companies share.
pub fn grant_of(role: Role, companies: Reach<CompanyId>) -> Grant {
    use Power::{
        Accounts, Audit, ChangeCompanies, ChangeDrafts, ChangeSurveys, ErasePeople, Events, Figures, Keys, Metrics,
        ReadDrafts, ReadPeople, ReadSubmissions, Submit,
    };
    let viewer = [Figures];
    let editor = [Events, ReadDrafts, ChangeDrafts, ReadSubmissions, Submit, ChangeSurveys, ChangeCompanies];
    let owner = [ReadPeople, ErasePeople, Audit, Metrics, Accounts, Keys];
    let mut powers: BTreeSet<Power> = viewer.into();
    if role != Role::Viewer {
        powers.extend(editor);
    }
    if role == Role::Owner {
        powers.extend(owner);
    }
    if companies.is_limited() {
        powers.retain(|power| !SHARED.contains(power));
    }
    Grant { powers, surveys: Reach::All, companies }
}

/// What concerns all companies at once, or people whatever company they belong to.
const SHARED: [Power; 8] = [
    Power::ChangeSurveys,
    Power::ReadPeople,
    Power::ErasePeople,
    Power::Audit,
    Power::Metrics,
    Power::Accounts,
    Power::Keys,
    Power::Participate,
];

/// What a key may never do: it could make itself, or somebody, mightier.
pub const NOT_FOR_KEYS: [Power; 2] = [Power::Accounts, Power::Keys];

/// Why a server key with these powers and limits cannot be; none if it can.
pub fn refuses_key(grant: &Grant) -> Option<&'static str> {
    let has = |power: &Power| grant.powers.contains(power);
    if grant.powers.is_empty() {
        return Some("must name one power at least");
    }
    if NOT_FOR_KEYS.iter().any(has) {
        return Some("must not have accounts:write or keys:write: those are for people");
    }
    if (has(&Power::ChangeDrafts) || has(&Power::Audit)) && !has(&Power::ReadDrafts) {
        return Some(
            "must have drafts:read beside drafts:write or audit:read: a change shows the draft, and the log names it",
        );
    }
    if grant.companies.is_limited() && SHARED.iter().any(has) {
        return Some(
            "must not have participate, surveys:write, people:…, audit:read or metrics:read where companies are limited: they concern all",
        );
    }
    let of_all_surveys = [
        Power::Participate,
        Power::ReadPeople,
        Power::ErasePeople,
        Power::Audit,
        Power::Metrics,
        Power::ChangeCompanies,
    ];
    if grant.surveys.is_limited() && of_all_surveys.iter().any(has) {
        return Some(
            "must not have participate, companies:write, people:…, audit:read or metrics:read where surveys are limited: they concern all",
        );
    }
    None
}

impl Grant {
    /// An operator's, on the command line: nothing is hidden from whoever has the database.
    pub fn of_operator() -> Self {
        let powers = Power::ALL.iter().copied().collect();
        Self { powers, surveys: Reach::All, companies: Reach::All }
    }

    /// Whether it has this power.
    pub fn may(&self, power: Power) -> bool {
        self.powers.contains(&power)
    }

    /// Whether something of this survey and company may be seen.
    pub fn sees(&self, survey_id: SurveyId, company_id: Option<CompanyId>) -> bool {
        self.surveys.sees(survey_id)
            && match company_id {
                Some(company_id) => self.companies.sees(company_id),
                None => !self.companies.is_limited(),
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(ids: &[i64]) -> Reach<CompanyId> {
        Reach::Only(ids.iter().copied().map(CompanyId).collect())
    }

    #[test]
    fn each_role_may_what_the_one_below_may_and_more() {
        let powers = |role| grant_of(role, Reach::All).powers;
        let (viewer, editor, owner) = (powers(Role::Viewer), powers(Role::Editor), powers(Role::Owner));

        assert_eq!(viewer, [Power::Figures].into());
        assert!(viewer.is_subset(&editor) && editor.is_subset(&owner) && editor != owner);
        assert!(!editor.contains(&Power::Keys) && !editor.contains(&Power::Audit));
    }

    #[test]
    fn who_is_limited_to_companies_touches_nothing_that_all_share() {
        for role in [Role::Viewer, Role::Editor, Role::Owner] {
            let grant = grant_of(role, only(&[7]));
            assert!(SHARED.iter().all(|power| !grant.may(*power)), "{role}");
        }
    }

    #[test]
    fn a_limited_grant_sees_its_own_and_nothing_that_belongs_to_nobody() {
        let grant = grant_of(Role::Editor, only(&[7]));

        assert!(grant.sees(SurveyId(1), Some(CompanyId(7))));
        assert!(!grant.sees(SurveyId(1), Some(CompanyId(8))));
        assert!(!grant.sees(SurveyId(1), None));
        assert!(grant_of(Role::Viewer, Reach::All).sees(SurveyId(1), None));
    }

    #[test]
    fn a_key_cannot_make_anybody_mightier() {
        let key = |powers: &[Power], companies| Grant {
            powers: powers.iter().copied().collect(),
            surveys: Reach::All,
            companies,
        };
        assert!(refuses_key(&key(&[], Reach::All)).is_some());
        assert!(refuses_key(&key(&[Power::Keys], Reach::All)).is_some());
        assert!(refuses_key(&key(&[Power::Figures, Power::Accounts], Reach::All)).is_some());
        assert!(refuses_key(&key(&[Power::ErasePeople], only(&[1]))).is_some());
        assert!(refuses_key(&key(&[Power::ReadDrafts], only(&[1]))).is_none());
    }

    #[test]
    fn what_is_stored_of_a_reach_comes_back() {
        for reach in [Reach::All, only(&[]), only(&[1, 22])] {
            assert_eq!(Reach::<CompanyId>::from_stored(reach.as_stored().as_deref()), reach);
        }
    }
}

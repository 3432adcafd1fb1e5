//! For the tests of templates.

use crate::{
    companies::CompanyId,
    email::Email,
    pages::samples::HOSTILE,
    progress::{Digest, DraftId, Head, Screen, Version},
    surveys::{
        SurveyId,
        questions::{Line, Sheet, SheetScreen},
    },
};

/// A draft.
pub fn head() -> Head {
    let day = |day: u32| format!("2026-11-{day}T12:00:00Z").parse().expect("a moment");
    Head {
        draft_id: DraftId(uuid::Uuid::from_u128(1 << 100)),
        email: Some(Email::from_stored(HOSTILE.to_owned())),
        survey_id: SurveyId(1),
        company_id: Some(CompanyId(7)),
        guest_code: None,
        current_screen: Screen(3),
        furthest_screen: Screen(4),
        fingerprint: None,
        survey_fingerprint: None,
        version: Version(3),
        digest: Digest::from_stored(&[0; 32]),
        value_count: Some(5),
        created_at: day(10),
        updated_at: day(15),
        expires_at: day(25),
    }
}

/// What was entered in it.
pub fn sheet() -> Sheet {
    let line = |answer: Option<&str>| Line { name: HOSTILE.into(), answer: answer.map(str::to_owned) };
    Sheet {
        screens: vec![SheetScreen { title: HOSTILE.into(), lines: vec![line(Some(HOSTILE)), line(None)] }],
        other: vec![line(Some(HOSTILE)), line(None)],
        is_cut: true,
    }
}

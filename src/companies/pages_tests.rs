//! The templates of the pages of companies, filled in.

use super::*;
use crate::{
    pages::samples::{HOSTILE, rendered},
    surveys::SurveyId,
};

#[test]
fn every_template_is_rendered_and_no_text_becomes_markup() {
    let company = |id| Company {
        id: CompanyId(id),
        name: HOSTILE.into(),
        details: HOSTILE.into(),
        guest_code: HOSTILE.into(),
        is_active: id == 1,
    };
    let page = |companies, may_add: bool| ListPage {
        frame: Frame::sample("Companies"),
        entries: Entries::prefilled(&[("is_active", "true")]),
        companies,
        next: Some("/admin/companies?after=x".into()),
        is_limited: !may_add,
        may_add,
        may_see_codes: may_add,
    };
    let figures = Figures { participants: 1234, live_drafts: 12, submissions: 1000 };
    let html = rendered(&page(vec![(company(1), figures), (company(2), Figures::default())], true));
    assert!(html.contains("1,234"), "{html}");
    assert_eq!(html.matches("switched off").count(), 2, "one company is, and the filter says so");
    for may_add in [true, false] {
        rendered(&page(Vec::new(), may_add));
        let html = rendered(&ListPage { entries: Entries::default(), ..page(Vec::new(), may_add) });
        assert_eq!(html.contains("There is no company yet."), may_add, "{html}");
    }

    let mut entries = Entries::prefilled(&[("name", HOSTILE), ("guest_code", HOSTILE), ("details", HOSTILE)]);
    entries.note("guest_code", "is taken by another company");
    let html = rendered(&NewPage { frame: Frame::sample("Add a company"), entries });
    assert!(html.contains("Guest code is taken by another company."), "{html}");

    let page = |id: i64, surveys: Vec<InSurvey>, may: bool| CompanyPage {
        frame: Frame::sample(HOSTILE),
        company: company(id),
        figures,
        surveys,
        entries: Entries::prefilled(&[("name", HOSTILE), ("details", HOSTILE)]),
        code: Entries::prefilled(&[("guest_code", HOSTILE)]),
        may_change: may,
        may_read_drafts: may,
        may_read_submissions: may,
    };
    let survey = InSurvey { survey_id: SurveyId(3), survey: HOSTILE.into(), figures };
    let html = rendered(&page(1, vec![survey.clone()], true));
    assert!(html.contains("/admin/drafts?survey_id=3&#38;company_id=1") && html.contains("Switch it off"), "{html}");
    let html = rendered(&page(2, vec![survey], false));
    assert!(!html.contains("/admin/drafts?") && !html.contains("<textarea"), "{html}");
    let html = rendered(&page(2, Vec::new(), true));
    assert!(html.contains("Switch it on"), "{html}");
}

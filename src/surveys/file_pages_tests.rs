use super::*;
use crate::{
    pages::samples::{HOSTILE, rendered},
    surveys::{
        changes::{Change, Kind, Part},
        file::report::{Excerpt, Fault},
        impact::{ImpactView, PlaceView, UnaskedView},
    },
};

fn preview(drafts: i64) -> Preview {
    let place = |pointer: &str, question: Option<&str>| PlaceView {
        pointer: pointer.into(),
        question: question.map(str::to_owned),
        drafts: 1200,
    };
    let places = if drafts == 0 { Vec::new() } else { vec![place("", None), place(HOSTILE, Some(HOSTILE))] };
    Preview {
        survey_id: SurveyId(3),
        updated_at: "2026-11-21T09:30:00Z".parse().expect("a moment"),
        changes: places
            .iter()
            .map(|_| Change { part: Part::Name, kind: Kind::Changed, words: HOSTILE.into() })
            .collect(),
        more_changes: places.len(),
        shape_changes: drafts > 0,
        fingerprint: None,
        new_fingerprint: crate::http::Parameter::parse("1:abc").ok(),
        drafts: ImpactView {
            live: drafts,
            looked_at: drafts.min(2000),
            schema_changed: drafts,
            losing_answers: drafts,
            lost: places.clone(),
            answering_nothing: drafts,
            unasked: vec![UnaskedView { question: HOSTILE.into(), drafts: 3 }],
            beyond_the_screens: drafts,
            on_another_screen: drafts,
            refused: drafts,
            refused_for: places,
        },
    }
}

#[test]
fn every_template_is_rendered_and_no_text_becomes_markup() {
    let frame = || Frame::sample("Replace survey 3");
    let page = |note: Option<&str>, drafts| PreviewPage {
        frame: frame(),
        text: HOSTILE.into(),
        note: note.map(str::to_owned),
        preview: preview(drafts),
    };
    let html = rendered(&page(Some(HOSTILE), 5000));
    assert!(html.contains("Looked at 2,000 of 5,000 drafts"), "{html}");
    assert!(html.contains("to <code>1:abc</code>"), "{html}");
    let html = rendered(&page(None, 0));
    assert!(html.contains("no drafts") && html.contains("is as the file says already"), "{html}");
    assert!(rendered(&page(None, 1)).contains("All 1 draft of the survey"));

    rendered(&FilePage::empty(frame(), None, String::new()));
    rendered(&FilePage::empty(frame(), Some(SurveyId(3)), HOSTILE.into()));
    let excerpt = Excerpt { before: HOSTILE.into(), marked: "<".into(), after: HOSTILE.into() };
    let fault = |pointer: Option<&str>| Fault {
        pointer: pointer.map(str::to_owned),
        place: Some((3, 5)),
        excerpt: Some(excerpt.clone()),
        detail: HOSTILE.into(),
    };
    let faults = vec![fault(None), fault(Some("")), fault(Some(HOSTILE))];
    let problem = Some(HOSTILE.into());
    let html = rendered(&FilePage { frame: frame(), id: None, text: HOSTILE.into(), faults, problem });
    assert!(html.contains("3 things are wrong") && html.contains("Line 3, column 5."), "{html}");
}

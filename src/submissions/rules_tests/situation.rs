//! What the tests of submissions begin with: an open survey in which nobody has begun, Ana's draft, and her answers sent
//! through either door. Each test changes what it is about.

use crate::{
    clock::Moment,
    companies::{CompanyId, GuestCode},
    email::Email,
    http::Parameter,
    problem::FieldError,
    progress::{
        Content, Digest, DraftId, Ending, Head, Json, Pair, Screen, Version,
        conditions::Conditions,
        retries::{Key, Remembered},
        rules::{Decision, Known, Refusal, content_needed, decide},
        writes::{Act, By, Target, Write},
    },
    submissions::{Given, NewSubmission, Own, Receipt, Submit, answers::Answers, digest_of},
    surveys::{Status, SurveyId, Terms, form::Form},
};

pub const ID: DraftId = DraftId(uuid::Uuid::from_u128(1));
pub const UNKNOWN_ID: DraftId = DraftId(uuid::Uuid::from_u128(2));

pub fn noon() -> Moment {
    "2026-11-21T12:00:00Z".parse().expect("a moment")
}

pub fn json(text: &str) -> Json {
    serde_json::value::RawValue::from_string(text.to_owned()).expect("JSON").into()
}

pub fn pair() -> Pair {
    Pair { email: Email::parse("ana@example.com").expect("an address"), survey_id: SurveyId(1) }
}

/// What is known when a submission is decided: an open survey, and nothing else.
#[derive(Clone)]
pub struct Situation {
    pub terms: Option<Terms>,
    pub draft: Option<(Head, Content)>,
    pub ending: Option<Ending>,
    pub receipt: Option<Receipt>,
    pub company: Option<CompanyId>,
    pub remembered: Option<Remembered>,
    pub now: Moment,
}

impl Situation {
    pub fn new() -> Self {
        let terms = Terms { status: Status::Open, progress_days: 30, requires_if_match: false, shapes: None };
        Self {
            terms: Some(terms),
            draft: None,
            ending: None,
            receipt: None,
            company: None,
            remembered: None,
            now: noon(),
        }
    }

    /// Ana has a draft at version 5 that ends tomorrow, linked to a company or not.
    pub fn begun(link: Option<(&str, i64)>) -> Self {
        let content = Content { data: json(r#"{"a":1,"b":2}"#), meta: None };
        let head = Head {
            draft_id: ID,
            email: Some(pair().email),
            survey_id: SurveyId(1),
            company_id: link.map(|(_, company)| CompanyId(company)),
            guest_code: link.and_then(|(code, _)| GuestCode::parse(code).ok()),
            current_screen: Screen(0),
            furthest_screen: Screen(0),
            fingerprint: None,
            survey_fingerprint: None,
            version: Version(5),
            digest: Digest::of(&content),
            value_count: Some(2),
            created_at: noon(),
            updated_at: noon(),
            expires_at: noon().plus_days(1),
        };
        Self { draft: Some((head, content)), ..Self::new() }
    }

    pub fn with_status(mut self, status: Status) -> Self {
        self.terms().status = status;
        self
    }

    pub fn with_company(self, company: Option<i64>) -> Self {
        Self { company: company.map(CompanyId), ..self }
    }

    pub fn after(self, days: u32) -> Self {
        Self { now: self.now.plus_days(days), ..self }
    }

    #[track_caller]
    pub fn terms(&mut self) -> &mut Terms {
        self.terms.as_mut().expect("there is a survey")
    }

    #[track_caller]
    pub fn head(&mut self) -> &mut Head {
        &mut self.draft.as_mut().expect("there is a draft").0
    }

    /// Decides as a group does: the content is there when the write needs it, and only then.
    pub fn decide(&self, write: &Write) -> Result<Decision, Refusal> {
        let known = Known {
            terms: self.terms.as_ref(),
            draft: self.draft.as_ref().map(|(head, _)| head),
            content: None,
            ending: self.ending,
            receipt: self.receipt.as_ref(),
            other: None,
            company: self.company,
            previous: None,
            remembered: self.remembered,
            produced: &|_| None,
            ended_days: 2,
        };
        let content = self.draft.as_ref().map(|(_, content)| content);
        let content = content.filter(|_| content_needed(write, &known, self.now));
        decide(write, &Known { content, ..known }, self.now)
    }

    pub fn outcome(&self, write: &Write) -> String {
        match self.decide(write) {
            Ok(Decision::Again(_)) => "Again".to_owned(),
            Ok(Decision::Submitted(_)) => "Submitted".to_owned(),
            Ok(Decision::SubmittedBefore(_)) => "SubmittedBefore".to_owned(),
            Ok(_) => panic!("a submission is nothing else"),
            Err(refusal) => format!("{refusal:?}").split('(').next().unwrap_or_default().to_owned(),
        }
    }

    #[track_caller]
    pub fn submitted(&self, write: &Write) -> NewSubmission {
        match self.decide(write) {
            Ok(Decision::Submitted(submission)) => submission,
            _ => panic!("{} is no new submission", self.outcome(write)),
        }
    }

    /// The company of an accepted submission, or the name of the refusal.
    pub fn company_of(&self, write: &Write) -> Result<Option<i64>, String> {
        match self.decide(write) {
            Ok(Decision::Submitted(submission)) => Ok(submission.company_id.map(|company| company.0)),
            _ => Err(self.outcome(write)),
        }
    }
}

pub fn write(target: Target, answers: Given) -> Write {
    let submit = Submit { guest_code: None, participant: None, answers, unknown_draft_id: UNKNOWN_ID };
    Write {
        target,
        conditions: Conditions::default(),
        key: None,
        body_is_valid: true,
        by: By::Participant,
        act: Act::Submit(submit),
    }
}

pub fn sent(answers: &str) -> Given {
    let form = Form::default();
    Given::Sent { answers: form.answers(&json(answers), "/answers"), digest: digest_of(Some(&json(answers))) }
}

/// The draft's own answers, which were judged like this when the draft had that digest.
pub fn judged(digest: Digest, verdict: Result<Answers, Vec<FieldError>>) -> Given {
    Given::Own(Own { form: Default::default(), judged: (digest, verdict) })
}

/// The draft's own answers, which were judged when the draft had others.
pub fn own() -> Given {
    judged(Digest::from_stored(&[]), Err(errors()))
}

/// `POST /api/submissions`.
pub fn by_pair(answers: &str) -> Write {
    write(Target::Pair(pair()), sent(answers))
}

/// `POST /api/drafts/{id}/submit`.
pub fn by_id(answers: Given) -> Write {
    write(Target::Draft(ID), answers)
}

pub fn with_code(code: Option<&str>) -> Write {
    let mut write = by_pair("{}");
    asked(&mut write).guest_code = code.and_then(|code| GuestCode::parse(code).ok());
    write
}

#[track_caller]
pub fn asked(write: &mut Write) -> &mut Submit {
    match &mut write.act {
        Act::Submit(submit) => submit,
        other => panic!("{other:?} is no submission"),
    }
}

pub fn receipt_of(answers: &str) -> Receipt {
    let digest = digest_of(Some(&json(answers)));
    Receipt {
        submission_id: Default::default(),
        draft_id: Some(ID),
        answers_count: 1,
        digest,
        is_own: false,
        submitted_at: noon(),
    }
}

pub fn errors() -> Vec<FieldError> {
    vec![FieldError::at("/answers/a", "is wrong")]
}

/// With a key, and an empty body.
pub fn keyed(write: Write) -> Write {
    Write { key: Some(Key::new("k", "submit", "{}")), ..write }
}

/// What is remembered of that key if it came with this body.
pub fn remembered(body: &str) -> Remembered {
    let request = Key::new("k", "submit", body).request;
    Remembered { request, created: true, version: Version(5), current_screen: Screen(0), answered_at: noon() }
}

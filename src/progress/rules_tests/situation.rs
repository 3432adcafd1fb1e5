//! What the tests of the rules begin with: an open survey in which nobody has begun, Ana's draft, and a write of each
//! kind. Each test changes what it is about.

use super::super::{Decision, Known, Refusal, content_needed, decide};
use crate::{
    clock::Moment,
    companies::CompanyId,
    email::Email,
    http::Parameter,
    progress::{
        Change, Content, Data, Digest, DraftId, Ending, Fingerprint, FormProgress, Head, Json, Pair, Previous, Screen,
        Version,
        conditions::{Conditions, Tags},
        retries::{Key, KeyDigest, Remembered},
        states::{Patch, Saved},
        writes::{Act, By, Save, Target, Way, Write},
    },
    submissions::{Given, Receipt, Submit, digest_of},
    surveys::{Shapes, Status, SurveyId, Terms},
};

/// How many days a draft lives.
pub const DAYS: u32 = 30;
/// How many days ended drafts are remembered.
pub const ENDED_DAYS: u32 = 2;
/// The draft that the writes name.
pub const ID: DraftId = DraftId(uuid::Uuid::from_u128(1));
/// What a save begins that names no draft.
pub const NEW_ID: DraftId = DraftId(uuid::Uuid::from_u128(2));

/// All that may be known when a write is decided.
#[derive(Debug, Clone)]
pub struct Situation {
    pub terms: Option<Terms>,
    pub draft: Option<FormProgress>,
    pub ending: Option<Ending>,
    pub receipt: Option<Receipt>,
    pub other: Option<Head>,
    pub company: Option<CompanyId>,
    pub previous: Option<Previous>,
    /// Known of a write that has a key.
    pub remembered: Option<Remembered>,
    pub produced: Option<(KeyDigest, Version)>,
    pub now: Moment,
}

impl Situation {
    /// Nobody has begun.
    pub fn new() -> Self {
        Self {
            terms: Some(terms(Status::Open)),
            draft: None,
            ending: None,
            receipt: None,
            other: None,
            company: None,
            previous: None,
            remembered: None,
            produced: None,
            now: noon(),
        }
    }

    /// This draft is there.
    pub fn with(draft: FormProgress) -> Self {
        Self { draft: Some(draft), ..Self::new() }
    }

    /// So many days later.
    pub fn after(&self, days: u32) -> Self {
        Self { now: self.now.plus_days(days), ..self.clone() }
    }

    /// What the survey takes; it must be there.
    #[track_caller]
    pub fn terms(&mut self) -> &mut Terms {
        self.terms.as_mut().expect("there is a survey")
    }

    /// The draft; it must be there.
    #[track_caller]
    pub fn head(&mut self) -> &mut Head {
        &mut self.draft.as_mut().expect("there is a draft").head
    }

    /// Decides a write as a group does: the content is there when the write needs it, and only then.
    pub fn decide(&self, write: &Write) -> Result<Decision, Refusal> {
        let content = self.draft.as_ref().map(|draft| &draft.content).filter(|_| self.needs_content(write));
        self.decide_with(write, content)
    }

    /// Decides a write with all that there is at hand.
    pub fn decide_with_content(&self, write: &Write) -> Result<Decision, Refusal> {
        self.decide_with(write, self.draft.as_ref().map(|draft| &draft.content))
    }

    /// Whether a write needs the content.
    pub fn needs_content(&self, write: &Write) -> bool {
        self.knowing(write, None, |known| content_needed(write, known, self.now))
    }

    /// What comes of a write, by its name.
    pub fn outcome(&self, write: &Write) -> String {
        name_of(&self.decide(write))
    }

    /// The next state; the write must lead to one.
    #[track_caller]
    pub fn saved(&self, write: &Write) -> Saved {
        match self.decide(write) {
            Ok(Decision::Saved(saved)) => saved,
            other => panic!("{} is no next state", name_of(&other)),
        }
    }

    fn decide_with(&self, write: &Write, content: Option<&Content>) -> Result<Decision, Refusal> {
        self.knowing(write, content, |known| decide(write, known, self.now))
    }

    fn knowing<T>(&self, write: &Write, content: Option<&Content>, ask: impl FnOnce(&Known<'_>) -> T) -> T {
        let produced = |key: &KeyDigest| self.produced.and_then(|(own, version)| (own == *key).then_some(version));
        ask(&Known {
            terms: self.terms.as_ref(),
            draft: self.draft.as_ref().map(|draft| &draft.head),
            content,
            ending: self.ending,
            receipt: self.receipt.as_ref(),
            other: self.other.as_ref(),
            company: self.company,
            previous: self.previous.as_ref(),
            remembered: self.remembered.filter(|_| write.key.is_some()),
            produced: &produced,
            ended_days: ENDED_DAYS,
        })
    }
}

/// The name of a decision or a refusal.
pub fn name_of(outcome: &Result<Decision, Refusal>) -> String {
    let decision = match outcome {
        Ok(Decision::Again(_)) => "Again",
        Ok(Decision::Saved(_)) => "Saved",
        Ok(Decision::Unchanged) => "Unchanged",
        Ok(Decision::Discarded) => "Discarded",
        Ok(Decision::NothingThere) => "NothingThere",
        Ok(Decision::Submitted(_)) => "Submitted",
        Ok(Decision::SubmittedBefore(_)) => "SubmittedBefore",
        Err(refusal) => return format!("{refusal:?}").split('(').next().unwrap_or_default().to_owned(),
    };
    decision.to_owned()
}

impl Write {
    /// With this `If-Match`.
    pub fn if_match(mut self, header: &str) -> Self {
        self.conditions.if_match = Some(Tags::parse(header).expect("entity tags"));
        self
    }

    /// With this key, for a request with this body.
    pub fn keyed(mut self, key: &str, body: &str) -> Self {
        self.key = Some(Key::new(key, "a write", body));
        self
    }

    /// What a save or a patch changes.
    #[track_caller]
    pub fn change(&mut self) -> &mut Change {
        match &mut self.act {
            Act::Save(save) => &mut save.change,
            Act::Patch(patch) => &mut patch.change,
            other => panic!("{other:?} changes nothing"),
        }
    }
}

fn write(target: Target, act: Act) -> Write {
    Write { target, conditions: Conditions::default(), key: None, body_is_valid: true, by: By::Participant, act }
}

fn saving(target: Target, way: Way, change: Change) -> Write {
    write(target, Act::Save(Save { way, new_id: NEW_ID, survey_id: SurveyId(1), change }))
}

/// `POST /api/progress`.
pub fn save(change: Change) -> Write {
    saving(Target::Pair(pair()), Way::Progress, change)
}

/// `POST /api/drafts`, with an email.
pub fn create(change: Change) -> Write {
    saving(Target::Pair(pair()), Way::Create, change)
}

/// `PUT /api/drafts/{id}`.
pub fn put(change: Change) -> Write {
    saving(Target::Draft(ID), Way::Put, change)
}

/// `PATCH /api/drafts/{id}`.
pub fn patch(patch: Patch) -> Write {
    write(Target::Draft(ID), Act::Patch(patch))
}

/// A patch of all but data and meta.
pub fn patch_of(change: Change) -> Write {
    patch(Patch { change, largest: 1000, ..Default::default() })
}

/// Brings back version 3.
pub fn restore() -> Write {
    write(Target::Draft(ID), Act::Restore(Version(3)))
}

/// `DELETE /api/drafts/{id}`.
pub fn discard() -> Write {
    write(Target::Draft(ID), Act::Discard)
}

/// `DELETE /api/progress`.
pub fn discard_by_pair() -> Write {
    write(Target::Pair(pair()), Act::Discard)
}

/// A submission of no answers.
pub fn submit(target: Target) -> Write {
    let answers = Given::Sent { answers: Ok(Default::default()), digest: digest_of(None) };
    let unknown_draft_id = DraftId(uuid::Uuid::from_u128(3));
    write(target, Act::Submit(Submit { guest_code: None, participant: None, answers, unknown_draft_id }))
}

/// A write of each kind that is done to a draft that is there.
pub fn every_overwrite() -> Vec<Write> {
    vec![
        save(with_data("{}")),
        put(with_data("{}")),
        patch(patching("{\"b\":2}")),
        restore(),
        discard(),
        discard_by_pair(),
        submit(Target::Pair(pair())),
        submit(Target::Draft(ID)),
    ]
}

/// A change of the data.
pub fn with_data(text: &str) -> Change {
    Change { data: Some(Data::of(json(text))), ..Default::default() }
}

/// A claim.
pub fn with_email(text: &str) -> Change {
    Change { email: Some(email(text)), ..Default::default() }
}

/// A patch of the data.
pub fn patching(text: &str) -> Patch {
    Patch { data: Some(json(text)), largest: 1000, ..Default::default() }
}

/// Ana's draft at version 5, linked with no company.
pub fn draft(data: &str, meta: Option<&str>) -> FormProgress {
    let content = Content { data: json(data), meta: meta.map(json) };
    let head = Head {
        draft_id: ID,
        email: Some(pair().email),
        survey_id: SurveyId(1),
        company_id: None,
        guest_code: None,
        current_screen: Screen(3),
        furthest_screen: Screen(4),
        fingerprint: None,
        survey_fingerprint: None,
        version: Version(5),
        digest: Digest::of(&content),
        value_count: Some(Data::of(content.data.clone()).value_count),
        created_at: noon(),
        updated_at: noon(),
        expires_at: noon().plus_days(DAYS),
    };
    FormProgress { head, content }
}

/// Ana's draft with `{"a":1}`, and a state before it that can be restored.
pub fn begun() -> Situation {
    let content = Content { data: json(r#"{"old":[1,2]}"#), meta: None };
    let (version, current_screen, value_count) = (Version(3), Screen(1), 2);
    let previous = Previous { version, current_screen, value_count, saved_at: noon(), replaced_at: noon(), content };
    Situation { previous: Some(previous), ..Situation::with(draft(r#"{"a":1}"#, None)) }
}

/// Ana's submission of no answers.
pub fn receipt() -> Receipt {
    Receipt {
        submission_id: Default::default(),
        draft_id: Some(ID),
        answers_count: 0,
        digest: digest_of(None),
        is_own: false,
        submitted_at: noon(),
    }
}

/// What is remembered of the key of a write.
#[track_caller]
pub fn remembered(write: &Write) -> Remembered {
    let request = write.key.expect("the write has a key").request;
    Remembered { request, created: true, version: Version(4), current_screen: Screen(2), answered_at: noon() }
}

pub fn terms(status: Status) -> Terms {
    Terms { status, progress_days: DAYS, requires_if_match: false, shapes: Shapes::from_stored("2:new 1:old") }
}

pub fn pair() -> Pair {
    Pair { email: email("ana@example.com"), survey_id: SurveyId(1) }
}

pub fn email(text: &str) -> Email {
    Email::parse(text).expect("an address")
}

pub fn fingerprint(text: &str) -> Fingerprint {
    Fingerprint::parse(text).expect("a fingerprint")
}

pub fn noon() -> Moment {
    "2026-11-21T12:00:00Z".parse().expect("a moment")
}

pub fn json(text: &str) -> Json {
    serde_json::value::RawValue::from_string(text.to_owned()).expect("JSON").into()
}

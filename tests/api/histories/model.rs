//! What the contract says of one participant in one survey, as plainly as it can be written down.

use std::collections::HashMap;

use serde_json::Value;

use super::request::{Act, Request, Tag};

/// The draft of the participant; expired or not.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    pub id: String,
    pub version: i64,
    pub data: Value,
    pub screen: i64,
    /// In seconds, like all moments here.
    pub expires_at: i64,
}

/// How a request must be answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Expected {
    /// With a draft; without its content when others came between a write and its retry.
    Draft {
        status: u16,
        draft: Draft,
        whole: bool,
        replayed: bool,
    },
    Discarded {
        replayed: bool,
    },
    Submitted {
        replayed: bool,
    },
    /// 412, with the draft as it is.
    Mismatch(Option<Draft>),
    Refused(u16, &'static str),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    Submitted,
    Expired,
    Discarded,
}

/// A write with a key.
struct Seen {
    request: String,
    status: u16,
    version: i64,
    screen: i64,
}

#[derive(Default)]
pub struct Model {
    pub now: i64,
    draft: Option<Draft>,
    /// By the draft, or what ended without one, and the key.
    keys: HashMap<(String, String), Seen>,
    ended: HashMap<String, (End, i64)>,
    /// The answers, and the name under which the key of the submission is known.
    submitted: Option<(&'static str, String)>,
}

pub const DAY: i64 = 24 * 3600;
const LIFE: i64 = 30 * DAY;
const MEMORY: i64 = 7 * DAY;

impl Model {
    /// The draft, if it still exists for anyone.
    pub fn alive(&self) -> Option<&Draft> {
        self.draft.as_ref().filter(|draft| draft.expires_at > self.now)
    }

    fn alive_with(&self, id: &str) -> Option<&Draft> {
        self.alive().filter(|draft| draft.id == id)
    }

    pub fn read(&self) -> Expected {
        self.alive().map_or(Expected::Refused(404, "PROGRESS_NOT_FOUND"), shown)
    }

    pub fn read_draft(&self, id: &str) -> Expected {
        self.alive_with(id).map_or_else(|| self.absence(id), shown)
    }

    fn absence(&self, id: &str) -> Expected {
        let expired = self.draft.as_ref().filter(|draft| draft.id == id).map(|draft| (End::Expired, draft.expires_at));
        match expired.or(self.ended.get(id).copied()).filter(|(_, at)| at + MEMORY > self.now) {
            Some((End::Expired, _)) => Expected::Refused(410, "DRAFT_EXPIRED"),
            Some((End::Submitted, _)) => Expected::Refused(410, "DRAFT_SUBMITTED"),
            Some((End::Discarded, _)) | None => Expected::Refused(404, "DRAFT_NOT_FOUND"),
        }
    }

    /// Whether something is known of a draft that is no more, for as long as it is not purged.
    pub fn has_keys_of_the_ended(&self) -> bool {
        self.keys.keys().any(|(draft, _)| self.alive_with(draft).is_none())
    }

    pub fn purge(&mut self) {
        if self.alive().is_none() {
            self.replace_expired();
        }
        let now = self.now;
        let forgotten: Vec<String> =
            self.ended.iter().filter(|(_, (_, at))| at + MEMORY <= now).map(|(id, _)| id.clone()).collect();
        for id in forgotten {
            self.ended.remove(&id);
            self.keys.retain(|(draft, _), _| *draft != id);
        }
    }

    /// Takes a write. A draft that it starts without saying under which id has this new one.
    pub fn write(&mut self, request: &Request, new_id: &str) -> Expected {
        let scope = self.scope(&request.act);
        let seen = request.key.clone().zip(scope.clone()).and_then(|(key, scope)| self.keys.get(&(scope, key)));
        if let Some(seen) = seen {
            return match seen.request == request.digest() {
                true => self.again(&request.act, seen),
                false => Expected::Refused(422, "IDEMPOTENCY_KEY_REUSED"),
            };
        }
        if let Some(settled) = self.settled(&request.act) {
            return settled;
        }
        if !self.is_matched(request, scope.as_deref()) {
            return Expected::Mismatch(self.target(&request.act).cloned());
        }
        self.apply(request, new_id)
    }

    /// The draft that a write is about.
    fn target(&self, act: &Act) -> Option<&Draft> {
        match act.id() {
            Some(id) => self.alive_with(id),
            None => self.alive(),
        }
    }

    /// Whose keys count for a write.
    fn scope(&self, act: &Act) -> Option<String> {
        match (&self.draft, act.id()) {
            (Some(draft), Some(id)) if draft.id == id => self.alive().map(|draft| draft.id.clone()),
            (_, Some(id)) => Some(id.to_owned()),
            (Some(_), None) => self.alive().map(|draft| draft.id.clone()),
            (None, None) => self.submitted.as_ref().map(|(_, scope)| scope.clone()),
        }
    }

    fn again(&self, act: &Act, seen: &Seen) -> Expected {
        match (act, self.target(act)) {
            (Act::Discard | Act::DiscardDraft { .. }, _) => Expected::Discarded { replayed: true },
            (Act::Submit { .. } | Act::SubmitDraft { .. }, _) => Expected::Submitted { replayed: true },
            (_, None) => unreachable!("the keys of its saves go with the draft"),
            (_, Some(draft)) => {
                let then = Draft { version: seen.version, screen: seen.screen, ..draft.clone() };
                let whole = draft.version == seen.version;
                Expected::Draft { status: seen.status, draft: then, whole, replayed: true }
            }
        }
    }

    /// What the existence and the state of the draft, and then the body, say of a write; none: it may go on.
    fn settled(&self, act: &Act) -> Option<Expected> {
        let submitted = self.submitted.as_ref().map(|_| Expected::Refused(400, "ALREADY_SUBMITTED"));
        let lost = |id| self.alive_with(id).is_none().then(|| self.absence(id));
        match act {
            Act::Save { data, .. } => submitted.or_else(|| {
                let needs_data = self.alive().is_none() && data.is_none();
                needs_data.then_some(Expected::Refused(400, "INVALID_REQUEST"))
            }),
            Act::Put { id, .. } => {
                let ended = lost(id).filter(|refusal| *refusal != Expected::Refused(404, "DRAFT_NOT_FOUND"));
                let has_other = self.alive().is_some_and(|draft| draft.id != *id);
                ended.or(submitted).or(has_other.then_some(Expected::Refused(409, "DRAFT_EXISTS")))
            }
            Act::Patch { id, .. } | Act::DiscardDraft { id } => lost(id),
            Act::Discard => self.alive().is_none().then_some(Expected::Discarded { replayed: false }),
            Act::Submit { answers } | Act::SubmitDraft { answers, .. } => {
                let refusal = act.id().and_then(lost);
                let lost = refusal.filter(|refusal| *refusal != Expected::Refused(410, "DRAFT_SUBMITTED"));
                lost.or_else(|| match &self.submitted {
                    Some((before, _)) if before == answers => Some(Expected::Submitted { replayed: false }),
                    _ => submitted,
                })
            }
        }
    }

    fn is_matched(&self, request: &Request, scope: Option<&str>) -> bool {
        let current = self.target(&request.act).map(|draft| draft.version);
        let produced = |key: &String| Some(self.keys.get(&(scope?.to_owned(), key.clone()))?.version);
        request.if_match.as_ref().is_none_or(|tags| {
            tags.iter().any(|tag| match tag {
                Tag::Any => current.is_some(),
                Tag::Version(version) => *version == current.unwrap_or(0),
                Tag::Op(key) => current.is_some() && produced(key) == current,
            })
        })
    }

    fn apply(&mut self, request: &Request, new_id: &str) -> Expected {
        let (old, expires_at) = (self.target(&request.act).cloned(), self.now + LIFE);
        let (status, draft) = match (&request.act, old) {
            (Act::Discard | Act::DiscardDraft { .. }, old) => {
                self.end(old.expect("it was looked for").id, End::Discarded, request);
                return Expected::Discarded { replayed: false };
            }
            (Act::Submit { answers } | Act::SubmitDraft { answers, .. }, old) => {
                self.replace_expired();
                let id = old.map_or("of no draft".to_owned(), |draft| draft.id);
                self.submitted = Some((answers, id.clone()));
                self.end(id, End::Submitted, request);
                return Expected::Submitted { replayed: false };
            }
            (Act::Patch { data, screen, .. }, Some(old)) => {
                let new = Draft { data: merged(&old.data, data), screen: screen.unwrap_or(old.screen), ..old.clone() };
                match new == old {
                    true => (200, old),
                    false => (200, Draft { version: old.version + 1, expires_at, ..new }),
                }
            }
            (Act::Save { data, screen } | Act::Put { data, screen, .. }, Some(old)) => {
                let data = data.clone().unwrap_or(old.data.clone());
                let new = Draft { data, screen: screen.unwrap_or(old.screen), ..old.clone() };
                let version = if new == old { old.version } else { old.version + 1 };
                (200, Draft { version, expires_at, ..new })
            }
            (Act::Save { data, screen } | Act::Put { data, screen, .. }, None) => {
                self.replace_expired();
                let id = request.act.id().unwrap_or(new_id).to_owned();
                self.ended.remove(&id);
                let data = data.clone().expect("a first save has data");
                (201, Draft { id, version: 1, data, screen: screen.unwrap_or(0), expires_at })
            }
            (Act::Patch { .. }, None) => unreachable!("it was looked for"),
        };
        self.remember(&draft.id, status, draft.version, draft.screen, request);
        self.draft = Some(draft.clone());
        Expected::Draft { status, draft, whole: true, replayed: false }
    }

    fn end(&mut self, id: String, end: End, request: &Request) {
        self.draft = None;
        self.keys.retain(|(draft, _), _| *draft != id);
        // A discard leaves no trace but its key.
        if end == End::Submitted || request.key.is_some() {
            self.ended.insert(id.clone(), (end, self.now));
        }
        self.remember(&id, 0, 0, 0, request);
    }

    fn remember(&mut self, id: &str, status: u16, version: i64, screen: i64, request: &Request) {
        if let Some(key) = &request.key {
            let seen = Seen { request: request.digest(), status, version, screen };
            self.keys.insert((id.to_owned(), key.clone()), seen);
        }
    }

    fn replace_expired(&mut self) {
        if let Some(expired) = self.draft.take_if(|draft| draft.expires_at <= self.now) {
            self.keys.retain(|(draft, _), _| *draft != expired.id);
            self.ended.insert(expired.id, (End::Expired, expired.expires_at));
        }
    }
}

fn shown(draft: &Draft) -> Expected {
    Expected::Draft { status: 200, draft: draft.clone(), whole: true, replayed: false }
}

/// RFC 7396, of objects that have no objects in them.
fn merged(data: &Value, patch: &Value) -> Value {
    let mut merged = data.as_object().expect("an object").clone();
    for (name, value) in patch.as_object().expect("an object") {
        match value {
            Value::Null => drop(merged.remove(name)),
            value => drop(merged.insert(name.clone(), value.clone())),
        }
    }
    merged.into()
}

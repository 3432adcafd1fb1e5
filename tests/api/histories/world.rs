//! The clients of a history, and the service that they speak to beside the model of it.

use std::collections::HashMap;

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{
    Event, Fate, Guard, Key, Kind,
    model::{DAY, Draft, Expected, Model},
    request::{Act, Request, Tag},
};
use crate::support::{Answer, Service};

/// What a client knows of the draft.
#[derive(Debug, Default, Clone)]
struct Client {
    id: Option<String>,
    version: i64,
    last_key: Option<String>,
}

pub struct World<'s, 'd> {
    service: &'s Service<'d>,
    email: String,
    /// The id that all clients would give the draft.
    own_id: String,
    clients: [Client; 3],
    /// All requests so far, with who made them.
    requests: Vec<(usize, Request)>,
    model: Model,
    /// What the versions of all drafts held, as far as it was told.
    told: HashMap<(String, i64), Value>,
    first_submission: Option<String>,
}

impl<'s, 'd> World<'s, 'd> {
    pub fn new(service: &'s Service<'d>, email: String) -> Self {
        let own_id = uuid::Uuid::new_v4().to_string();
        let (clients, requests, model) = Default::default();
        Self { service, email, own_id, clients, requests, model, told: HashMap::new(), first_submission: None }
    }

    /// The participant has a draft, and all clients have read it.
    pub async fn begin(&mut self) -> Result<(), String> {
        let by_email =
            Event::Write { client: 0, kind: Kind::Save, guard: Guard::None, key: Key::New, fate: Fate::Answered };
        self.take(by_email).await?;
        for client in 1..self.clients.len() {
            self.take(Event::Read { client, by_id: false }).await?;
        }
        Ok(())
    }

    pub async fn take(&mut self, event: Event) -> Result<(), String> {
        match event {
            Event::Write { client, kind, guard, key, fate } => {
                let request = self.compose(client, kind, guard, key);
                self.clients[client].last_key = request.key.clone().or(self.clients[client].last_key.take());
                self.requests.push((client, request));
                match fate {
                    Fate::Delayed => return Ok(()),
                    _ => self.send(self.requests.len() - 1, matches!(fate, Fate::AnswerLost)).await?,
                }
            }
            Event::Again { which, is_lost } if !self.requests.is_empty() => {
                let among = self.requests.len().min(6);
                self.send(self.requests.len() - 1 - which.index(among), is_lost).await?;
            }
            Event::Again { .. } => {}
            Event::Read { client, by_id } => {
                let id = self.clients[client].id.clone().filter(|_| by_id);
                let (answer, expected) = match id {
                    Some(id) => (self.service.draft(&id).await, self.model.read_draft(&id)),
                    None => (self.service.read(&self.email).await, self.model.read()),
                };
                self.compare(&answer, &expected).map_err(|error| format!("a read: {error}"))?;
                self.learn(client, &answer);
            }
            Event::Pass { days, purge } => {
                self.service.clock.advance(TimeDelta::days(days));
                self.model.now += days * DAY;
                // What is remembered longer than promised is nobody's business.
                if purge || self.model.has_keys_of_the_ended() {
                    self.service.purge().await;
                    self.model.purge();
                }
            }
            Event::Restart => self.service.restart().await,
        }
        let read = self.service.read(&self.email).await;
        self.compare(&read, &self.model.read()).map_err(|error| format!("read afterwards: {error}"))
    }

    fn compose(&self, client: usize, kind: Kind, guard: Guard, key: Key) -> Request {
        let known = &self.clients[client];
        let serial = self.requests.len();
        let id = known.id.clone().unwrap_or(self.own_id.clone());
        let screen = serial.is_multiple_of(3).then_some(serial as i64 % 7);
        // No two requests bring the same.
        let data = Some(json!({"a": serial, "b": serial, "s": serial}));
        let act = match kind {
            Kind::Save => Act::Save { data, screen },
            Kind::Turn => Act::Save { data: None, screen: Some(serial as i64) },
            Kind::Put => Act::Put { id, data, screen },
            Kind::Set => Act::Patch { id, data: json!({"a": serial, "c": serial}), screen },
            Kind::Remove => Act::Patch { id, data: json!({"b": null}), screen: None },
            Kind::PatchNothing => Act::Patch { id, data: json!({}), screen: None },
            Kind::Discard => Act::Discard,
            Kind::DiscardDraft => Act::DiscardDraft { id },
            Kind::Submit(answers) => Act::Submit { answers },
            Kind::SubmitDraft(answers) => Act::SubmitDraft { id, answers },
        };
        let version = Tag::Version(known.version);
        let if_match = match (guard, &known.last_key) {
            (Guard::None, _) => None,
            (Guard::Any, _) => Some(vec![Tag::Any]),
            (Guard::SeenOrOp, Some(key)) => Some(vec![version, Tag::Op(key.clone())]),
            (Guard::Seen | Guard::SeenOrOp, _) => Some(vec![version]),
        };
        let key = match (kind, key) {
            // Discards by email are left to retries.rs.
            (Kind::Discard, _) | (_, Key::None) => None,
            (_, Key::New) => Some(format!("k{serial}")),
            (_, Key::Last) => known.last_key.clone(),
        };
        Request { email: self.email.clone(), act, if_match, key }
    }

    async fn send(&mut self, which: usize, is_lost: bool) -> Result<(), String> {
        let (client, request) = self.requests[which].clone();
        let answer = request.write().send(self.service).await;
        let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        let expected = self.model.write(&request, body["draft_id"].as_str().unwrap_or_default());
        self.compare(&answer, &expected).map_err(|error| format!("{request:?}: {error}"))?;
        if let Expected::Submitted { .. } = expected {
            let first = self.first_submission.get_or_insert(answer.body.clone());
            ensure(answer.body == *first, || format!("{request:?}: {} and not {first}", answer.body))?;
        }
        if !is_lost {
            self.learn(client, &answer);
        }
        Ok(())
    }

    fn learn(&mut self, client: usize, answer: &Answer) {
        let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        let draft = if answer.status == 412 { &body["current"] } else { &body };
        let known = &mut self.clients[client];
        match (answer.status, draft["draft_id"].as_str()) {
            (200 | 201 | 412, Some(id)) => {
                (known.id, known.version) = (Some(id.to_owned()), draft["version"].as_i64().unwrap_or_default());
            }
            (204 | 404 | 410 | 412, _) => known.version = 0,
            _ => {}
        }
    }

    /// Whether the answer is as expected, and tells of each version what was told before.
    fn compare(&mut self, answer: &Answer, expected: &Expected) -> Result<(), String> {
        let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        let is_replayed = answer.header("Idempotency-Replayed").is_some();
        let as_expected = match expected {
            Expected::Draft { status, draft, whole, replayed } => {
                (answer.status, is_replayed) == (*status, *replayed) && is_draft(&body, draft, *whole)
            }
            Expected::Discarded { replayed } => (answer.status, is_replayed) == (204, *replayed),
            Expected::Submitted { replayed } => (answer.status, is_replayed) == (201, *replayed),
            Expected::Mismatch(current) => {
                let told = &body["current"];
                let is_current = current.as_ref().map_or(told.is_null(), |draft| is_draft(told, draft, true));
                (answer.status, &body["code"], is_current) == (412, &"VERSION_MISMATCH".into(), true)
            }
            Expected::Refused(status, code) => (answer.status, body["code"].as_str()) == (*status, Some(code)),
        };
        ensure(as_expected, || {
            format!("{expected:?}, and not {} {} (replayed: {is_replayed})", answer.status, answer.body)
        })?;
        if answer.status == 201 && !is_replayed {
            // A client's id may name another draft after one that was discarded.
            self.told.retain(|(id, _), _| body["draft_id"] != id.as_str());
        }
        for draft in [&body, &body["current"]] {
            if let (Some(id), Some(version), Some(data)) =
                (draft["draft_id"].as_str(), draft["version"].as_i64(), draft.get("data"))
            {
                let before = self.told.entry((id.to_owned(), version)).or_insert(data.clone());
                ensure(before == data, || format!("version {version} was {before} before, and is {data}"))?;
            }
        }
        Ok(())
    }
}

fn is_draft(told: &Value, draft: &Draft, whole: bool) -> bool {
    let data = whole.then_some(&draft.data);
    (&told["draft_id"], &told["version"], &told["current_screen"], told.get("data"))
        == (&json!(draft.id), &json!(draft.version), &json!(draft.screen), data)
}

pub fn ensure(is_so: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if is_so { Ok(()) } else { Err(what()) }
}

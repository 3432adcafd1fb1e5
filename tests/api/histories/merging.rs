//! Tabs that always say which version they changed, send their edits without waiting, and merge when they are told that
//! another tab was there before.

use std::collections::{BTreeMap, BTreeSet};

use proptest::{prelude::*, sample::Index};
use serde_json::{Value, json};

use super::world::ensure;
use crate::support::{Answer, Save, Service, Write};

/// Something that happens in a tab.
#[derive(Debug, Clone)]
pub enum Step {
    /// The participant changes something, and the tab sends what is not known to be saved.
    Edit {
        tab: usize,
        way: Way,
        fate: Fate,
    },
    /// A request of the tab comes, for the first time or once more.
    Again {
        tab: usize,
        which: Index,
        is_lost: bool,
    },
    Restart,
}

#[derive(Debug, Clone, Copy)]
pub enum Way {
    Save,
    Put,
    Patch,
}

#[derive(Debug, Clone, Copy)]
pub enum Fate {
    Answered,
    AnswerLost,
    Delayed,
}

const TABS: usize = 3;

pub fn step() -> impl Strategy<Value = Step> {
    let way = prop_oneof![Just(Way::Save), Just(Way::Put), Just(Way::Patch)];
    let fate = prop_oneof![2 => Just(Fate::Answered), 2 => Just(Fate::AnswerLost), 3 => Just(Fate::Delayed)];
    prop_oneof![
        8 => (0..TABS, way, fate).prop_map(|(tab, way, fate)| Step::Edit { tab, way, fate }),
        6 => (0..TABS, any::<Index>(), any::<bool>()).prop_map(|(tab, which, is_lost)| Step::Again { tab, which, is_lost }),
        1 => Just(Step::Restart),
    ]
}

/// A request that is on its way, or was.
#[derive(Clone)]
struct Sent {
    write: Write,
    /// The edits that it brings.
    edits: BTreeSet<usize>,
    /// What the draft holds once it is applied.
    data: Value,
}

#[derive(Default)]
struct Tab {
    version: i64,
    data: Value,
    /// Edits that are not known to be saved.
    pending: BTreeSet<usize>,
    /// The keys of what was sent on top of the version, and may or may not have come.
    in_flight: Vec<String>,
    sent: Vec<Sent>,
}

pub struct Tabs<'s, 'd> {
    service: &'s Service<'d>,
    email: String,
    id: String,
    tabs: [Tab; TABS],
    edits: usize,
    keys: usize,
    acknowledged: BTreeSet<usize>,
    /// What each version held that a write made.
    made: BTreeMap<i64, Value>,
}

fn member(edit: usize) -> String {
    format!("edit {edit}")
}

impl<'s, 'd> Tabs<'s, 'd> {
    pub async fn open(service: &'s Service<'d>, email: String) -> Self {
        let first = service.save(Save::of(&email).data("{}")).await.expect(201);
        let mut tabs: [Tab; TABS] = Default::default();
        for tab in &mut tabs {
            (tab.version, tab.data) = (1, json!({}));
        }
        let made = BTreeMap::from([(1, json!({}))]);
        let (edits, keys, acknowledged) = Default::default();
        Self { service, email, id: first.draft_id(), tabs, edits, keys, acknowledged, made }
    }

    pub async fn take(&mut self, step: Step) -> Result<(), String> {
        match step {
            Step::Edit { tab, way, fate } => {
                self.tabs[tab].pending.insert(self.edits);
                self.edits += 1;
                self.compose(tab, way);
                match fate {
                    Fate::Delayed => Ok(()),
                    _ => self.send(tab, self.tabs[tab].sent.len() - 1, matches!(fate, Fate::AnswerLost)).await,
                }
            }
            Step::Again { tab, which, is_lost } if !self.tabs[tab].sent.is_empty() => {
                self.send(tab, which.index(self.tabs[tab].sent.len()), is_lost).await
            }
            Step::Again { .. } => Ok(()),
            Step::Restart => {
                self.service.restart().await;
                Ok(())
            }
        }
    }

    /// Puts a request together that brings all that the tab does not know to be saved.
    fn compose(&mut self, tab: usize, way: Way) {
        let key = format!("k{}", self.keys);
        self.keys += 1;
        let tab = &mut self.tabs[tab];
        let (mut data, mut patch) = (tab.data.clone(), json!({}));
        for edit in &tab.pending {
            data[member(*edit)] = (*edit).into();
            patch[member(*edit)] = (*edit).into();
        }
        let write = match way {
            Way::Save => Write::save(Save::of(&self.email).data(data.to_string())),
            Way::Put => Write::put(&self.id, json!({"survey_id": 1, "data": data}).to_string()),
            Way::Patch => Write::patch(&self.id, json!({"data": patch}).to_string()),
        };
        let tags = tab.in_flight.iter().map(|key| format!(", \"op:{key}\""));
        let tags = format!("\"{}\"{}", tab.version, tags.collect::<String>());
        tab.in_flight.push(key.clone());
        let write = write.if_match(&tags).key(&key);
        tab.sent.push(Sent { write, edits: tab.pending.clone(), data });
    }

    async fn send(&mut self, tab: usize, which: usize, is_lost: bool) -> Result<(), String> {
        let sent = self.tabs[tab].sent[which].clone();
        let answer = sent.write.send(self.service).await;
        let told = || format!("{:?}: {} {}", sent.write, answer.status, answer.body);
        ensure(matches!(answer.status, 200 | 412), told)?;
        if answer.status == 200 && answer.header("Idempotency-Replayed").is_none() {
            let last = self.made.keys().last().copied().unwrap_or_default();
            ensure((last..=last + 1).contains(&answer.version()), told)?;
            ensure(answer.json()["data"] == sent.data, told)?;
            let made = self.made.entry(answer.version()).or_insert(sent.data.clone());
            ensure(*made == sent.data, told)?;
        }
        if answer.status == 412 {
            let current = &answer.json()["current"];
            let made = current["version"].as_i64().and_then(|version| self.made.get(&version));
            ensure(made == Some(&current["data"]), told)?;
        }
        if !is_lost {
            self.learn(tab, &sent, &answer);
        }
        Ok(())
    }

    fn learn(&mut self, tab: usize, sent: &Sent, answer: &Answer) {
        let tab = &mut self.tabs[tab];
        let (version, data) = match answer.status {
            200 => {
                self.acknowledged.extend(&sent.edits);
                (answer.version(), sent.data.clone())
            }
            _ => {
                let current = answer.json()["current"].clone();
                (current["version"].as_i64().unwrap_or_default(), current["data"].clone())
            }
        };
        if version > tab.version {
            tab.pending.retain(|edit| data.get(member(*edit)).is_none());
            (tab.version, tab.data) = (version, data);
            tab.in_flight.clear();
        }
    }

    /// Lets each tab send what it still has, and looks whether anything is missing.
    pub async fn finish(mut self) -> Result<(), String> {
        for tab in 0..TABS {
            let mut tries = 0;
            while !self.tabs[tab].pending.is_empty() {
                self.compose(tab, Way::Save);
                self.send(tab, self.tabs[tab].sent.len() - 1, false).await?;
                tries += 1;
                ensure(tries <= 2, || "one who was told how the draft is, and is alone, was refused".into())?;
            }
        }
        let read = self.service.read(&self.email).await.expect(200);
        let missing: BTreeSet<usize> =
            (0..self.edits).filter(|edit| read.json()["data"].get(member(*edit)).is_none()).collect();
        ensure(self.acknowledged.is_disjoint(&missing), || {
            format!("acknowledged and lost: {missing:?} in {}", read.body)
        })?;
        ensure(missing.is_empty(), || format!("merged and lost: {missing:?} in {}", read.body))?;
        let versions: Vec<i64> = self.made.keys().copied().collect();
        let all: Vec<i64> = (1..=read.version()).collect();
        ensure(versions == all, || format!("versions {versions:?} of {}", read.version()))
    }
}

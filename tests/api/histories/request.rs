//! Writes as the model understands them, and as they go over the wire.

use serde_json::{Value, json};

use crate::support::{Submission, Write};

/// A write, as a client has put it together.
#[derive(Debug, Clone)]
pub struct Request {
    pub email: String,
    pub act: Act,
    pub if_match: Option<Vec<Tag>>,
    pub key: Option<String>,
}

#[derive(Debug, Clone)]
pub enum Act {
    Save { data: Option<Value>, screen: Option<i64> },
    Put { id: String, data: Option<Value>, screen: Option<i64> },
    Patch { id: String, data: Value, screen: Option<i64> },
    Discard,
    DiscardDraft { id: String },
    Submit { answers: &'static str },
    SubmitDraft { id: String, answers: &'static str },
}

#[derive(Debug, Clone)]
pub enum Tag {
    Any,
    Version(i64),
    Op(String),
}

impl Act {
    /// The draft that it names, unless it names a participant.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Save { .. } | Self::Discard | Self::Submit { .. } => None,
            Self::Put { id, .. }
            | Self::Patch { id, .. }
            | Self::DiscardDraft { id }
            | Self::SubmitDraft { id, .. } => Some(id),
        }
    }
}

impl Request {
    fn body(&self) -> String {
        let mut body = json!({"survey_id": 1, "email": self.email});
        match &self.act {
            Act::Discard | Act::DiscardDraft { .. } => return String::new(),
            Act::Submit { answers } => return Submission::of(&self.email).answers(answers).body(),
            Act::SubmitDraft { answers, .. } => return format!(r#"{{"answers":{answers}}}"#),
            Act::Patch { data, screen, .. } => body = json!({"data": data, "current_screen": screen}),
            Act::Save { data, screen } | Act::Put { data, screen, .. } => {
                body["current_screen"] = (*screen).into();
                body["data"] = data.clone().into();
            }
        }
        // Null is for patches.
        body.as_object_mut().expect("it is one").retain(|_, value| !value.is_null());
        body.to_string()
    }

    /// What tells the request from others with the same key.
    pub fn digest(&self) -> String {
        let kind = match &self.act {
            Act::Save { .. } => "save",
            Act::Put { .. } => "put",
            Act::Patch { .. } => "patch",
            Act::Discard | Act::DiscardDraft { .. } => "discard",
            Act::Submit { .. } | Act::SubmitDraft { .. } => "submit",
        };
        format!("{kind} {}", self.body())
    }

    pub fn write(&self) -> Write {
        let body = self.body();
        let mut write = match &self.act {
            Act::Save { .. } => Write::raw_save(body),
            Act::Put { id, .. } => Write::put(id, body),
            Act::Patch { id, .. } => Write::patch(id, body),
            Act::Discard => Write::discard(&self.email),
            Act::DiscardDraft { id } => Write::discard_draft(id),
            Act::Submit { answers } => Write::submit(Submission::of(&self.email).answers(answers)),
            Act::SubmitDraft { id, .. } => Write::submit_draft(id, body),
        };
        if let Some(tags) = &self.if_match {
            let tags: Vec<String> = tags.iter().map(Tag::text).collect();
            write = write.if_match(&tags.join(", "));
        }
        match &self.key {
            Some(key) => write.key(key),
            None => write,
        }
    }
}

impl Tag {
    fn text(&self) -> String {
        match self {
            Self::Any => "*".into(),
            // Some proxies make them weak.
            Self::Version(version) if version % 3 == 0 => format!("W/\"{version}\""),
            Self::Version(version) => format!("\"{version}\""),
            Self::Op(key) => format!("\"op:{key}\""),
        }
    }
}

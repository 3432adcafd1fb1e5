//! The audit log: who looked at, changed, exported or erased what, when and from where.
//!
//! An entry is stored in the transaction of the change that it tells of; one that tells of a look is stored before the
//! answer is given. Nothing of participants is in it: a person is named by a digest that only this installation can make.

pub mod admin;
pub mod api;
pub mod pages;
pub mod store;
pub mod words;

use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use sha2::Sha256;
use utoipa::ToSchema;

use crate::{
    access::Actor, accounts::AccountId, clock::Moment, companies::CompanyId, email::Email, http::Parameter,
    progress::DraftId, surveys::SurveyId,
};

/// How an act ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was refused.
    Refused,
}

impl Outcome {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
        }
    }
}

impl std::str::FromStr for Outcome {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "done" => Ok(Self::Done),
            "refused" => Ok(Self::Refused),
            _ => Err("must be done or refused"),
        }
    }
}

impl Parameter for Outcome {
    fn parse(text: &str) -> Result<Self, &'static str> {
        text.parse()
    }
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When.
    pub at: Moment,
    /// Who.
    pub actor: Actor,
    /// What was done: `draft.read`, `survey.replace`, …
    pub action: &'static str,
    /// To what: see [`Subject`].
    pub subject: String,
    /// The survey that it concerns, if one.
    pub survey_id: Option<SurveyId>,
    /// The company that it concerns, if one.
    pub company_id: Option<CompanyId>,
    /// How it ended.
    pub outcome: Outcome,
    /// What else is worth knowing: filters, counts, what was changed. Never anything of a participant.
    pub detail: String,
    /// From where: an IP address, or empty on the command line.
    pub address: String,
    /// The request, as the log of requests names it.
    pub request_id: String,
}

impl Entry {
    /// About a survey, and perhaps a company.
    pub fn about(mut self, survey_id: impl Into<Option<SurveyId>>, company_id: impl Into<Option<CompanyId>>) -> Self {
        self.survey_id = survey_id.into();
        self.company_id = company_id.into();
        self
    }

    /// With what it was done to, where that has its name only now.
    pub fn to(mut self, subject: impl Into<Subject>) -> Self {
        self.subject = subject.into().0;
        self
    }

    /// With what else is worth knowing.
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// As an act that was refused.
    pub fn refused(mut self) -> Self {
        self.outcome = Outcome::Refused;
        self
    }

    /// By an operator, on the command line.
    pub fn on_command_line(action: &'static str, subject: impl Into<Subject>, now: Moment) -> Self {
        Self {
            at: now,
            actor: Actor::CommandLine,
            action,
            subject: subject.into().0,
            survey_id: None,
            company_id: None,
            outcome: Outcome::Done,
            detail: String::new(),
            address: String::new(),
            request_id: String::new(),
        }
    }
}

/// A line of the log, as it is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(title = "AuditEntry")]
pub struct Recorded {
    /// Names it; a later one has a higher id.
    #[schema(example = 4711)]
    pub id: i64,
    /// When.
    pub at: Moment,
    /// Who.
    pub actor: Actor,
    /// What was done.
    #[schema(example = "survey.replace")]
    pub action: String,
    /// To what: a kind and an id. A person stands as a digest.
    #[schema(example = "survey 1")]
    pub subject: String,
    /// The survey that it concerns, if one.
    pub survey_id: Option<SurveyId>,
    /// The company that it concerns, if one.
    pub company_id: Option<CompanyId>,
    /// How it ended.
    pub outcome: Outcome,
    /// What else is worth knowing.
    pub detail: String,
    /// From where: an IP address; empty for the command line.
    #[schema(example = "192.0.2.7")]
    pub address: String,
    /// The request, as the log of requests names it.
    pub request_id: String,
}

/// Which lines of the log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// By whom.
    pub actor: Option<ByActor>,
    /// What was done.
    pub action: Option<Action>,
    /// To what.
    pub subject: Option<Subject>,
    /// In which survey.
    pub survey_id: Option<SurveyId>,
    /// For which company.
    pub company_id: Option<CompanyId>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// From this moment on.
    pub from: Option<Moment>,
    /// Before this moment.
    pub to: Option<Moment>,
}

/// A kind of actor, or one of them: `account`, `account:3`, `key:7`, `command_line`, `nobody`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByActor {
    /// The kind, as it is stored.
    pub kind: &'static str,
    /// Which one of them.
    pub id: Option<i64>,
}

impl Parameter for ByActor {
    fn parse(text: &str) -> Result<Self, &'static str> {
        const WRONG: &str = "must be account, account:ID, key, key:ID, command_line or nobody";
        let (kind, id) = text.split_once(':').map_or((text, None), |(kind, id)| (kind, Some(id)));
        let id = id.map(|id| id.parse::<u32>().map(i64::from)).transpose().map_err(|_| WRONG)?;
        match (kind, id) {
            ("account", id) => Ok(Self { kind: "account", id }),
            ("key", id) => Ok(Self { kind: "key", id }),
            ("command_line", None) => Ok(Self { kind: "command_line", id: None }),
            ("nobody", None) => Ok(Self { kind: "nobody", id: None }),
            _ => Err(WRONG),
        }
    }
}

/// An action such as `survey.replace`, or all of a kind: `survey`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action(pub String);

impl Parameter for Action {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let is_one = !text.is_empty() && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'_' | b'.'));
        if is_one {
            Ok(Self(text.to_owned()))
        } else {
            Err("must be an action such as survey.replace, or a kind such as survey")
        }
    }
}

/// What something was done to, as the log names it: a kind and an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject(pub String);

impl Subject {
    /// Of many things of a kind, such as `drafts`.
    pub fn all(kind: &str) -> Self {
        Self(kind.to_owned())
    }

    /// Of one thing, such as `company 7`.
    pub fn one(kind: &str, id: impl std::fmt::Display) -> Self {
        Self(format!("{kind} {id}"))
    }
}

impl Parameter for Subject {
    fn parse(text: &str) -> Result<Self, &'static str> {
        // What is looked for is written down: it must not be an email.
        let (kind, id) = text.split_once(' ').unwrap_or((text, "0"));
        let is_kind = (1..=20).contains(&kind.len()) && kind.bytes().all(|byte| byte.is_ascii_lowercase());
        let is_id = (1..=40).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        if is_kind && is_id { Ok(Self(text.to_owned())) } else { Err("must be a subject such as survey 1") }
    }
}

impl From<DraftId> for Subject {
    fn from(id: DraftId) -> Self {
        Self::one("draft", id.0)
    }
}

impl From<CompanyId> for Subject {
    fn from(id: CompanyId) -> Self {
        Self::one("company", id.0)
    }
}

impl From<AccountId> for Subject {
    fn from(id: AccountId) -> Self {
        Self::one("account", id.0)
    }
}

impl From<SurveyId> for Subject {
    fn from(id: SurveyId) -> Self {
        Self::one("survey", id)
    }
}

/// Names people in the audit log: by a digest that nobody can make, or try emails against, without this installation's secret.
#[derive(Clone)]
pub struct People {
    secret: std::sync::Arc<[u8]>,
}

impl People {
    /// With this installation's secret.
    pub fn new(secret: &[u8]) -> Self {
        Self { secret: secret.into() }
    }

    /// A person, as a subject.
    pub fn subject(&self, email: &Email) -> Subject {
        let digest = self.digest("person", email.as_str());
        Subject::one("person", digest[..12].iter().map(|byte| format!("{byte:02x}")).collect::<String>())
    }

    /// What a draft is called before those who may not read it, since its id opens it: the same each time.
    pub fn pseudonym(&self, id: DraftId) -> DraftId {
        let digest = self.digest("draft", &id.0.to_string());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        DraftId(uuid::Uuid::new_v8(bytes))
    }

    /// A digest of this text that only this installation can make, for one purpose.
    pub fn digest(&self, purpose: &str, text: &str) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).expect("any length is a key");
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

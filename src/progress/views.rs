//! Drafts as they are sent.

use std::io::Cursor;

use rocket::{
    Request,
    http::{ContentType, Header, Status},
    response::{self, Responder, Response},
};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::{
    Content, Current, DraftId, Fingerprint, FormProgress, Head, Json, Reference, Screen, Version,
    headers::{ReadHeaders, WriteHeaders},
    world::{Answered, Outcome},
};
use crate::{
    clock::Moment,
    companies::CompanyId,
    email::Email,
    problem::{Problem, fragment},
    surveys::{SurveyId, form::Form},
};

/// A draft, as the participant's front end gets it back.
#[derive(Serialize, ToSchema)]
#[schema(title = "Draft", example = json!({
    "draft_id": "019aa5d2-7b5c-7d3e-8c1f-2f9a4b6c8d0e", "reference": "06DA-BMKV-BHYK", "email": "ana@example.com", "survey_id": 1, "company_id": 1,
    "current_screen": 2,
    "data": {"guestCodeResponse": {"guestCode": "DEMO"}, "responses": [{"questionId": 10, "optionId": 102}]},
    "meta": null, "fingerprint": "1:9f86d081884c7d65", "schema_changed": false, "version": 5,
    "created_at": "2026-11-21T09:30:00.000000Z", "updated_at": "2026-11-24T17:05:12.481516Z",
    "expires_at": "2026-12-24T17:05:12.481516Z"
}))]
pub struct DraftView<'a> {
    draft_id: DraftId,
    /// What the participant reads out to support, who finds the draft by it.
    reference: Reference,
    /// The participant's address, trimmed and case-folded. Null for a draft that nobody has claimed yet.
    #[schema(value_type = Option<String>, format = "email", example = "ana@example.com")]
    email: Option<&'a str>,
    survey_id: SurveyId,
    /// The company that a guest code linked the draft to.
    company_id: Option<CompanyId>,
    current_screen: Screen,
    /// The front end's whole form state, byte for byte as it was saved. Not under `Prefer: return=minimal`,
    /// and not in the answer to a write that is sent again when others came since.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object, required = false)]
    data: Option<&'a RawValue>,
    /// The front end's own notes. There when data is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    meta: Option<Option<&'a RawValue>>,
    /// What the client said of its form's shape, or else the survey's when the draft was last saved.
    fingerprint: Option<&'a Fingerprint>,
    /// Whether the survey's answers have another shape now. `?fit=true` gives the draft as far as it still fits.
    schema_changed: bool,
    /// With `?fit=true`: JSON Pointers to what does not fit the form any more and was left out here. It is still stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = json!(["#/data/phone"]))]
    dropped: Option<&'a [String]>,
    version: Version,
    created_at: Moment,
    updated_at: Moment,
    /// From then on the draft does not exist any more. Every save moves it on.
    expires_at: Moment,
}

/// A draft as an answer, with its ETag.
pub struct Draft {
    head: Head,
    /// Absent where the client has it, or asked not to be sent it.
    content: Option<Content>,
    schema_changed: bool,
    dropped: Option<Vec<String>>,
    headers: Vec<Header<'static>>,
    status: Status,
}

impl Draft {
    /// The answer to a read.
    pub fn read(Current { draft: FormProgress { head, content }, schema_changed }: Current) -> Self {
        Self { head, content: Some(content), schema_changed, dropped: None, headers: Vec::new(), status: Status::Ok }
    }

    /// The answer to a write that leaves a draft.
    pub fn written(answered: Answered, headers: &WriteHeaders<'_>) -> Result<Self, Problem> {
        let (mut answer, created) = match answered.outcome {
            Outcome::Saved { current, created } => (Self::read(*current), created),
            Outcome::SavedBefore { current, schema_changed, created } => {
                let (head, headers) = (*current, Vec::new());
                (Self { head, content: None, schema_changed, dropped: None, headers, status: Status::Ok }, created)
            }
            Outcome::Discarded | Outcome::Submitted(..) => return Err(Problem::Internal),
        };
        if created {
            answer.status = Status::Created;
        }
        if answered.replayed {
            answer.headers.push(replayed());
        }
        if headers.minimal {
            answer.content = None;
            answer.headers.push(Header::new("Preference-Applied", "return=minimal"));
        }
        Ok(answer)
    }

    /// With the draft's own address, if it is new.
    pub fn located(mut self) -> Self {
        if self.status == Status::Created {
            self.headers.push(Header::new("Location", format!("/api/drafts/{}", self.head.draft_id.0)));
        }
        self
    }

    /// As far as it fits the form.
    pub fn fitted(mut self, form: &Form) -> Self {
        if let Some(content) = &mut self.content {
            let fitted = form.fit(&content.data);
            let data: Json = fitted.data.into_owned().into();
            self.dropped = Some(fitted.dropped.iter().map(|pointer| fragment(&format!("/data{pointer}"))).collect());
            content.data = data;
        }
        let last = form.screen_count().and_then(|count| i32::try_from(count - 1).ok());
        self.head.current_screen =
            last.map_or(self.head.current_screen, |last| self.head.current_screen.min(Screen(last)));
        self
    }

    fn json(&self) -> serde_json::Result<Vec<u8>> {
        let head = &self.head;
        serde_json::to_vec(&DraftView {
            draft_id: head.draft_id,
            reference: head.draft_id.reference(),
            email: head.email.as_ref().map(Email::as_str),
            survey_id: head.survey_id,
            company_id: head.company_id,
            current_screen: head.current_screen,
            data: self.content.as_ref().map(|content| &*content.data),
            meta: self.content.as_ref().map(|content| content.meta.as_deref()),
            fingerprint: head.fingerprint.as_ref().or(head.survey_fingerprint.as_ref()),
            schema_changed: self.schema_changed,
            dropped: self.dropped.as_deref(),
            version: head.version,
            created_at: head.created_at,
            updated_at: head.updated_at,
            expires_at: head.expires_at,
        })
    }

    /// The draft as JSON, to be a part of another answer; and its ETag.
    pub fn embedded(self) -> Result<(String, String), Problem> {
        let json = self.json().ok().and_then(|json| String::from_utf8(json).ok()).ok_or(Problem::Internal)?;
        Ok((json, self.head.version.etag()))
    }
}

/// Says that a write had been done before, when it came with the same key.
pub fn replayed() -> Header<'static> {
    Header::new("Idempotency-Replayed", "true")
}

impl<'r> Responder<'r, 'static> for Draft {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let json = self.json().map_err(|_| Status::InternalServerError)?;
        let mut response = Response::build();
        response
            .status(self.status)
            .header(ContentType::JSON)
            .header(Header::new("ETag", self.head.version.etag()))
            .sized_body(json.len(), Cursor::new(json));
        for header in self.headers {
            response.header(header);
        }
        response.ok()
    }
}

/// The answer to a discard.
pub struct Gone {
    /// Whether it was done before.
    pub replayed: bool,
}

impl<'r> Responder<'r, 'static> for Gone {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let mut response = Response::build();
        response.status(Status::NoContent);
        if self.replayed {
            response.header(replayed());
        }
        response.ok()
    }
}

/// The answer to a read: the draft, or that the client has it already.
#[derive(Responder)]
pub enum Shown {
    /// Here it is.
    Draft(Box<Draft>),
    /// It is the one that `If-None-Match` names.
    #[response(status = 304)]
    NotModified((), Header<'static>),
}

impl Shown {
    /// The draft, unless the client has it.
    pub fn of(current: Current, headers: &ReadHeaders) -> Self {
        let version = current.draft.head.version;
        match headers.know(version) {
            true => Self::NotModified((), Header::new("ETag", version.etag())),
            false => Self::Draft(Box::new(Draft::read(current))),
        }
    }

    /// The draft as far as it fits the form. Always whole: what fits depends on the form too, which no version tells.
    pub fn fitted(current: Current, form: &Form) -> Self {
        Self::Draft(Box::new(Draft::read(current).fitted(form)))
    }
}

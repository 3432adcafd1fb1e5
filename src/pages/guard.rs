//! Who opens a page or posts a form: somebody with a session. Programs have the API.

use std::collections::HashSet;

use multer::Multipart;
use rocket::{
    Request,
    data::{ByteUnit, Data, FromData, Outcome as DataOutcome, ToByteUnit},
    futures::stream,
    http::ContentType,
    outcome::Outcome::{Error, Success},
    request::{FromRequest, Outcome},
};
use url::form_urlencoded;

use super::{Entries, Frame, PageProblem, Section, frame::Signed, notice};
use crate::{
    access::{Arrived, Caller, Power, caller},
    accounts::Account,
    http::body::JsonLimit,
    problem::{FieldError, MOST_ERRORS, Problem},
};

/// The field by which a form proves that a page of the session has made it.
const CSRF_FIELD: &str = "csrf";

/// Somebody who is signed in and opens a page. What they may do has still to be asked.
pub struct Opened {
    arrived: Arrived,
    signed: Signed,
}

impl Opened {
    /// The caller and the page's frame, if they have this power.
    pub fn may(self, power: Power, title: impl Into<String>, section: Section) -> Result<(Caller, Frame), PageProblem> {
        let caller = self.arrived.may(power)?;
        let frame = Frame::of(self.signed, title.into(), section, &caller.grant);
        Ok((caller, frame))
    }

    /// For what concerns one's own account.
    pub fn is_signed_in(self, title: impl Into<String>) -> Result<(Caller, Account, Frame), PageProblem> {
        let (caller, account) = self.arrived.is_signed_in()?;
        let frame = Frame::of(self.signed, title.into(), Section::Own, &caller.grant);
        Ok((caller, account, frame))
    }
}

/// A form that somebody who is signed in has posted from a page of their session. What they may do has still to be asked.
pub struct Posted {
    opened: Opened,
    entries: Entries,
}

impl Posted {
    /// The caller, the frame of the page on which the form is shown once more if need be, and what was entered; if they have
    /// this power.
    pub fn may(
        self,
        power: Power,
        title: impl Into<String>,
        section: Section,
    ) -> Result<(Caller, Frame, Entries), PageProblem> {
        let (caller, frame) = self.opened.may(power, title, section)?;
        Ok((caller, frame, self.entries))
    }

    /// The same for what concerns one's own account.
    pub fn is_signed_in(self, title: impl Into<String>) -> Result<(Caller, Account, Frame, Entries), PageProblem> {
        let (caller, account, frame) = self.opened.is_signed_in(title)?;
        Ok((caller, account, frame, self.entries))
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Opened {
    type Error = PageProblem;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, PageProblem> {
        match opened(request).await {
            Ok(opened) => Success(opened),
            Err(problem) => Error((problem.status(), problem.into())),
        }
    }
}

#[rocket::async_trait]
impl<'r> FromData<'r> for Posted {
    type Error = PageProblem;

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> DataOutcome<'r, Self> {
        match posted(request, data).await {
            Ok(posted) => Success(posted),
            Err(problem) => Error((problem.status(), problem.into())),
        }
    }
}

async fn opened(request: &Request<'_>) -> Result<Opened, Problem> {
    let (arrived, csrf) = caller::in_session(request).await?;
    let email = arrived.account().map(|account| account.email.as_str().to_owned()).unwrap_or_default();
    let signed = Signed { email, csrf, notice: notice::take(request), now: arrived.now() };
    Ok(Opened { arrived, signed })
}

async fn posted(request: &Request<'_>, data: Data<'_>) -> Result<Posted, Problem> {
    refuse_other_sites(request)?;
    let opened = opened(request).await?;
    // A text in a form takes three bytes for each that is special.
    let most = JsonLimit::of(request).0.bytes() * 3 + 64.kibibytes();
    let mut given = form(request, data, most).await?;
    let shown = given.iter().find(|(name, _)| name == CSRF_FIELD).map(|(_, value)| value.as_str());
    if shown != Some(opened.signed.csrf.as_str()) {
        return Err(Problem::CsrfTokenInvalid);
    }
    given.retain(|(name, _)| name != CSRF_FIELD);
    Ok(Posted { opened, entries: Entries::of_form(given) })
}

/// Browsers say whose page has made a request (Fetch Metadata); a form of another site is none of ours.
pub(super) fn refuse_other_sites(request: &Request<'_>) -> Result<(), Problem> {
    match request.headers().get_one("Sec-Fetch-Site") {
        None | Some("same-origin" | "none") => Ok(()),
        Some(_) => Err(Problem::CsrfTokenInvalid),
    }
}

/// The fields of a form of this size at most, whichever way it is sent. Files are texts, as they are.
pub(super) async fn form(
    request: &Request<'_>,
    data: Data<'_>,
    most: ByteUnit,
) -> Result<Vec<(String, String)>, Problem> {
    let content_type = request.content_type().ok_or(Problem::UnsupportedMediaType)?;
    let body = data.open(most).into_bytes().await.map_err(|_| Problem::BadRequest)?;
    if !body.is_complete() {
        return Err(Problem::BodyTooLarge(most.as_u64()));
    }
    let fields = match content_type {
        kind if kind.is_form() => {
            let fields = form_urlencoded::parse(&body).take(MOST_FIELDS + 1);
            fields.map(|(name, value)| (name.into_owned(), typed(&value))).collect()
        }
        kind if kind.is_form_data() => parts(kind, body.into_inner()).await?,
        _ => return Err(Problem::UnsupportedMediaType),
    };
    let too_many = fields.len() > MOST_FIELDS;
    if too_many { Err(Problem::BadRequest) } else { Ok(fields) }
}

/// Browsers send the line breaks of text areas as \r\n, whatever they were.
fn typed(text: &str) -> String {
    text.replace("\r\n", "\n")
}

/// More fields than any form of ours has. No more than one beyond them is read.
const MOST_FIELDS: usize = 1000;

async fn parts(kind: &ContentType, body: Vec<u8>) -> Result<Vec<(String, String)>, Problem> {
    let boundary = kind.param("boundary").ok_or(Problem::BadRequest)?;
    let whole = stream::once(async move { Ok::<_, std::convert::Infallible>(body) });
    let mut multipart = Multipart::new(whole, boundary);
    let (mut fields, mut unreadable) = (Vec::new(), HashSet::new());
    while fields.len() <= MOST_FIELDS
        && let Some(part) = multipart.next_field().await.map_err(|_| Problem::BadRequest)?
    {
        let name = part.name().unwrap_or_default().to_owned();
        let is_file = part.file_name().is_some();
        let bytes = part.bytes().await.map_err(|_| Problem::BadRequest)?;
        match String::from_utf8(bytes.into()) {
            Ok(text) => fields.push((name, if is_file { text } else { typed(&text) })),
            Err(_) => drop(unreadable.insert(name)),
        }
    }
    if unreadable.is_empty() {
        return Ok(fields);
    }
    let error = |name| FieldError { pointer: name, detail: "must be a text in UTF-8".into() };
    Err(Problem::InvalidRequest(unreadable.into_iter().take(MOST_ERRORS).map(error).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rocket::async_test]
    async fn no_more_unreadable_fields_are_told_than_anybody_mends() {
        let part = |number: usize| {
            let head = format!("--x\r\nContent-Disposition: form-data; name=\"{number}\"\r\n\r\n");
            [head.as_bytes(), b"\xff\r\n"].concat()
        };
        let body = (0..=MOST_ERRORS).flat_map(part).chain(*b"--x--\r\n").collect();
        let kind = ContentType::new("multipart", "form-data").with_params(("boundary", "x"));
        let Err(Problem::InvalidRequest(errors)) = parts(&kind, body).await else { panic!("it is refused") };
        assert_eq!(errors.len(), MOST_ERRORS);
    }
}

//! Reading a JSON body: its type, its size, its nesting, and then its members, each kept as it was sent.

use std::{convert::Infallible, fmt, marker::PhantomData};

use rocket::{
    Request,
    data::{Data, FromData, Outcome, ToByteUnit},
    http::Method,
    outcome::Outcome::{Error, Success},
    request::{self, FromRequest},
};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{Fields, Query, fields};
use crate::problem::Problem;

/// How deep objects and lists may be nested. Forms of the largest kinds stay below 30.
pub const DEEPEST: usize = 128;

/// A JSON body within the limits. What is in it has still to be asked for: [`JsonBody::fields`].
pub struct JsonBody<'r> {
    text: &'r str,
    limit: usize,
}

impl<'r> JsonBody<'r> {
    /// The text as it was sent.
    pub fn text(&self) -> &'r str {
        self.text
    }

    /// How many bytes a body may have.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// About how much memory a command made of this body holds on to while it waits: its parts, and the body itself.
    pub fn memory(&self) -> usize {
        2 * self.text.len()
    }

    /// The members of the object that the body must be.
    pub fn fields(&self) -> Result<Fields<'r>, Problem> {
        let object: Object<'r> = serde_json::from_str(self.text).map_err(|error| {
            // The library's message may quote the body: only the place is told.
            Problem::InvalidJson(match error.is_data() {
                true => "The body must be a JSON object whose member names are valid Unicode.".into(),
                false => format!("The body is not valid JSON at line {}, column {}.", error.line(), error.column()),
            })
        })?;
        Ok(Fields::of_body(object.0))
    }
}

#[rocket::async_trait]
impl<'r> FromData<'r> for JsonBody<'r> {
    type Error = Problem;

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r, Self> {
        match declared(request) {
            Ok(()) => body(request, data).await,
            Err(problem) => Error((problem.status(), problem)),
        }
    }
}

/// The same where there is nothing that must be said: no body at all is an empty object.
pub struct OptionalJsonBody<'r>(pub JsonBody<'r>);

#[rocket::async_trait]
impl<'r> FromData<'r> for OptionalJsonBody<'r> {
    type Error = Problem;

    async fn from_data(request: &'r Request<'_>, mut data: Data<'r>) -> Outcome<'r, Self> {
        if data.peek(1).await.is_empty() && Query::of(request).none().is_ok() {
            return Success(Self(JsonBody { text: "{}", limit: JsonLimit::of(request).0 }));
        }
        JsonBody::from_data(request, data).await.map(Self)
    }
}

fn declared(request: &Request<'_>) -> Result<(), Problem> {
    // No route has both: a parameter beside a body is a mistake.
    Query::of(request).none()?;
    let is_json = request.content_type().is_some_and(|declared| {
        let subtype = declared.sub().as_str().to_ascii_lowercase();
        // There are other kinds of patches in JSON, which mean something else.
        let is_known = match request.method() {
            Method::Patch => subtype == "json" || subtype == "merge-patch+json",
            _ => subtype == "json" || subtype.ends_with("+json"),
        };
        declared.top() == "application" && is_known
    });
    if is_json { Ok(()) } else { Err(Problem::UnsupportedMediaType) }
}

async fn body<'r>(request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r, JsonBody<'r>> {
    let JsonLimit(limit) = JsonLimit::of(request);
    match read(limit, data).await {
        Ok(text) => Success(JsonBody { text: rocket::request::local_cache!(request, text), limit }),
        Err(problem) => Error((problem.status(), problem)),
    }
}

async fn read(limit: usize, data: Data<'_>) -> Result<String, Problem> {
    let body = data.open(limit.bytes()).into_bytes().await.map_err(|_| Problem::BadRequest)?;
    if !body.is_complete() {
        return Err(Problem::BodyTooLarge(limit as u64));
    }
    let text = String::from_utf8(body.into_inner()).map_err(|error| {
        Problem::InvalidJson(format!("The body is not UTF-8 from byte {} on.", error.utf8_error().valid_up_to()))
    })?;
    within_limits(&text, limit).map(|()| text)
}

/// Whether a JSON text, valid or not, may be read at all: its size in bytes, and its nesting.
pub fn within_limits(json: &str, limit: usize) -> Result<(), Problem> {
    match (json.len() > limit, depth(json) > DEEPEST) {
        (true, _) => Err(Problem::BodyTooLarge(limit as u64)),
        (_, true) => Err(Problem::NestingTooDeep),
        _ => Ok(()),
    }
}

/// How many bytes a JSON text may have, for those who take one out of a form.
#[derive(Debug, Clone, Copy)]
pub struct JsonLimit(pub usize);

impl JsonLimit {
    /// As it is configured.
    pub fn of(request: &Request<'_>) -> Self {
        let limit = request.limits().get("json").unwrap_or_else(|| 1.mebibytes());
        Self(usize::try_from(limit.as_u64()).unwrap_or(usize::MAX))
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for JsonLimit {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Infallible> {
        Success(Self::of(request))
    }
}

/// The deepest nesting of objects and lists in a JSON text, whether or not it is a valid one.
fn depth(json: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let mut bytes = json.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'{' | b'[' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => skip_string(&mut bytes),
            _ => {}
        }
    }
    deepest
}

fn skip_string(bytes: &mut impl Iterator<Item = u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => drop(bytes.next()),
            _ => {}
        }
    }
}

/// The members of a JSON object in their order, repeated ones too, each value as its text. Names that are not Unicode
/// (half a surrogate pair) can be read as their text alone.
pub struct Object<'a, N = String>(pub Vec<(N, &'a RawValue)>);

impl<'de: 'a, 'a, N: Deserialize<'de>> Deserialize<'de> for Object<'a, N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<N>(PhantomData<N>);
        impl<'de, N: Deserialize<'de>> Visitor<'de> for Members<N> {
            type Value = Object<'de, N>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::with_capacity(8);
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Object(members))
            }
        }
        deserializer.deserialize_map(Members(PhantomData))
    }
}

/// The value of a member of a JSON object, the last one if it is repeated (as `JSON.parse` takes it). None when the
/// text is not an object or has no such member.
pub fn member<'a>(json: &'a RawValue, name: &str) -> Option<&'a RawValue> {
    let object: Object<'a, &'a RawValue> = serde_json::from_str(json.get()).ok()?;
    object.0.into_iter().rev().find_map(|(key, value)| (fields::text(key)? == name).then_some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_counts_what_nests_and_not_what_strings_say() {
        assert_eq!(depth("1"), 0);
        assert_eq!(depth(r#"{"a":[{}],"b":[]}"#), 3);
        assert_eq!(depth(r#"{"a":"[[[[\"[["}"#), 1);
        assert_eq!(depth(&"[".repeat(10_000)), 10_000);
    }

    #[test]
    fn a_text_is_within_the_limits_of_size_and_nesting_or_not() {
        assert_eq!(within_limits("{}", 2), Ok(()));
        assert_eq!(within_limits("{} ", 2), Err(Problem::BodyTooLarge(2)));
        assert_eq!(within_limits(&"[".repeat(DEEPEST), 1000), Ok(()));
        assert_eq!(within_limits(&"[".repeat(DEEPEST + 1), 1000), Err(Problem::NestingTooDeep));
    }

    #[test]
    fn a_repeated_member_counts_as_its_last() {
        let json: Box<RawValue> = serde_json::from_str(r#"{"a":1,"b":2,"a":3}"#).expect("JSON");
        assert_eq!(member(&json, "a").map(RawValue::get), Some("3"));
        assert!(member(&json, "c").is_none());
    }
}

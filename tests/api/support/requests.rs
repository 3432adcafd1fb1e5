//! What participants send, put together member by member. Every value is the JSON text that goes over the wire.

use url::form_urlencoded;

/// Three participants, for tests to which it does not matter who they are.
pub const NAMED: (&str, &str, &str) = ("ana@example.com", "ben@example.com", "cleo@example.com");

/// A body of members, each a JSON text.
#[derive(Debug, Clone)]
struct Members(Vec<(&'static str, String)>);

impl Members {
    fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.remove(name);
        self.0.push((name, value.into()));
    }

    fn remove(&mut self, name: &str) {
        self.0.retain(|(member, _)| *member != name);
    }

    fn body(&self) -> String {
        let members: Vec<String> = self.0.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", members.join(","))
    }
}

/// A save of a screen. One that nobody changes is a good first save in survey 1.
#[derive(Debug, Clone)]
pub struct Save(Members);

impl Save {
    pub fn of(email: &str) -> Self {
        let members = [("email", quoted(email)), ("survey_id", "1".into()), ("data", r#"{"a":1}"#.into())];
        Self(Members(members.into()))
    }

    /// With this member, whatever it is.
    pub fn with(mut self, name: &'static str, json: impl Into<String>) -> Self {
        self.0.set(name, json);
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.0.remove(name);
        self
    }

    pub fn data(self, json: impl Into<String>) -> Self {
        self.with("data", json)
    }

    pub fn screen(self, number: i32) -> Self {
        self.with("current_screen", number.to_string())
    }

    pub fn survey(self, id: i64) -> Self {
        self.with("survey_id", id.to_string())
    }

    /// As a front end of this design keeps the code that was typed.
    pub fn guest_code(self, code: &str) -> Self {
        self.data(format!(r#"{{"guestCodeResponse":{{"guestCode":{}}}}}"#, quoted(code)))
    }

    pub fn body(&self) -> String {
        self.0.body()
    }
}

impl From<&str> for Save {
    fn from(email: &str) -> Self {
        Self::of(email)
    }
}

/// A submission. One that nobody changes answers question 10 of survey 1.
#[derive(Debug, Clone)]
pub struct Submission(Members);

impl Submission {
    pub fn of(email: &str) -> Self {
        let members = [("email", quoted(email)), ("survey_id", "1".into()), ("answers", "[100]".into())];
        Self(Members(members.into()))
    }

    /// With this member, whatever it is.
    pub fn with(mut self, name: &'static str, json: impl Into<String>) -> Self {
        self.0.set(name, json);
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.0.remove(name);
        self
    }

    pub fn answers(self, json: &str) -> Self {
        self.with("answers", json)
    }

    pub fn body(&self) -> String {
        self.0.body()
    }
}

impl From<&str> for Submission {
    fn from(email: &str) -> Self {
        Self::of(email)
    }
}

/// The path of a participant's draft, with the email as a browser encodes it.
pub fn progress_path(email: &str, survey_id: i64) -> String {
    let email: String = form_urlencoded::byte_serialize(email.as_bytes()).collect();
    format!("/api/progress?email={email}&survey_id={survey_id}")
}

/// A text as JSON.
pub fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a text is JSON")
}

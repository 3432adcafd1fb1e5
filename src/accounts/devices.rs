//! Browsers that are known: those from which somebody has signed in, or set a password with a link.
//!
//! They keep a cookie that says so (OWASP's "device cookies"). It lets nobody in; it only sets their tries apart from those of
//! strangers, so that no attack keeps a person out. It names nobody, and nothing of it is stored.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    access::{Secret, SecretDigest},
    audit::People,
    email::Email,
};

/// Makes and recognises what known browsers keep.
pub struct Devices {
    people: People,
}

impl Devices {
    /// Of this installation.
    pub fn new(people: People) -> Self {
        Self { people }
    }

    /// What a browser is to keep from which this email was signed in: the same again if it has one, so that nobody collects
    /// several.
    pub fn cookie(&self, email: &Email, kept: Option<&str>) -> String {
        match kept.filter(|kept| self.knows(kept, email)) {
            Some(kept) => kept.to_owned(),
            None => self.signed(Secret::random("").reveal(), email),
        }
    }

    /// Whether this is what a browser keeps from which this email was signed in.
    pub fn knows(&self, kept: &str, email: &Email) -> bool {
        let expected = kept.split_once('.').map(|(nonce, _)| self.signed(nonce, email));
        // Digests are compared, so that the time tells nothing of how much was right.
        expected.is_some_and(|expected| SecretDigest::of(&expected) == SecretDigest::of(kept))
    }

    fn signed(&self, nonce: &str, email: &Email) -> String {
        let signature = self.people.digest("sign-in device", &format!("{nonce} {}", email.as_str()));
        format!("{nonce}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Parameter;

    #[test]
    fn a_browser_is_known_for_its_own_email_and_keeps_what_it_has() {
        let devices = Devices::new(People::new(b"secret"));
        let [ana, ben] = ["ana@example.com", "ben@example.com"].map(|text| Email::parse(text).expect("an email"));
        let kept = devices.cookie(&ana, None);

        assert!(devices.knows(&kept, &ana) && !devices.knows(&kept, &ben));
        assert_eq!(devices.cookie(&ana, Some(&kept)), kept);
        assert_ne!(devices.cookie(&ben, Some(&kept)), kept);
        assert_ne!(devices.cookie(&ana, None), kept);
        assert!(!Devices::new(People::new(b"another")).knows(&kept, &ana));
        assert!(!kept.contains("ana"));
    }
}

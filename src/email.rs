//! The email address that names a participant.

use std::{fmt, sync::Arc};

use validator::ValidateEmail;

use crate::http::Parameter;

/// Longest address, in characters: the limit of RFC 5321's forward path, without its angle brackets.
const LONGEST: usize = 254;

/// A participant's email address, trimmed and case-folded: two spellings of one address are equal.
///
/// What counts as an address is what the browser's own email field accepts (the HTML standard's "valid e-mail
/// address"): `a@localhost` is one, a local part outside ASCII is not. A domain in another script is kept in its
/// ASCII form (IDNA), as browsers send it, so that both spellings name the same participant.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Email(Arc<str>);

impl Email {
    /// The address as it is stored and compared.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// An address that [`Email::parse`] made, back from the database.
    pub fn from_stored(text: String) -> Self {
        Self(text.into())
    }
}

impl Parameter for Email {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        if text.is_empty() {
            return Err("must not be empty");
        }
        if text.chars().count() > LONGEST {
            return Err("must have 254 characters at most");
        }
        if text.contains(' ') {
            return Err("must be an email address without spaces (in a URL, write + as %2B)");
        }
        const NOT_ONE: &str = "must be an email address such as ana@example.com";
        let (local, domain) = text.rsplit_once('@').ok_or(NOT_ONE)?;
        let domain = idna::domain_to_ascii(domain).map_err(|_| NOT_ONE)?;
        let address = format!("{}@{domain}", local.to_ascii_lowercase());
        if address.len() > LONGEST || !address.validate_email() {
            return Err(NOT_ONE);
        }
        Ok(Self(address.into()))
    }
}

impl fmt::Debug for Email {
    /// Never the address: what is printed for debugging ends up in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(text: &str) -> String {
        Email::parse(text).expect("an address").as_str().to_owned()
    }

    #[test]
    fn spellings_of_one_address_are_one_participant() {
        assert_eq!(parsed(" Ana.Lee+survey@Example.COM\t"), "ana.lee+survey@example.com");
        assert_eq!(parsed("ana@bücher.example"), parsed("ANA@xn--bcher-kva.example"));
        assert_eq!(parsed("a@localhost"), "a@localhost");
    }

    #[test]
    fn what_a_browser_would_refuse_is_refused() {
        for text in [
            "",
            "  ",
            "ana",
            "@x.org",
            "ana@",
            "a b@x.org",
            "a\u{0}b@x.org",
            "ana@x..org",
            "a@b@c",
            "á@x.org",
            "ana@x.org\u{7}",
        ] {
            assert!(Email::parse(text).is_err(), "{text:?}");
        }
        assert!(Email::parse(&format!("a@{}.org", "x.".repeat(130))).is_err());
    }

    #[test]
    fn debug_output_never_shows_the_address() {
        let email = Email::parse("ana@example.com").expect("an address");
        assert!(!format!("{email:?}").contains("ana"));
    }

    proptest! {
        #[test]
        fn parsing_twice_changes_nothing(text in "[A-Za-z0-9.+_-]{1,20}@[A-Za-z0-9ü-]{1,20}(\\.[a-z]{2,5})?") {
            if let Ok(email) = Email::parse(&text) {
                prop_assert_eq!(Email::parse(email.as_str()), Ok(email));
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _outcome = Email::parse(&text);
        }
    }
}

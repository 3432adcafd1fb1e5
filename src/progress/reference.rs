//! What a participant reads out on the telephone so that support finds their draft.

use std::fmt;

use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::DraftId;
use crate::http::Parameter;

/// Crockford's base32: no I, L, O or U, which are misread or misheard.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters in a reference, and the bits of the id that they stand for.
const LENGTH: usize = 12;
const BITS: u32 = 60;

/// The first 60 bits of a draft's id, as three groups of four characters: `01K8-3FZQ-7MXA`.
///
/// It says nothing of the participant, and does not give the draft away: whoever knows the id may read and write the draft,
/// and more than 60 random bits of it are not in here. Two drafts may share a reference, if they began in the same
/// millisecond: one in 256 of such do. A search shows both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference(u64);

impl DraftId {
    /// By which support finds the draft.
    pub fn reference(self) -> Reference {
        Reference((self.0.as_u128() >> (u128::BITS - BITS)) as u64)
    }
}

impl Reference {
    /// The first and the last id that have it, in the order in which both databases compare ids.
    pub fn ids(self) -> (DraftId, DraftId) {
        let rest = u128::BITS - BITS;
        let first = u128::from(self.0) << rest;
        (DraftId(uuid::Uuid::from_u128(first)), DraftId(uuid::Uuid::from_u128(first | ((1 << rest) - 1))))
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for place in 0..LENGTH {
            if place > 0 && place % 4 == 0 {
                f.write_str("-")?;
            }
            let digit = (self.0 >> (5 * (LENGTH - 1 - place))) & 31;
            write!(f, "{}", char::from(ALPHABET[digit as usize]))?;
        }
        Ok(())
    }
}

impl Parameter for Reference {
    /// As people write down what they heard: in any case, with or without hyphens and spaces, O for 0, I and L for 1.
    fn parse(text: &str) -> Result<Self, &'static str> {
        const NOT_ONE: &str = "must be a reference such as 01K8-3FZQ-7MXA";
        let heard = text.chars().filter(|heard| !heard.is_whitespace() && !['-', '–', '—'].contains(heard));
        let (mut bits, mut length) = (0_u64, 0);
        for heard in heard {
            let meant = match heard.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                meant => meant,
            };
            let digit = ALPHABET.iter().position(|digit| char::from(*digit) == meant).ok_or(NOT_ONE)?;
            length += 1;
            if length > LENGTH {
                return Err(NOT_ONE);
            }
            bits = bits << 5 | digit as u64;
        }
        if length == LENGTH { Ok(Self(bits)) } else { Err(NOT_ONE) }
    }
}

impl Serialize for Reference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl utoipa::PartialSchema for Reference {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::Type::String)
            .description(Some("Names the draft to support, and does not give it away: made of a half of its id."))
            .examples(["01K8-3FZQ-7MXA"])
            .into()
    }
}

impl ToSchema for Reference {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn id(text: &str) -> DraftId {
        text.parse().expect("an id")
    }

    #[test]
    fn a_reference_is_read_back_as_people_write_it() {
        let reference = id("019aa5d2-7b5c-7d3e-8c1f-2f9a4b6c8d0e").reference();

        assert_eq!(reference.to_string(), "06DA-BMKV-BHYK");
        for heard in ["06da-bmkv-bhyk", "O6DABMKVBHYK", " o6da bmkv bhyk ", "06-DA-BM-KV-BH-YK", "06DA–BMKV—BHYK"] {
            assert_eq!(Reference::parse(heard), Ok(reference), "{heard}");
        }
        assert_eq!(Reference::parse("ILil-0000-OOoo"), Reference::parse("1111-0000-0000"));
    }

    #[test]
    fn what_is_no_reference_is_refused() {
        for text in ["", "06DA-BMKV-BHY", "06DA-BMKV-BHYKA", "06DA-BMKV-BHYU", "06DA-BMKV-BHY*", "ä6DABMKVBHYK"] {
            assert!(Reference::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_id_is_among_those_of_its_reference(id in 1..u128::MAX) {
            let id = DraftId(uuid::Uuid::from_u128(id));
            let reference = id.reference();
            let (first, last) = reference.ids();

            prop_assert_eq!(Reference::parse(&reference.to_string()), Ok(reference));
            prop_assert!(first <= id && id <= last);
            // SQLite compares the texts.
            let (first, text, last) = (first.0.to_string(), id.0.to_string(), last.0.to_string());
            prop_assert!(first <= text && text <= last);
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _outcome = Reference::parse(&text);
        }
    }
}

//! Which keys can be. Pure.

use std::collections::BTreeSet;

use super::{Kind, Origin};
use crate::{
    access::{Grant, Power, Reach, rules::refuses_key},
    companies::CompanyId,
    surveys::SurveyId,
};

/// What a key is to be. What is none was not said.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Whether it is a server's; if not, a site's.
    pub is_server: bool,
    /// The origins whose pages may use it.
    pub origins: Option<Vec<Origin>>,
    /// What it may do.
    pub powers: Option<Vec<Power>>,
    /// The surveys to which it is limited.
    pub surveys: Option<Vec<SurveyId>>,
    /// The companies to which it is limited.
    pub companies: Option<Vec<CompanyId>>,
}

/// What is wrong with a key: the part of it, and a phrase that follows its name.
pub type Wrong = (&'static str, &'static str);

const EMPTY: &str = "must name one at least, or be left out";

/// The key, or everything that is wrong with it.
pub fn kind_of(asked: Asked) -> Result<Kind, Vec<Wrong>> {
    let mut wrong = Vec::new();
    let parts = [
        ("origins", asked.origins.as_ref().map(Vec::len), !asked.is_server, "must not be given: a server has no pages"),
        (
            "powers",
            asked.powers.as_ref().map(Vec::len),
            asked.is_server,
            "must not be given: a site key may use the public routes",
        ),
        (
            "surveys",
            asked.surveys.as_ref().map(Vec::len),
            asked.is_server,
            "must not be given: a site key is no secret, and limits nobody",
        ),
        (
            "companies",
            asked.companies.as_ref().map(Vec::len),
            asked.is_server,
            "must not be given: a site key is no secret, and limits nobody",
        ),
    ];
    for (part, given, is_its_own, detail) in parts {
        match given {
            Some(_) if !is_its_own => wrong.push((part, detail)),
            Some(0) => wrong.push((part, EMPTY)),
            _ => {}
        }
    }
    let kind = match asked.is_server {
        false => Kind::Site {
            origins: asked.origins.map(|origins| origins.into_iter().map(|origin| origin.0).collect::<BTreeSet<_>>()),
        },
        true => {
            let grant = Grant {
                powers: asked.powers.into_iter().flatten().collect(),
                surveys: reach(asked.surveys),
                companies: reach(asked.companies),
            };
            wrong.extend(refuses_key(&grant).filter(|_| wrong.is_empty()).map(|detail| ("powers", detail)));
            Kind::Server { grant }
        }
    };
    if wrong.is_empty() { Ok(kind) } else { Err(wrong) }
}

fn reach<T: Ord>(ids: Option<Vec<T>>) -> Reach<T> {
    ids.map_or(Reach::All, |ids| Reach::Only(ids.into_iter().collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(asked: Asked) -> Vec<&'static str> {
        kind_of(asked).err().into_iter().flatten().map(|(part, _)| part).collect()
    }

    fn server(powers: &[Power]) -> Asked {
        Asked { is_server: true, powers: Some(powers.to_vec()), ..Asked::default() }
    }

    #[test]
    fn a_site_key_has_origins_and_nothing_else() {
        let origins = Some(vec![Origin("https://b.example".into()), Origin("https://a.example".into())]);
        let kind = kind_of(Asked { origins, ..Asked::default() });

        let both = ["https://a.example".to_owned(), "https://b.example".to_owned()].into();
        assert_eq!(kind, Ok(Kind::Site { origins: Some(both) }));
        assert_eq!(kind_of(Asked::default()), Ok(Kind::Site { origins: None }));
        assert_eq!(wrong(Asked { origins: Some(vec![]), ..Asked::default() }), ["origins"]);
        let with_all = Asked { is_server: false, companies: Some(vec![]), surveys: Some(vec![]), ..server(&[]) };
        assert_eq!(wrong(with_all), ["powers", "surveys", "companies"]);
    }

    #[test]
    fn a_server_key_has_powers_and_perhaps_limits() {
        let asked = Asked { surveys: Some(vec![SurveyId(2)]), ..server(&[Power::Submit]) };
        let grant =
            Grant { powers: [Power::Submit].into(), surveys: Reach::Only([SurveyId(2)].into()), companies: Reach::All };

        assert_eq!(kind_of(asked), Ok(Kind::Server { grant }));
        assert_eq!(wrong(Asked { is_server: true, ..Asked::default() }), ["powers"]);
        assert_eq!(wrong(server(&[])), ["powers"]);
        assert_eq!(wrong(server(&[Power::Keys])), ["powers"]);
        assert_eq!(wrong(Asked { surveys: Some(vec![]), ..server(&[Power::Submit]) }), ["surveys"]);
        assert_eq!(wrong(Asked { origins: Some(vec![]), ..server(&[Power::Submit]) }), ["origins"]);
    }
}

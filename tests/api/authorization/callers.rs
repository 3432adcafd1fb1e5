//! Everybody who might ask, and what they may by the words of the README: not by the code that is tested here.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use formprogress::{
    access::{Grant, Power, Reach, Role, caller::csrf_token},
    companies::CompanyId,
    keys::Kind,
    surveys::SurveyId,
};

use crate::support::{Service, database::SURVEY};

/// The companies and surveys of the table. Drafts are those of survey 1 and ACME.
pub struct World {
    acme: CompanyId,
    bolt: CompanyId,
    other_survey: SurveyId,
}

/// Somebody who asks.
#[derive(Clone)]
pub struct Caller {
    pub name: String,
    pub headers: Vec<(&'static str, String)>,
    pub is: Is,
}

/// Who somebody is.
#[derive(Clone)]
pub enum Is {
    /// Nobody that is known.
    Nobody,
    /// A page of a site, and whether it is one of those that the key is for.
    Site { at_home: bool },
    /// A program.
    Key(May),
    /// A person, and whether they prove that the page of the service asks.
    Person { grant: May, proves: bool },
}

/// What somebody may.
#[derive(Clone)]
pub struct May {
    powers: BTreeSet<Power>,
    pub sees: Sees,
}

/// What somebody may see of the things of the table.
#[derive(Debug, Clone, Copy)]
pub struct Sees {
    pub survey: bool,
    pub company: bool,
    /// Whether there are companies whose things they do not see.
    pub in_part_of_companies: bool,
}

impl May {
    pub fn may(&self, power: Power) -> bool {
        self.powers.contains(&power)
    }
}

impl Sees {
    const ALL: Self = Self { survey: true, company: true, in_part_of_companies: false };

    /// Whether they see what belongs to survey 1 and ACME.
    pub fn thing(self) -> bool {
        self.survey && self.company
    }
}

/// What no key may.
const NOT_FOR_KEYS: [Power; 2] = [Power::Accounts, Power::Keys];

/// What concerns all companies: nobody has it who is limited to some.
const OF_ALL_COMPANIES: [Power; 8] = [
    Power::Participate,
    Power::ChangeSurveys,
    Power::ReadPeople,
    Power::ErasePeople,
    Power::Audit,
    Power::Metrics,
    Power::Accounts,
    Power::Keys,
];

/// What concerns all surveys.
const OF_ALL_SURVEYS: [Power; 6] =
    [Power::Participate, Power::ReadPeople, Power::ErasePeople, Power::Audit, Power::Metrics, Power::ChangeCompanies];

fn all_but(left_out: &[Power]) -> BTreeSet<Power> {
    let for_keys = Power::ALL.iter().filter(|power| !NOT_FOR_KEYS.contains(power));
    for_keys.filter(|power| !left_out.contains(power)).copied().collect()
}

fn powers_of(role: Role) -> BTreeSet<Power> {
    match role {
        Role::Viewer => [Power::Figures].into(),
        Role::Editor => [
            Power::Figures,
            Power::Events,
            Power::ReadDrafts,
            Power::ChangeDrafts,
            Power::ReadSubmissions,
            Power::Submit,
            Power::ChangeSurveys,
            Power::ChangeCompanies,
        ]
        .into(),
        // Everything but what only a participant's front end does.
        Role::Owner => Power::ALL.iter().copied().filter(|power| *power != Power::Participate).collect(),
    }
}

impl World {
    pub async fn new(service: &Service<'_>) -> Self {
        let other_survey = service.database.add_survey(SURVEY);
        let acme = service.database.add_company("ACME", "ACME");
        let bolt = service.database.add_company("Bolt", "BOLT");
        // The scenes are set with this one.
        service.server_key(&[Power::Participate]).await;
        Self { acme, bolt, other_survey }
    }

    /// Nobody's limits, those of who belongs to ACME, and those of who does not.
    fn companies(&self) -> [(&'static str, Reach<CompanyId>, Sees); 3] {
        let of = |company, is_acme| {
            (Reach::Only([company].into()), Sees { company: is_acme, in_part_of_companies: true, ..Sees::ALL })
        };
        let ((own, sees_own), (other, sees_other)) = (of(self.acme, true), of(self.bolt, false));
        [("", Reach::All, Sees::ALL), (" of the company", own, sees_own), (" of another company", other, sees_other)]
    }
}

/// All who ask every route.
pub async fn everybody(service: &Service<'_>, world: &World) -> Vec<Caller> {
    let mut everybody = nobodies(service).await;
    everybody.extend(sites(service).await);
    everybody.extend(limited_keys(service, world).await);
    everybody.extend(people(service, world));
    everybody
}

/// Keys that have one of these powers and nothing else, and one that has all others.
pub async fn by_power(service: &Service<'_>, powers: &[Power]) -> Vec<Caller> {
    let mut callers = Vec::new();
    let of_keys = powers.iter().filter(|power| !NOT_FOR_KEYS.contains(power));
    for power in of_keys {
        callers.push(key(service, &format!("a key with {} only", power.as_str()), [*power].into()).await);
    }
    if !powers.is_empty() {
        callers.push(key(service, "a key with all other powers", all_but(powers)).await);
    }
    callers.push(key(service, "a key with all powers", all_but(&[])).await);
    callers
}

fn nobody(name: &str, headers: Vec<(&'static str, String)>) -> Caller {
    Caller { name: name.to_owned(), headers, is: Is::Nobody }
}

fn bearer(key: &str) -> Vec<(&'static str, String)> {
    vec![("Authorization", format!("Bearer {key}"))]
}

async fn nobodies(service: &Service<'_>) -> Vec<Caller> {
    let grant = Grant { powers: all_but(&[]), surveys: Reach::All, companies: Reach::All };
    let revoked = service.key(Kind::Server { grant }).await;
    service.database.execute("UPDATE api_keys SET revoked_at = created_at WHERE id = (SELECT max(id) FROM api_keys)");
    // The next key that is made lets the service know.
    let owner = |name: &str| service.database.add_account(name, Role::Owner, &Reach::All, service.clock.now());
    let at =
        |minutes| (chrono::DateTime::<chrono::Utc>::from(service.clock.now()) - TimeDelta::minutes(minutes)).into();
    let session = |name: &str, created, seen| service.database.add_session(owner(name), at(created), at(seen));
    let (idle, old) = (session("idle", 200, 121), session("old", 12 * 60 + 1, 0));
    let switched_off = session("off", 0, 0);
    service.database.execute("UPDATE accounts SET is_active = FALSE WHERE email = 'off@example.org'");
    vec![
        nobody("nobody", Vec::new()),
        nobody("an unknown key", bearer("fp_server_unknown")),
        nobody("a revoked key", bearer(&revoked)),
        nobody("another scheme", vec![("Authorization", "Basic YW5hOnNlc2FtZQ==".to_owned())]),
        nobody("somebody who has signed out", within("gone")),
        nobody("somebody who was away for too long", within(&idle)),
        nobody("somebody who signed in too long ago", within(&old)),
        nobody("somebody who was switched off", within(&switched_off)),
    ]
}

async fn sites(service: &Service<'_>) -> Vec<Caller> {
    let anywhere = service.key(Kind::Site { origins: None }).await;
    let here = service.key(Kind::Site { origins: Some(["https://here.example".to_owned()].into()) }).await;
    let from = |origin: &str| [bearer(&here), vec![("Origin", origin.to_owned())]].concat();
    let site = |name: &str, headers, at_home| Caller { name: name.to_owned(), headers, is: Is::Site { at_home } };
    vec![
        site("a site", bearer(&anywhere), true),
        site("a page of a site", from("https://here.example"), true),
        site("a page of another site", from("https://elsewhere.example"), false),
    ]
}

async fn key(service: &Service<'_>, name: &str, powers: BTreeSet<Power>) -> Caller {
    let grant = Grant { powers, surveys: Reach::All, companies: Reach::All };
    limited_key(service, name, grant, Sees::ALL).await
}

async fn limited_key(service: &Service<'_>, name: &str, grant: Grant, sees: Sees) -> Caller {
    let may = May { powers: grant.powers.clone(), sees };
    let key = service.key(Kind::Server { grant }).await;
    Caller { name: name.to_owned(), headers: bearer(&key), is: Is::Key(may) }
}

/// Keys with all powers that their limits allow.
async fn limited_keys(service: &Service<'_>, world: &World) -> Vec<Caller> {
    let mut keys = Vec::new();
    for (whose, survey, is_own) in [("the survey", SurveyId(1), true), ("another survey", world.other_survey, false)] {
        let surveys = Reach::Only([survey].into());
        let grant = Grant { powers: all_but(&OF_ALL_SURVEYS), surveys, companies: Reach::All };
        let sees = Sees { survey: is_own, ..Sees::ALL };
        keys.push(limited_key(service, &format!("a key of {whose}"), grant, sees).await);
    }
    for (whose, companies, sees) in world.companies().into_iter().skip(1) {
        let grant = Grant { powers: all_but(&OF_ALL_COMPANIES), surveys: Reach::All, companies };
        keys.push(limited_key(service, &format!("a key{whose}"), grant, sees).await);
    }
    keys
}

/// People of every role, limited and not; and an owner whose browser was led astray.
fn people(service: &Service<'_>, world: &World) -> Vec<Caller> {
    let now = service.clock.now();
    let mut people = Vec::new();
    for role in [Role::Viewer, Role::Editor, Role::Owner] {
        for (number, (whose, companies, sees)) in world.companies().into_iter().enumerate() {
            let account = service.database.add_account(&format!("{role}{number}"), role, &companies, now);
            let session = service.database.add_session(account, now, now);
            let mut powers = powers_of(role);
            if companies.is_limited() {
                powers.retain(|power| !OF_ALL_COMPANIES.contains(power));
            }
            let grant = May { powers, sees };
            let person = |name: String, headers, proves| {
                let is = Is::Person { grant: grant.clone(), proves };
                Caller { name, headers, is }
            };
            people.push(person(format!("a {role}{whose}"), within(&session), true));
            if (role, number) == (Role::Owner, 0) {
                let cookie = vec![within(&session).remove(0)];
                let wrong = [cookie.clone(), vec![("X-CSRF-Token", csrf_token("another session"))]].concat();
                people.push(person("an owner with a wrong CSRF token".into(), wrong, false));
                people.push(person("an owner without a CSRF token".into(), cookie, false));
            }
        }
    }
    people
}

/// Within a session.
fn within(session: &str) -> Vec<(&'static str, String)> {
    vec![("Cookie", format!("formprogress_session={session}")), ("X-CSRF-Token", csrf_token(session))]
}

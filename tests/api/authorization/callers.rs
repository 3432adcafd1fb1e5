//! Everybody who might ask, and what they may by the words of the README: not by the code that is tested here.

use std::collections::BTreeSet;

use formprogress::{
    access::{Grant, Power, Reach, Role, caller::csrf_token},
    companies::CompanyId,
    keys::Kind,
    surveys::SurveyId,
};

use uuid::Uuid;

use super::rows::Of;
use crate::support::{Service, accounts::SignedIn, database::SURVEY};

/// The companies and surveys of the table. Drafts are those of survey 1 and ACME.
pub struct World {
    pub acme: CompanyId,
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
    survey: bool,
    company: bool,
    /// Whether there are surveys, and companies, whose things they do not see.
    in_part: (bool, bool),
}

impl May {
    pub fn may(&self, power: Power) -> bool {
        self.powers.contains(&power)
    }
}

impl Sees {
    const ALL: Self = Self { survey: true, company: true, in_part: (false, false) };

    /// Whether they see what belongs to this.
    pub fn what_is(self, of: Of) -> bool {
        match of {
            Of::Survey => self.survey,
            Of::Company => self.company,
            Of::Both => self.survey && self.company,
        }
    }

    /// Whether there is something that they do not see.
    pub fn is_limited(self) -> bool {
        self.in_part.0 || self.in_part.1
    }

    /// The same, on account of companies.
    pub fn is_limited_to_companies(self) -> bool {
        self.in_part.1
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

    /// No limit, that of who belongs to ACME, and that of who does not.
    fn limits(&self) -> [(&'static str, Vec<CompanyId>, Sees); 3] {
        let sees = |company| Sees { company, in_part: (false, true), ..Sees::ALL };
        [
            ("", Vec::new(), Sees::ALL),
            (" of the company", vec![self.acme], sees(true)),
            (" of another company", vec![self.bolt], sees(false)),
        ]
    }
}

/// All who ask every route, but for people.
pub async fn everybody(service: &Service<'_>, world: &World) -> Vec<Caller> {
    let mut everybody = nobodies(service).await;
    everybody.extend(sites(service).await);
    everybody.extend(limited_keys(service, world).await);
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
    let session = |name: &str, set: &str| {
        let SignedIn { account, token, .. } = service.sign_in(&format!("{name}@example.org"), Role::Owner, &[]);
        service.database.execute(&set.replace("{account}", &account.0.to_string()));
        token
    };
    let ago = |minutes| service.clock.now().minus_minutes(minutes);
    let sessions = |column: &str, at| format!("UPDATE sessions SET {column} = '{at}' WHERE account_id = {{account}}");
    let idle = session("idle", &sessions("seen_at", ago(121)));
    let old = session("old", &sessions("created_at", ago(12 * 60 + 1)));
    let off = session("off", "UPDATE accounts SET is_active = FALSE WHERE id = {account}");
    vec![
        nobody("nobody", Vec::new()),
        nobody("an unknown key", bearer("fp_server_unknown")),
        nobody("a revoked key", bearer(&revoked)),
        nobody("another scheme", vec![("Authorization", "Basic YW5hOnNlc2FtZQ==".to_owned())]),
        nobody("somebody who has signed out", within("gone")),
        nobody("somebody who was away for too long", within(&idle)),
        nobody("somebody who signed in too long ago", within(&old)),
        nobody("somebody who was switched off", within(&off)),
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
        let sees = Sees { survey: is_own, in_part: (true, false), ..Sees::ALL };
        keys.push(limited_key(service, &format!("a key of {whose}"), grant, sees).await);
    }
    for (whose, companies, sees) in world.limits().into_iter().skip(1) {
        let companies = Reach::Only(companies.into_iter().collect());
        let grant = Grant { powers: all_but(&OF_ALL_COMPANIES), surveys: Reach::All, companies };
        keys.push(limited_key(service, &format!("a key{whose}"), grant, sees).await);
    }
    keys
}

/// People of every role, limited and not; and an owner whose browser was led astray. Each in a new session, since some routes
/// end it.
pub fn people(service: &Service<'_>, world: &World) -> Vec<Caller> {
    let sign_in = |role, companies: &[CompanyId]| {
        // Nobody can limit an owner. Where a hand in the database did, the limit holds.
        let limits = if role == Role::Owner { &[][..] } else { companies };
        let SignedIn { account, token, .. } =
            service.sign_in(&format!("{}@example.org", Uuid::now_v7().simple()), role, limits);
        if limits.len() != companies.len() {
            let ids: Vec<String> = companies.iter().map(|id| id.0.to_string()).collect();
            let ids = ids.join(" ");
            service.database.execute(&format!("UPDATE accounts SET companies = '{ids}' WHERE id = {}", account.0));
        }
        token
    };
    let mut people = Vec::new();
    for role in [Role::Viewer, Role::Editor, Role::Owner] {
        for (whose, companies, sees) in world.limits() {
            let mut powers = powers_of(role);
            if !companies.is_empty() {
                powers.retain(|power| !OF_ALL_COMPANIES.contains(power));
            }
            let is = Is::Person { grant: May { powers, sees }, proves: true };
            let headers = within(&sign_in(role, &companies));
            people.push(Caller { name: format!("a {role}{whose}"), headers, is });
        }
    }
    let owner = May { powers: powers_of(Role::Owner), sees: Sees::ALL };
    let astray = |name: &str, headers| Caller {
        name: name.to_owned(),
        headers,
        is: Is::Person { grant: owner.clone(), proves: false },
    };
    let (cookie, wrong) = (within(&sign_in(Role::Owner, &[])).remove(0), within("another session").remove(1));
    people.push(astray("an owner with a wrong CSRF token", vec![cookie, wrong]));
    let cookie = within(&sign_in(Role::Owner, &[])).remove(0);
    people.push(astray("an owner without a CSRF token", vec![cookie]));
    people
}

/// Within a session.
fn within(session: &str) -> Vec<(&'static str, String)> {
    vec![("Cookie", format!("formprogress_session={session}")), ("X-CSRF-Token", csrf_token(session))]
}

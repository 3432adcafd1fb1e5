//! The forms by which owners manage accounts: read, and refused in words that stand at their fields.

use crate::{
    access::{Reach, Role},
    accounts::{
        Account,
        rules::{Change, MOST_COMPANIES, Refusal, limited_to},
    },
    companies::{self, Company, CompanyId},
    db::Database,
    http::Fields,
    pages::{
        Entries,
        limits::{self, Limits, MOST_CHOICES},
    },
    problem::Problem,
};

/// The companies that there are to choose from.
pub async fn companies(database: &Database) -> Result<Limits, Problem> {
    let found = database.read(|conn| companies::store::page(conn, None, None, None, MOST_CHOICES + 1)).await?;
    Ok(Limits::among("companies", "Companies", found.into_iter().map(|company| (company.id.0, company.name))))
}

/// The companies that were chosen.
pub fn reach_in(entries: &Entries, fields: &mut Fields<'_>) -> Reach<CompanyId> {
    let Some(chosen) = limits::chosen::<CompanyId>(entries, fields, "companies") else { return Reach::All };
    limited_to(chosen.into_iter().collect()).unwrap_or_else(|| {
        fields.note_unless_wrong("companies", &format!("must be 1 to {MOST_COMPANIES}"));
        Reach::All
    })
}

/// What a form that changes an account asks for: what is different from what it showed.
pub fn change_in(entries: &Entries) -> Result<Change, Problem> {
    let mut fields = entries.fields();
    let role = fields.required::<Role>("role");
    let companies = reach_in(entries, &mut fields);
    let role = fields.finish(role)?;
    Ok(Change {
        role: Some(role).filter(|role| entries.is_changed("role", role)),
        companies: Some(companies).filter(|companies| entries.is_changed("companies", as_shown(companies))),
        is_active: None,
    })
}

/// Limits as one text.
fn as_shown(companies: &Reach<CompanyId>) -> String {
    companies.as_stored().unwrap_or_else(|| "all".into())
}

/// The form that changes an account, as the account is.
pub fn as_it_is(account: &Account, choices: &Limits) -> Entries {
    let mut values = choices.prefilled(account.companies.ids().as_deref());
    values.push(("role".into(), account.role.to_string()));
    values.push(("was_role".into(), account.role.to_string()));
    values.push(("was_companies".into(), as_shown(&account.companies)));
    let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    Entries::prefilled(&values)
}

/// Says at its field why something was refused. What belongs to no field is given back as a sentence.
pub fn say(refusal: Refusal, entries: &mut Entries) -> Option<&'static str> {
    let (field, detail) = match refusal {
        Refusal::EmailTaken => ("email", "has an account already: change that one, or make it a new link"),
        Refusal::NoCompany => ("companies", "must be there: one of these ids is no company’s"),
        Refusal::LimitedOwner => ("companies", "cannot limit an owner, who manages what all companies share"),
        Refusal::LastOwner => return Some(LAST_OWNER),
        Refusal::SwitchedOff => return Some("This account is switched off. Switch it on first, then make a link."),
        Refusal::NoAccount | Refusal::LinkInvalid | Refusal::Outrun => return None,
    };
    entries.note(field, detail);
    None
}

const LAST_OWNER: &str =
    "This is the only active owner who has a password. Make somebody else an owner first; nothing was changed.";

/// The companies of some accounts, by name: for each the first few, and how many more.
pub struct Named(Vec<Company>);

/// How many companies of an account are named in a list.
const MOST_NAMED: usize = 3;

impl Named {
    /// Those of these accounts, asked for at once.
    pub async fn of(accounts: &[Account], database: &Database) -> Result<Self, Problem> {
        let first = |account: &Account| account.companies.ids().unwrap_or_default().into_iter().take(MOST_NAMED);
        let ids: Vec<i64> = accounts.iter().flat_map(first).collect();
        let limit = ids.len() as i64;
        let found = database.read(move |conn| companies::store::page(conn, Some(&ids), None, None, limit)).await?;
        Ok(Self::among(found))
    }

    /// With these companies at hand.
    pub fn among(companies: Vec<Company>) -> Self {
        Self(companies)
    }

    /// In words: `all`, or their names.
    pub fn in_words(&self, account: &Account) -> String {
        let Some(ids) = account.companies.ids() else { return "all".into() };
        let name = |id: &i64| {
            let company = self.0.iter().find(|company| company.id.0 == *id);
            company.map_or_else(|| format!("company {id}, which is gone"), |company| company.name.clone())
        };
        let named = ids.iter().take(MOST_NAMED).map(name).collect::<Vec<_>>().join(", ");
        match ids.len().saturating_sub(MOST_NAMED) {
            0 if named.is_empty() => "none".into(),
            0 => named,
            more => format!("{named} and {more} more"),
        }
    }
}

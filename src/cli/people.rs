//! `formprogress person`.

use formprogress::{
    audit::{self, Entry, People},
    clock::Clock,
    db,
    email::Email,
    http::Parameter,
    people::{self, Erased},
};

use super::{Outcome, existing_database, plural, print_json};

fn email_of(text: &str) -> Result<Email, String> {
    Email::parse(text).map_err(|error| format!("the email {error}"))
}

pub fn export_person(email: &str) -> Outcome {
    let (email, now) = (email_of(email)?, Clock::system().now());
    let mut conn = existing_database()?;
    let people = db::write(&mut conn, |conn| {
        let people = People::new(&audit::store::secret(conn, now)?);
        audit::store::add(conn, &Entry::on_command_line("person.read", people.subject(&email), now)).map(|()| people)
    })?;
    print_json(&people::store::read(&mut conn, &email, &people, now)?)
}

pub fn erase_person(email: &str, yes: bool, json: bool) -> Outcome {
    let (email, now) = (email_of(email)?, Clock::system().now());
    let mut conn = existing_database()?;
    let erased = match yes {
        false => people::store::count(&mut conn, &email, now)?,
        true => db::write(&mut conn, |conn| {
            let people = People::new(&audit::store::secret(conn, now)?);
            let entry = Entry::on_command_line("person.erase", people.subject(&email), now);
            people::store::erase(conn, &email, entry, now)
        })?,
    };
    match (json, yes) {
        (true, _) => print_json(&erased)?,
        (false, true) => println!("Erased: {}.", told(erased)?),
        (false, false) => {
            println!("Would be erased: {}. With --yes it is done; nobody can bring it back.", told(erased)?)
        }
    }
    Ok(())
}

fn told(erased: Erased) -> Result<String, std::num::TryFromIntError> {
    let told = |(count, one)| Ok::<_, std::num::TryFromIntError>(plural(i64::try_from(count)?, one));
    Ok(erased.counts().into_iter().map(told).collect::<Result<Vec<_>, _>>()?.join(", "))
}

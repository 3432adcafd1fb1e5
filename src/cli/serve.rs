//! `formprogress serve`: start, say where, serve, stop without losing anything.

use std::{
    io::Write,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use formprogress::{
    Service, StartError,
    accounts::rules::LINK_HOURS,
    clock::Clock,
    config::{self, Settings},
    db::{self, Conn, Migrated},
    demo::{self, Demo},
    http::{PublicUrl, public_url},
    logging, surveys,
};
use rocket::{Ignite, Orbit, Rocket, error::ErrorKind, fairing::AdHoc, tokio};

use super::{Outcome, plural};

/// Serves until a signal says stop.
pub fn serve(with_demo: bool) -> Outcome {
    let figment = config::figment();
    let settings = Settings::of(&figment)?;
    let _flushed_at_the_end = logging::start(&settings)?;

    // Rocket's own launcher reads the settings again; ours have been checked.
    let rockets: rocket::Config = figment.extract()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(rockets.workers)
        .max_blocking_threads(rockets.max_blocking)
        .thread_name("rocket")
        .enable_all()
        .build()?;
    let _entered = runtime.enter();

    let Service { rocket, threads, migrated } = Service::new(figment, &settings, Clock::system())?;
    let next = next_step(&settings, with_demo)?;
    let (database, public) = (settings.database_url.to_string(), PublicUrl(settings.public_url.clone()));
    let rocket = rocket.attach(AdHoc::on_liftoff("Banner", move |rocket| {
        Box::pin(async move { print_banner(rocket, &database, &public, migrated, &next) })
    }));

    let launched = runtime.block_on(async {
        let launched = rocket.launch().await;
        let_requests_finish(&launched).await;
        launched
    });
    // Nobody serves any more: what has been accepted is written, and then it is over.
    threads.stop();
    match launched {
        Ok(_) => {
            tracing::info!("stopped");
            Ok(())
        }
        Err(error) => match error.kind() {
            ErrorKind::Bind(reason) => {
                let address = SocketAddr::new(rockets.address, rockets.port);
                let hint = match reason.kind() {
                    std::io::ErrorKind::AddrInUse => "Another service is there; ROCKET_PORT chooses another port",
                    _ => "ROCKET_ADDRESS and ROCKET_PORT choose where to listen",
                };
                Err(format!("{address} cannot be listened on: {reason}. {hint}").into())
            }
            ErrorKind::Shutdown(rocket, _) if Arc::strong_count(rocket) > 1 => {
                Err("requests were still running at the end of the grace period and were cut off".into())
            }
            ErrorKind::Shutdown(..) => {
                tracing::info!("stopped");
                Ok(())
            }
            kind => Err(format!("the server failed: {kind}").into()),
        },
    }
}

/// Rocket 0.5 may notice that its listener has ended before it notices that it was told to stop. It then returns at
/// once, with an error and without waiting for its connections: each of those holds on to the `Rocket` in the error.
async fn let_requests_finish(launched: &Result<Rocket<Ignite>, rocket::Error>) {
    let Err(error) = launched else { return };
    let ErrorKind::Shutdown(rocket, _) = error.kind() else { return };
    let patience = &rocket.config().shutdown;
    let deadline = Instant::now() + Duration::from_secs(u64::from(patience.grace) + u64::from(patience.mercy));
    while Arc::strong_count(rocket) > 1 && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

enum Next {
    Demo(Demo),
    NoSurveyYet,
    Docs,
}

fn next_step(settings: &Settings, with_demo: bool) -> Result<Next, StartError> {
    let mut conn = Conn::open(&settings.database_url)?;
    let failed = |error| db::MigrateError::Migration(db::MigrationError::Database(error));
    if with_demo {
        return Ok(Next::Demo(db::write(&mut conn, |conn| demo::load(conn, Clock::system().now())).map_err(failed)?));
    }
    Ok(match surveys::store::any(&mut conn).map_err(failed)? {
        true => Next::Docs,
        false => Next::NoSurveyYet,
    })
}

fn print_banner(rocket: &Rocket<Orbit>, database: &str, public: &PublicUrl, migrated: Migrated, next: &Next) {
    let config = rocket.config();
    let scheme = if config.tls_enabled() { "https" } else { "http" };
    let listening = format!("{scheme}://{}", SocketAddr::new(config.address, config.port));
    let base = public_url::local(config);
    let migrations = match migrated.applied {
        0 => "up to date".to_owned(),
        applied => format!("{} applied", plural(applied as i64, "migration")),
    };
    let mut lines = vec![
        format!("formprogress {}", env!("CARGO_PKG_VERSION")),
        format!("  database   {database} ({migrations})"),
        format!("  listening  {listening}"),
        format!("  docs       {base}/docs"),
        format!("  admin      {base}/admin"),
    ];
    match next {
        Next::Demo(demo) => {
            let survey = demo.survey_id;
            lines.push(format!("  demo       survey {survey}, guest code {}, owner {}", demo::GUEST_CODE, demo::OWNER));
            if let Some(link) = &demo.owners_link {
                lines.push(format!(
                    "  password   {} (works once, for {LINK_HOURS} hours)",
                    public.link(config, &link.path())
                ));
            }
            lines.push(format!("  next       curl '{base}/api/surveys/{survey}'"));
        }
        Next::NoSurveyYet => {
            lines.push(format!(
                "  next       no survey yet: open {base}/admin, or formprogress survey import FILE, or start with --demo"
            ));
        }
        Next::Docs => lines.push(format!("  next       open {base}/admin, or point a front end at {base}/api")),
    }
    // Whoever started us may have closed our output: that is no reason not to serve.
    drop(writeln!(std::io::stdout(), "{}", lines.join("\n")));
}

//! Waiting for something that is about to be true, without hoping that a pause is long enough.

use std::time::{Duration, Instant};

use rocket::tokio::time::sleep;

/// Long enough for the slowest machine; nobody waits for it when all is well.
const PATIENCE: Duration = Duration::from_secs(30);

/// Asks again and again until the answer is yes.
pub async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !is_so().await {
        assert!(started.elapsed() < PATIENCE, "waited in vain until {what}");
        sleep(Duration::from_millis(5)).await;
    }
}

/// The same, for code outside a runtime.
pub fn until_blocking<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

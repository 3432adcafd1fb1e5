//! Many things at once.

use rocket::tokio::task::spawn;

/// Starts all of these side by side, and gives what came of each in their order.
pub async fn at_once<T: Send + 'static>(
    futures: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let started: Vec<_> = futures.into_iter().map(spawn).collect();
    let mut outcomes = Vec::with_capacity(started.len());
    for task in started {
        outcomes.push(task.await.expect("no part of the storm panics"));
    }
    outcomes
}

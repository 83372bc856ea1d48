//! What an `async` function with `#[fenrir_migrate::test]` does.

use std::pin::Pin;

use super::run::or_panic;
use super::{AsyncTestConnection, Contents, TestDatabase, TestOutcome, keep};

/// A future that borrows what its function was given.
type Borrowing<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Runs a test on a database of its own, with one connection to it.
///
/// # Panics
/// Where no database is to be had.
#[track_caller]
pub fn async_run<C, R>(
    contents: &Contents,
    seed: for<'a> fn(&'a mut C) -> Borrowing<'a, ()>,
    test: for<'a> fn(&'a mut C) -> Borrowing<'a, R>,
) -> R
where
    C: AsyncTestConnection,
    R: TestOutcome,
{
    on_database(TestDatabase::<C>::with(contents), async |database| {
        let mut connection = database.open_async().await;
        seed(&mut connection).await;
        test(&mut connection).await
    })
}

/// Runs a test on a database of its own, to which it connects itself.
///
/// # Panics
/// Where no database is to be had.
#[track_caller]
pub fn async_run_with_database<C, R>(
    contents: &Contents,
    seed: for<'a> fn(&'a mut C) -> Borrowing<'a, ()>,
    test: for<'a> fn(&'a TestDatabase<C>) -> Borrowing<'a, R>,
) -> R
where
    C: AsyncTestConnection,
    R: TestOutcome,
{
    on_database(TestDatabase::<C>::with(contents), async |database| {
        seed(&mut database.open_async().await).await;
        test(database).await
    })
}

/// Runs a test in a transaction, which is rolled back, on a database that other tests have too.
///
/// # Panics
/// Where no database is to be had.
#[track_caller]
pub fn async_run_in_transaction<C, R>(
    contents: &Contents,
    seed: for<'a> fn(&'a mut C) -> Borrowing<'a, ()>,
    test: for<'a> fn(&'a mut C) -> Borrowing<'a, R>,
) -> R
where
    C: AsyncTestConnection,
    R: TestOutcome,
{
    if keep::asked() {
        // What is rolled back cannot be looked at.
        return async_run(contents, seed, test);
    }
    keep::tidy_once();
    let held = or_panic(C::create_shared(contents));
    on_database(TestDatabase::<C>::of(held), async |database| {
        // It belongs to this test's runtime, so no other test can have it: the server rolls back when
        // it goes.
        let mut connection = database.open_async().await;
        connection
            .begin_test_transaction()
            .await
            .unwrap_or_else(|error| panic!("opening a transaction for a test: {error}"));
        seed(&mut connection).await;
        test(&mut connection).await
    })
}

/// The connections are gone with the runtime before the database goes.
fn on_database<C, R>(mut database: TestDatabase<C>, test: impl AsyncFnOnce(&TestDatabase<C>) -> R) -> R
where
    C: AsyncTestConnection,
    R: TestOutcome,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.unwrap_or_else(|error| panic!("starting a runtime for a test: {error}"));
    let outcome = runtime.block_on(test(&database));
    drop(runtime);
    if outcome.failure().is_some() {
        database.failed();
    }
    outcome
}

//! What a function with `#[fenrir_migrate::test]` does.

use std::fmt::Debug;

use diesel::connection::TransactionManager;

use super::{Contents, Error, SyncTestConnection, TestDatabase, keep};

/// What a test may return: nothing, or a `Result`.
#[diagnostic::on_unimplemented(message = "a test returns nothing, or a `Result`, and no `{Self}`")]
pub trait TestOutcome {
    /// What it failed with, if it did.
    fn failure(&self) -> Option<&dyn Debug>;
}

impl TestOutcome for () {
    fn failure(&self) -> Option<&dyn Debug> {
        None
    }
}

impl<T, E: Debug> TestOutcome for Result<T, E> {
    fn failure(&self) -> Option<&dyn Debug> {
        self.as_ref().err().map(|error| error as &dyn Debug)
    }
}

/// A panic where the test stands, and not here.
#[track_caller]
pub(super) fn or_panic<T>(result: Result<T, Error>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{error}"),
    }
}

/// What a seeding function came to.
///
/// # Panics
/// When that is an error.
#[track_caller]
pub fn seeded(outcome: impl TestOutcome) {
    if let Some(failure) = outcome.failure() {
        panic!("seeding the test's database failed: {failure:?}");
    }
}

/// Runs a test on a database of its own, with one connection to it.
///
/// # Panics
/// Where no database is to be had.
#[track_caller]
pub fn run<C, R>(contents: &Contents, seed: fn(&mut C), test: fn(&mut C) -> R) -> R
where
    C: SyncTestConnection,
    R: TestOutcome,
{
    keep::tidy_once();
    let (held, connection) = or_panic(C::create_for_one(contents));
    let mut database = TestDatabase::<C>::of(held);
    // What is declared later is dropped earlier: first nobody is connected, then it goes.
    let mut connection = connection;
    seed(&mut connection);
    let outcome = test(&mut connection);
    if outcome.failure().is_some() {
        database.failed();
    }
    outcome
}

/// Runs a test on a database of its own, to which it connects itself.
///
/// # Panics
/// Where no database is to be had.
#[track_caller]
pub fn run_with_database<C, R>(contents: &Contents, seed: fn(&mut C), test: fn(&TestDatabase<C>) -> R) -> R
where
    C: SyncTestConnection,
    R: TestOutcome,
{
    let mut database = TestDatabase::<C>::with(contents);
    let mut connection = database.open();
    seed(&mut connection);
    drop(connection);
    let outcome = test(&database);
    if outcome.failure().is_some() {
        database.failed();
    }
    outcome
}

/// Runs a test in a transaction, which is rolled back, on a database that other tests have too.
///
/// # Panics
/// Where no database is to be had.
#[track_caller]
pub fn run_in_transaction<C, R>(contents: &Contents, seed: fn(&mut C), test: fn(&mut C) -> R) -> R
where
    C: SyncTestConnection,
    R: TestOutcome,
{
    if keep::asked() {
        // What is rolled back cannot be looked at.
        return run(contents, seed, test);
    }
    let mut transaction = Transaction::begin(contents);
    seed(transaction.connection());
    test(transaction.connection())
}

/// A transaction that is rolled back when this is dropped, also in a panic; and then another test
/// can have the connection.
struct Transaction<C: SyncTestConnection>(Option<(String, C)>);

impl<C: SyncTestConnection> Transaction<C> {
    #[track_caller]
    fn begin(contents: &Contents) -> Self {
        keep::tidy_once();
        let (key, mut connection) = or_panic(C::idle().take(contents));
        let begun = C::TransactionManager::begin_transaction(&mut connection);
        or_panic(begun.map_err(|error| Error::because("opening a transaction for a test", error)));
        Self(Some((key, connection)))
    }

    fn connection(&mut self) -> &mut C {
        &mut self.0.as_mut().expect("it is there until this is dropped").1
    }
}

impl<C: SyncTestConnection> Drop for Transaction<C> {
    fn drop(&mut self) {
        let Some((key, mut connection)) = self.0.take() else { return };
        // A test may have left transactions of its own open. A connection that is broken goes.
        loop {
            let status = C::TransactionManager::transaction_manager_status_mut(&mut connection);
            match status.transaction_depth() {
                Ok(None) => break,
                Ok(Some(_)) if C::TransactionManager::rollback_transaction(&mut connection).is_ok() => {}
                _ => return,
            }
        }
        C::idle().give_back(key, connection);
    }
}

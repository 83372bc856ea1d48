//! The queries on a real database, with rows in its tables.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::slice::from_ref;

use diesel::result::{DatabaseErrorKind, Error};
use fenrir_models::{
    Connection, EmailItem, EmailItemChanges, Environment, EnvironmentChanges, Identifier, IdentifierChanges,
    Invalid, NewEmailItem, NewEnvironment, NewIdentifier, NewPage, NewUser, Page, PageChanges, User,
    UserChanges,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

fn read<T: DeserializeOwned>(json: Value) -> T {
    serde_json::from_value(json).unwrap()
}

fn refusal<T: DeserializeOwned>(json: Value) -> String {
    match serde_json::from_value::<T>(json.clone()) {
        Ok(_) => panic!("{json} was taken"),
        Err(error) => error.to_string(),
    }
}

fn invalid<T>(result: Result<T, Error>) -> String {
    let Err(error) = result else { panic!("the value was taken") };
    Invalid::of(&error).unwrap_or_else(|| panic!("{error}")).to_string()
}

fn new_page(name: &str, environments: Value) -> NewPage {
    read(json!({"page_name": name, "page_url": "/login", "environments": environments}))
}

fn new_environment(name: &str) -> NewEnvironment {
    read(json!({"name": name, "environment_designation": "test", "url": "https://x.test", "status": "up"}))
}

fn new_user(name: &str, environment_id: i32) -> NewUser {
    read(json!({
        "username": name, "email": "a@x.test", "password": "hunter2", "environment_id": environment_id
    }))
}

fn new_identifier(name: &str, page_id: i32) -> NewIdentifier {
    read(json!({
        "element_name": name, "page_id": page_id, "locator_strategy": "css", "locator_query": "#login"
    }))
}

#[fenrir_migrate::test]
fn pages(database: &mut Connection) {
    let login = Page::insert(database, &new_page("login", json!(["staging", "live"]))).unwrap();
    let cart = Page::insert(database, &new_page("cart", json!(["live"]))).unwrap();
    assert_eq!(login.identifiers, json!({}));
    assert_eq!(login.created_at, login.updated_at);
    assert_eq!(Page::by_id(database, login.id).unwrap(), Some(login.clone()));
    assert_eq!(Page::by_id(database, 99).unwrap(), None);
    assert_eq!(Page::by_name(database, "cart").unwrap(), Some(cart.clone()));
    assert_eq!(Page::by_name(database, "Cart").unwrap(), None);
    assert_eq!(Page::all(database).unwrap(), [login.clone(), cart.clone()]);

    let changes: PageChanges = read(json!({"page_url": "/basket", "identifiers": {"total": {"css": ".t"}}}));
    let changed = Page::update(database, cart.id, &changes).unwrap().unwrap();
    assert_eq!((changed.page_name.as_str(), changed.page_url.as_str()), ("cart", "/basket"));
    assert_eq!(changed.identifiers, json!({"total": {"css": ".t"}}));
    assert_eq!((changed.environments.clone(), changed.created_at), (json!(["live"]), cart.created_at));
    assert!(changed.updated_at > cart.updated_at);
    assert_eq!(Page::by_id(database, cart.id).unwrap(), Some(changed));
    assert_eq!(Page::update(database, 99, &changes).unwrap(), None);

    let replaced = Page::replace(database, cart.id, &new_page("trolley", json!([]))).unwrap().unwrap();
    assert_eq!((replaced.id, replaced.page_name.as_str()), (cart.id, "trolley"));
    assert_eq!((replaced.identifiers, replaced.created_at), (json!({}), cart.created_at));
    assert_eq!(Page::replace(database, 99, &new_page("x", json!([]))).unwrap(), None);

    assert!(Page::delete(database, login.id).unwrap());
    assert!(!Page::delete(database, login.id).unwrap());
    assert_eq!(Page::by_id(database, login.id).unwrap(), None);
}

#[fenrir_migrate::test]
fn pages_of_an_environment(database: &mut Connection) {
    for (name, environments) in [
        ("both", json!(["staging", "live"])),
        ("live", json!(["live"])),
        ("number", json!(["1"])),
        ("quote", json!(["it's \"live\""])),
        ("none", json!([])),
    ] {
        Page::insert(database, &new_page(name, environments)).unwrap();
    }
    let mut names = |environment: &str| -> Vec<String> {
        let pages = Page::by_environment(database, environment).unwrap();
        pages.into_iter().map(|page| page.page_name).collect()
    };
    assert_eq!(names("live"), ["both", "live"]);
    assert_eq!(names("staging"), ["both"]);
    assert_eq!(names("1"), ["number"]);
    assert_eq!(names("it's \"live\""), ["quote"]);
    assert!(names("liv").is_empty() && names("").is_empty() && names("[\"live\"]").is_empty());
}

/// Rows that others wrote, before there were checks.
#[fenrir_migrate::test]
fn only_lists_hold_environments(database: &mut Connection) {
    use diesel::prelude::*;
    use fenrir_models::pages::page;
    let made = Page::insert(database, &new_page("odd", json!([]))).unwrap();
    for (value, found) in [
        (json!("live"), false),
        (json!({"live": "live"}), false),
        (json!(null), false),
        (json!([["live"]]), false),
        (json!([1, "live"]), true),
    ] {
        diesel::update(page::table.find(made.id))
            .set(page::environments.eq(&value))
            .execute(database)
            .unwrap();
        assert_eq!(!Page::by_environment(database, "live").unwrap().is_empty(), found, "{value}");
    }
}

#[fenrir_migrate::test]
fn environments(database: &mut Connection) {
    let made = Environment::insert(database, &new_environment("staging")).unwrap();
    assert_eq!((&made.users, &made.api_url, made.updated_at), (&json!([]), &None, None));
    assert_eq!(Environment::by_id(database, made.id).unwrap(), Some(made.clone()));
    assert_eq!(Environment::by_name(database, "staging").unwrap(), Some(made.clone()));
    assert_eq!(Environment::by_name(database, "live").unwrap(), None);
    assert_eq!(Environment::all(database).unwrap(), from_ref(&made));

    let changes: EnvironmentChanges = read(json!({"api_url": "https://api.test", "users": ["ann"]}));
    let changed = Environment::update(database, made.id, &changes).unwrap().unwrap();
    assert_eq!(changed.api_url.as_deref(), Some("https://api.test"));
    assert_eq!((&changed.users, &changed.name), (&json!(["ann"]), &made.name));
    assert!(changed.updated_at.unwrap() > made.created_at);

    let nothing = Environment::update(database, made.id, &read(json!({}))).unwrap().unwrap();
    assert_eq!(nothing.api_url.as_deref(), Some("https://api.test"));
    let cleared = Environment::update(database, made.id, &read(json!({"api_url": null})));
    assert_eq!(cleared.unwrap().unwrap().api_url, None);
    assert!(Environment::delete(database, made.id).unwrap());
}

#[fenrir_migrate::test]
fn identifiers(database: &mut Connection) {
    let page = Page::insert(database, &new_page("login", json!([]))).unwrap();
    let name = Identifier::insert(database, &new_identifier("name", page.id)).unwrap();
    let button = Identifier::insert(database, &new_identifier("button", page.id)).unwrap();
    assert_eq!((&name.environments, name.updated_at), (&json!([]), name.created_at));
    assert_eq!(Identifier::by_id(database, name.id).unwrap(), Some(name.clone()));
    assert_eq!(Identifier::by_element_name(database, "button").unwrap(), Some(button.clone()));
    assert_eq!(Identifier::by_locator(database, "#login").unwrap(), [name.clone(), button.clone()]);
    assert_eq!(Identifier::by_locator(database, "#log").unwrap(), []);
    assert_eq!(Identifier::all(database).unwrap(), [name.clone(), button.clone()]);

    let changes: IdentifierChanges = read(json!({"locator_query": "#go", "environments": ["live"]}));
    let changed = Identifier::update(database, button.id, &changes).unwrap().unwrap();
    assert_eq!((changed.locator_query.as_str(), changed.environments), ("#go", json!(["live"])));
    assert!(changed.updated_at > button.updated_at);
    assert_eq!(Identifier::by_locator(database, "#login").unwrap(), from_ref(&name));
    assert!(Identifier::delete(database, name.id).unwrap());
    assert!(Page::delete(database, page.id).unwrap());
    assert_eq!(Identifier::all(database).unwrap(), []);
}

#[fenrir_migrate::test]
fn users(database: &mut Connection) {
    let staging = Environment::insert(database, &new_environment("staging")).unwrap();
    let ann = User::insert(database, &new_user("ann", staging.id)).unwrap();
    assert_eq!((ann.password.as_deref(), ann.updated_at), (Some("hunter2"), None));
    assert_eq!(User::by_id(database, ann.id).unwrap().as_ref(), Some(&ann));
    assert_eq!(User::by_username(database, "ann").unwrap().as_ref(), Some(&ann));
    assert_eq!(User::by_username(database, "bob").unwrap(), None);
    assert_eq!(User::all(database).unwrap(), from_ref(&ann));

    let kept = User::update(database, ann.id, &read(json!({"secret_name": "ann"}))).unwrap().unwrap();
    assert_eq!((kept.password.as_deref(), kept.secret_name.as_deref()), (Some("hunter2"), Some("ann")));
    let cleared = User::update(database, ann.id, &read(json!({"password": null}))).unwrap().unwrap();
    assert_eq!((cleared.password, cleared.secret_name.as_deref()), (None, Some("ann")));
    assert!(User::delete(database, ann.id).unwrap());

    User::insert(database, &new_user("bob", staging.id)).unwrap();
    assert!(Environment::delete(database, staging.id).unwrap());
    assert_eq!(User::all(database).unwrap(), []);
}

#[fenrir_migrate::test]
fn a_password_is_never_shown(database: &mut Connection) {
    let staging = Environment::insert(database, &new_environment("staging")).unwrap();
    let new = new_user("ann", staging.id);
    let user = User::insert(database, &new).unwrap();
    let changes: UserChanges = read(json!({"password": "hunter2"}));
    let json = serde_json::to_string(&user).unwrap();
    for shown in [format!("{new:?} {new:#?}"), format!("{user:?}"), format!("{changes:?}"), json] {
        assert!(!shown.contains("hunter2") && !shown.contains("password"), "{shown}");
    }
    assert!(format!("{user:?}").contains("username: \"ann\""), "{user:?}");
}

#[fenrir_migrate::test]
fn email_items(database: &mut Connection) {
    let new: NewEmailItem = read(json!({"email_item_id": 7}));
    let plain = EmailItem::insert(database, &new).unwrap();
    assert!(!plain.multi_email_flag && !plain.multi_attachment_flag && !plain.requires_processing);
    assert_eq!((&plain.multi_item_email_ids, plain.updated_at, plain.last_processed_at), (&None, None, None));
    let new: NewEmailItem = read(json!({
        "email_item_id": 8, "multi_item_email_ids": [7], "multi_email_flag": true, "system": "miner_ocr",
        "test_name": "invoice", "requires_processing": true
    }));
    let full = EmailItem::insert(database, &new).unwrap();
    assert_eq!(full.multi_item_email_ids, Some(json!([7])));
    assert_eq!(EmailItem::by_id(database, plain.id).unwrap(), Some(plain.clone()));
    assert_eq!(EmailItem::by_email_item_id(database, 8).unwrap(), Some(full.clone()));
    assert_eq!(EmailItem::by_email_item_id(database, 9).unwrap(), None);
    assert_eq!(EmailItem::all(database).unwrap(), [plain, full.clone()]);
    assert_eq!(EmailItem::unprocessed(database).unwrap(), from_ref(&full));

    let changes: EmailItemChanges = read(json!({
        "requires_processing": false, "last_processed_at": "2026-11-23T09:15:00.25", "multi_item_email_ids": null
    }));
    let done = EmailItem::update(database, full.id, &changes).unwrap().unwrap();
    assert_eq!(done.last_processed_at.unwrap().to_string(), "2026-11-23 09:15:00.250");
    assert_eq!((done.multi_item_email_ids, done.system.as_deref()), (None, Some("miner_ocr")));
    assert_eq!(EmailItem::unprocessed(database).unwrap(), []);
    let again = EmailItem::replace(database, full.id, &read(json!({"email_item_id": 9}))).unwrap().unwrap();
    assert_eq!((again.system, again.multi_email_flag, again.created_at), (None, false, full.created_at));
    assert!(EmailItem::delete(database, full.id).unwrap());
}

#[fenrir_migrate::test]
fn what_is_left_out_of_changes_is_not_what_is_null(database: &mut Connection) {
    assert_eq!(read::<EnvironmentChanges>(json!({})).api_url, None);
    assert_eq!(read::<EnvironmentChanges>(json!({"api_url": null})).api_url, Some(None));
    assert!(refusal::<PageChanges>(json!({"page_name": null})).contains("null"));
    let page = Page::insert(database, &new_page("login", json!([]))).unwrap();
    let result = Page::update(database, page.id, &read(json!({"environments": null})));
    assert_eq!(invalid(result), "`environments` must be a list of names");
}

#[test]
fn requests_hold_what_the_model_has_and_nothing_else() {
    assert!(refusal::<NewPage>(json!({"page_name": "x", "page_url": "/"})).contains("environments"));
    assert!(refusal::<NewPage>(json!({"id": 1})).contains("unknown field `id`"));
    assert!(refusal::<PageChanges>(json!({"created_at": "now"})).contains("unknown field `created_at`"));
}

#[fenrir_migrate::test]
fn a_value_that_does_not_fit_names_its_field(database: &mut Connection) {
    // Characters count, not bytes.
    Page::insert(database, &new_page(&"ä".repeat(96), json!([]))).unwrap();
    assert_eq!(
        invalid(Page::insert(database, &new_page(&"ä".repeat(97), json!([])))),
        "`page_name` has 97 characters; the most is 96"
    );
    let staging = Environment::insert(database, &new_environment("staging")).unwrap();
    let changes: EnvironmentChanges = read(json!({"api_url": "x".repeat(513)}));
    assert_eq!(
        invalid(Environment::update(database, staging.id, &changes)),
        "`api_url` has 513 characters; the most is 512"
    );
    let user = NewUser { secret_url: Some("x".repeat(1025)), ..new_user("ann", staging.id) };
    assert_eq!(invalid(User::insert(database, &user)), "`secret_url` has 1025 characters; the most is 1024");
    let email: NewEmailItem = read(json!({"email_item_id": 7, "system": "fax"}));
    assert_eq!(
        invalid(EmailItem::insert(database, &email)),
        "`system` must be one of `miner_ocr`, `true_source_ocr`"
    );
    assert_eq!(
        invalid(Page::insert(database, &new_page("x\0", json!([])))),
        "`page_name` holds the character U+0000, which no text may"
    );
    assert_eq!(
        invalid(Page::insert(database, &new_page("x", json!(["\0"])))),
        "`environments` holds the character U+0000, which no text may"
    );
    let replaced = Page::replace(database, 1, &new_page("x", json!([1])));
    assert_eq!(invalid(replaced), "`environments` must be a list of names");
    assert_eq!(Page::all(database).unwrap().len(), 1);
}

#[fenrir_migrate::test]
fn the_database_refuses_what_clashes_or_points_nowhere(database: &mut Connection) {
    Page::insert(database, &new_page("login", json!([]))).unwrap();
    let result = Page::insert(database, &new_page("login", json!([])));
    assert!(matches!(result, Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _))), "{result:?}");
    let result = Identifier::insert(database, &new_identifier("name", 99));
    assert!(
        matches!(result, Err(Error::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _))),
        "{result:?}"
    );
}

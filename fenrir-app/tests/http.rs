//! What the service answers to.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use support::{Database, Service};

mod support;

fn start() -> (Database, Service) {
    let database = Database::new();
    let service = Service::start(&database);
    (database, service)
}

fn page(name: &str) -> Value {
    json!({"page_name": name, "page_url": "/login", "environments": ["staging"]})
}

fn environment(name: &str) -> Value {
    json!({"name": name, "environment_designation": "test", "url": "https://x.test", "status": "up"})
}

/// The values of one field of a list.
fn all(service: &Service, path: &str, field: &str) -> Vec<Value> {
    let list = service.get(path).json(200);
    list.as_array().unwrap().iter().map(|one| one[field].clone()).collect()
}

#[test]
fn a_page_from_beginning_to_end() {
    let (_database, service) = start();
    assert_eq!(service.get("/pages").json(200), json!([]));
    let answer = service.post("/pages", page("login"));
    let made = answer.json(201);
    let path = answer.header("location").unwrap();
    assert_eq!(path, format!("/pages/{}", made["id"]));
    assert_eq!((&made["page_name"], &made["identifiers"]), (&json!("login"), &json!({})));
    assert_eq!(service.get(path).json(200), made);
    assert_eq!(service.get("/pages").json(200), json!([made]));

    let changed = service.patch(path, json!({"identifiers": {"name": "#name"}})).json(200);
    assert_eq!(changed["identifiers"], json!({"name": "#name"}));
    assert_eq!((&changed["page_url"], &changed["created_at"]), (&made["page_url"], &made["created_at"]));
    assert_ne!(changed["updated_at"], made["updated_at"]);

    let replaced = service.put(path, page("start")).json(200);
    assert_eq!((&replaced["page_name"], &replaced["identifiers"]), (&json!("start"), &json!({})));
    assert_eq!((&replaced["id"], &replaced["created_at"]), (&made["id"], &made["created_at"]));

    let answer = service.delete(path);
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    assert_eq!(service.get(path).error(404), format!("there is no page with the number {}", made["id"]));
    assert_eq!(service.delete(path).status, 404);
    assert_eq!(service.patch(path, json!({})).status, 404);
    assert_eq!(service.put(path, page("x")).status, 404);
}

#[test]
fn the_five_models() {
    let (_database, service) = start();
    let staging = service.post("/environments", environment("staging")).json(201);
    let login = service.post("/pages", page("login")).json(201);
    let of = |name: &str, id: &Value| json!({"username": name, "email": "a@x.test", "environment_id": id});
    service.post("/users", of("ann", &staging["id"])).json(201);
    service.post("/users", of("bob", &staging["id"])).json(201);
    for (name, query) in [("name", "#name"), ("button", "#go")] {
        let new = json!({
            "page_id": login["id"], "element_name": name, "locator_strategy": "css", "locator_query": query
        });
        service.post("/identifiers", new).json(201);
    }
    for (id, requires) in [(7, true), (8, false)] {
        let new = json!({"email_item_id": id, "requires_processing": requires, "system": "miner_ocr"});
        service.post("/email-items", new).json(201);
    }
    let list = |path, field| all(&service, path, field);
    assert_eq!(list("/pages?name=login", "page_name"), ["login"]);
    assert_eq!(list("/pages?name=log", "page_name"), [] as [&str; 0]);
    assert_eq!(list("/pages?environment=staging", "page_name"), ["login"]);
    assert_eq!(list("/pages?environment=live", "page_name"), [] as [&str; 0]);
    assert_eq!(list("/pages?name=start&environment=staging", "page_name"), [] as [&str; 0]);
    assert_eq!(list("/environments?name=staging", "name"), ["staging"]);
    assert_eq!(list("/users", "username"), ["ann", "bob"]);
    assert_eq!(list("/users?username=bob", "username"), ["bob"]);
    assert_eq!(list("/identifiers", "element_name"), ["name", "button"]);
    assert_eq!(list("/identifiers?element_name=name", "element_name"), ["name"]);
    assert_eq!(list("/identifiers?locator=%23go", "element_name"), ["button"]);
    assert_eq!(list("/email-items?email_item_id=8", "email_item_id"), [8]);
    assert_eq!(list("/email-items?unprocessed=true", "email_item_id"), [7]);
    assert_eq!(list("/email-items?unprocessed=false", "email_item_id"), [8]);
    // What belongs to a thing goes with it.
    service.delete(&format!("/environments/{}", staging["id"]));
    service.delete(&format!("/pages/{}", login["id"]));
    assert_eq!((list("/users", "id").len(), list("/identifiers", "id").len()), (0, 0));
}

#[test]
fn a_password_goes_in_and_never_out() {
    let (_database, service) = start();
    let id = service.post("/environments", environment("staging")).json(201)["id"].clone();
    let new = json!({"username": "ann", "email": "a@x.test", "password": "hunter2", "environment_id": id});
    let answers = [
        service.post("/users", new.clone()),
        service.get("/users"),
        service.get("/users/1"),
        service.patch("/users/1", json!({"password": "hunter2"})),
        service.put("/users/1", new.clone()),
        service.post("/users", new),
    ];
    for answer in &answers {
        assert!(!answer.text.contains("hunter2") && !answer.text.contains("\"password\""), "{answer:?}");
    }
    assert_eq!(answers.each_ref().map(|answer| answer.status), [201, 200, 200, 200, 200, 409]);
    let (_, said) = service.stop();
    assert!(!said.contains("hunter2"), "{said}");
}

#[test]
fn what_is_not_there() {
    let (_database, service) = start();
    assert_eq!(service.get("/").error(404), "there is nothing at `/`");
    assert_eq!(service.get("/nothing").error(404), "there is nothing at `/nothing`");
    assert_eq!(service.get("/pages/99").error(404), "there is no page with the number 99");
    for path in ["/pages/", "/pages/1/2", "/pages/one", "/pages/99999999999", "/pages/%FF"] {
        service.get(path).error(404);
    }
    let answer = service.delete("/pages");
    assert_eq!(answer.error(405), "`/pages` does not take DELETE");
    assert_eq!(answer.header("allow"), Some("GET,HEAD,POST"));
    service.post("/pages/1", page("x")).error(405);
    service.post("/health", json!({})).error(405);
}

#[test]
fn bodies_that_are_wrong() {
    let (_database, service) = start();
    let send = |kind: Option<&str>, body: &str| service.send("POST", "/pages", kind, body);
    let json = Some("application/json");
    send(json, "{\"page_name\": ").error(400);
    send(json, "").error(400);
    let text = page("login").to_string();
    send(json, &format!("{text} {{}}")).error(400);
    send(Some("text/plain"), &text).error(415);
    send(None, &text).error(415);
    assert_eq!(send(Some("application/json; charset=utf-8"), &text).status, 201);
    send(json, &format!("{{\"page_name\": \"{}\"}}", "x".repeat(300_000))).error(413);
}

#[test]
fn fields_that_are_wrong_are_named() {
    let (_database, service) = start();
    let with = |field: &str, value: Value| {
        let mut page = page("login");
        page[field] = value;
        service.post("/pages", page).error(422)
    };
    assert_eq!(with("page_name", json!("x".repeat(97))), "`page_name` has 97 characters; the most is 96");
    assert_eq!(with("environments", json!("staging")), "`environments` must be a list of names");
    assert!(with("page_name", json!(1)).contains("page_name"));
    assert!(with("page_name", json!(null)).contains("page_name"));
    assert!(with("color", json!("red")).contains("unknown field `color`"));
    assert!(with("id", json!(1)).contains("unknown field `id`"));
    assert!(with("page_url", json!("\0")).starts_with("`page_url` "));
    let missing = service.post("/pages", json!({"page_name": "x"})).error(422);
    assert!(missing.contains("missing field `page_url`"), "{missing}");
    let path = service.post("/pages", page("login")).header("location").unwrap().to_owned();
    assert!(service.patch(&path, json!({"page_name": null})).error(422).contains("page_name"));
    let system = service.post("/email-items", json!({"email_item_id": 1, "system": "fax"})).error(422);
    assert_eq!(system, "`system` must be one of `miner_ocr`, `true_source_ocr`");
    assert!(service.get("/pages?colour=red").error(422).contains("unknown field `colour`"));
    assert!(service.get("/email-items?email_item_id=one").error(422).contains("email_item_id"));
    assert_eq!(service.get("/pages?name=%00").error(422), "no text holds the character U+0000");
}

#[test]
fn what_clashes_or_points_nowhere() {
    let (_database, service) = start();
    service.post("/pages", page("login")).json(201);
    let other = service.post("/pages", page("cart")).json(201);
    let clash = "another page has this `page_name`";
    assert_eq!(service.post("/pages", page("login")).error(409), clash);
    let path = format!("/pages/{}", other["id"]);
    assert_eq!(service.patch(&path, json!({"page_name": "login"})).error(409), clash);
    assert_eq!(service.put(&path, page("login")).error(409), clash);
    let user = json!({"username": "ann", "email": "a@x.test", "environment_id": 99});
    assert_eq!(service.post("/users", user).error(409), "nothing has the number that `environment_id` gives");
}

#[test]
fn what_breaks_here_is_told_to_the_log_only() {
    let (database, service) = start();
    database.execute("ALTER TABLE page RENAME TO elsewhere");
    let error = service.get("/pages").error(500);
    assert_eq!(error, "something went wrong here; the service's log says what");
    let (_, said) = service.stop();
    assert!(said.contains("a request failed: "), "{said}");
}

#[test]
fn many_requests_at_once() {
    let (_database, service) = start();
    std::thread::scope(|scope| {
        for worker in 0..16 {
            let service = &service;
            scope.spawn(move || {
                for number in 0..5 {
                    let name = format!("page {worker} {number}");
                    assert_eq!(service.post("/pages", page(&name)).status, 201);
                    assert_eq!(service.get("/health").status, 200);
                }
            });
        }
    });
    assert_eq!(all(&service, "/pages", "id").len(), 80);
}

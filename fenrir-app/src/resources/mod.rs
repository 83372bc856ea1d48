//! The models as they are served: the path of each, and how its list is asked for.

mod email_items;
mod environments;
mod identifiers;
mod pages;
mod users;

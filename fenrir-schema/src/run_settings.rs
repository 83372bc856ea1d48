//! How migrations run, as far as it is said: by `fenrir.toml`, the environment, or the application.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Settings of how migrations run; what is not said is left to the next who may say it.
///
/// ```
/// use fenrir_schema::{RunSettings, Verify};
/// use std::time::Duration;
///
/// let file: RunSettings = toml::from_str("lock_timeout = \"10m\"\nverify = \"warn\"")?;
/// let builder = RunSettings { verify: Some(Verify::Fail), ..RunSettings::default() };
/// let both = builder.or(file);
/// assert_eq!(both.lock_timeout, Some(Duration::from_secs(600)));
/// assert_eq!(both.verify, Some(Verify::Fail));
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RunSettings {
    /// How long to wait, in all, for another that is migrating the same database, and for what a statement has to
    /// wait for.
    #[serde(with = "time", skip_serializing_if = "Option::is_none")]
    pub lock_timeout: Option<Duration>,
    /// How long one statement may wait for a lock, with everybody else waiting behind it, before it is tried again.
    #[serde(with = "time", skip_serializing_if = "Option::is_none")]
    pub statement_lock_timeout: Option<Duration>,
    /// How long one statement may take.
    #[serde(with = "time", skip_serializing_if = "Option::is_none")]
    pub statement_timeout: Option<Duration>,
    /// The schemas of PostgreSQL in which names without one are looked for; tables are made in the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search_path: Option<Vec<String>>,
    /// The role whose rights are taken while migrations run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The revision to go to; otherwise the head.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Whether the database is compared with the models afterwards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify: Option<Verify>,
    /// Whether an applied migration may have another text than was applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_edited: Option<bool>,
    /// Whether a migration may be missing before the newest applied one: it is applied then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_out_of_order: Option<bool>,
    /// Whether the database may have newer migrations than there are here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_ahead: Option<bool>,
}

/// Whether a database is compared with the models after its migrations ran.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verify {
    /// It is not.
    #[default]
    Off,
    /// What differs is said.
    Warn,
    /// What differs is an error.
    Fail,
}

/// A setting that is none of its kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` takes {takes}")]
pub struct RunSettingError {
    /// The setting.
    pub name: String,
    /// What it takes.
    pub takes: &'static str,
}

const A_TIME: &str = "a time such as `500ms`, `30s` or `10m`";

impl RunSettings {
    /// These, and where they say nothing, the others.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            lock_timeout: self.lock_timeout.or(other.lock_timeout),
            statement_lock_timeout: self.statement_lock_timeout.or(other.statement_lock_timeout),
            statement_timeout: self.statement_timeout.or(other.statement_timeout),
            search_path: self.search_path.or(other.search_path),
            role: self.role.or(other.role),
            target: self.target.or(other.target),
            verify: self.verify.or(other.verify),
            allow_edited: self.allow_edited.or(other.allow_edited),
            allow_out_of_order: self.allow_out_of_order.or(other.allow_out_of_order),
            allow_ahead: self.allow_ahead.or(other.allow_ahead),
        }
    }

    /// As JSON, in one line.
    ///
    /// # Panics
    /// Never: there is nothing in it that JSON has not.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("texts, times and flags are JSON")
    }

    /// Those that variables give, such as `FENRIR_LOCK_TIMEOUT`: one for each setting.
    ///
    /// # Errors
    /// When one is not of its kind.
    pub fn of_variables(look_up: impl Fn(&str) -> Option<String>) -> Result<Self, RunSettingError> {
        let text = |name: &str| look_up(name).filter(|text| !text.is_empty());
        let wrong = |name: &str, takes| RunSettingError { name: name.to_owned(), takes };
        let time = |name: &str| {
            text(name)
                .map(|text| humantime::parse_duration(&text).map_err(|_| wrong(name, A_TIME)))
                .transpose()
        };
        let flag = |name: &str| match text(name).as_deref() {
            None => Ok(None),
            Some("1" | "true") => Ok(Some(true)),
            Some("0" | "false") => Ok(Some(false)),
            Some(_) => Err(wrong(name, "`true` or `false`")),
        };
        let verify = match text("FENRIR_VERIFY").as_deref() {
            None => None,
            Some("off") => Some(Verify::Off),
            Some("warn") => Some(Verify::Warn),
            Some("fail") => Some(Verify::Fail),
            Some(_) => return Err(wrong("FENRIR_VERIFY", "`off`, `warn` or `fail`")),
        };
        let search_path = text("FENRIR_SEARCH_PATH")
            .map(|text| text.split(',').map(|name| name.trim().to_owned()).collect());
        Ok(Self {
            lock_timeout: time("FENRIR_LOCK_TIMEOUT")?,
            statement_lock_timeout: time("FENRIR_STATEMENT_LOCK_TIMEOUT")?,
            statement_timeout: time("FENRIR_STATEMENT_TIMEOUT")?,
            search_path,
            role: text("FENRIR_ROLE"),
            target: text("FENRIR_TARGET"),
            verify,
            allow_edited: flag("FENRIR_ALLOW_EDITED")?,
            allow_out_of_order: flag("FENRIR_ALLOW_OUT_OF_ORDER")?,
            allow_ahead: flag("FENRIR_ALLOW_AHEAD")?,
        })
    }
}

/// A time as a person writes it.
mod time {
    use std::time::Duration;

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(
        time: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match time {
            Some(time) => serializer.collect_str(&humantime::format_duration(*time)),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        let text = String::deserialize(deserializer)?;
        humantime::parse_duration(&text)
            .map(Some)
            .map_err(|_| D::Error::custom(format!("expected {}", super::A_TIME)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_that_are_wrong_are_named() {
        for (name, value, takes) in [
            ("FENRIR_LOCK_TIMEOUT", "ten", A_TIME),
            ("FENRIR_STATEMENT_TIMEOUT", "5", A_TIME),
            ("FENRIR_VERIFY", "yes", "`off`, `warn` or `fail`"),
            ("FENRIR_ALLOW_AHEAD", "yes", "`true` or `false`"),
        ] {
            let found = RunSettings::of_variables(|one| (one == name).then(|| value.to_owned()));
            assert_eq!(found, Err(RunSettingError { name: name.to_owned(), takes }));
        }
    }

    #[test]
    fn variables_that_are_right() {
        let found = RunSettings::of_variables(|name| {
            let value = match name {
                "FENRIR_LOCK_TIMEOUT" => "1h 30m",
                "FENRIR_STATEMENT_LOCK_TIMEOUT" => "250ms",
                "FENRIR_SEARCH_PATH" => "tenant, public",
                "FENRIR_ALLOW_EDITED" => "1",
                "FENRIR_ROLE" => "",
                _ => return None,
            };
            Some(value.to_owned())
        })
        .unwrap();
        let expected = RunSettings {
            lock_timeout: Some(Duration::from_secs(5400)),
            statement_lock_timeout: Some(Duration::from_millis(250)),
            search_path: Some(vec!["tenant".to_owned(), "public".to_owned()]),
            allow_edited: Some(true),
            ..RunSettings::default()
        };
        assert_eq!(found, expected);
        let json = found.to_json();
        assert_eq!(serde_json::from_str::<RunSettings>(&json).unwrap(), found, "{json}");
    }
}

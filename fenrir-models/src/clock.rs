//! What time it is.

use chrono::{NaiveDateTime, SubsecRound, Utc};

/// The time in UTC, to the microsecond: PostgreSQL keeps no more, and a row is to read back as it was
/// written on either database.
pub(crate) fn now() -> NaiveDateTime {
    Utc::now().naive_utc().trunc_subsecs(6)
}

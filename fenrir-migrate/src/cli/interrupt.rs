//! Ctrl-C: the first stops a run where it leaves a clean state, the second at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Once, OnceLock, PoisonError};

use super::outcome::warn;
use crate::Cancellation;
use crate::testing::Held;

/// As a shell has it of what Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// What Ctrl-C asks for. Until somebody asks, Ctrl-C ends the program as ever.
pub(super) fn cancellation() -> Cancellation {
    handle();
    STATE.cancellation.get_or_init(Cancellation::new).clone()
}

/// A database that is there for this program only. The first Ctrl-C drops it and ends the program: nobody would come
/// back to drop it.
pub(super) struct Temporary(Arc<Slot>);

/// Whoever drops it holds it until it is gone.
type Slot = Mutex<Option<Box<dyn Held>>>;

impl Temporary {
    pub(super) fn new(database: Box<dyn Held>) -> Self {
        let slot = Arc::new(Mutex::new(Some(database)));
        STATE.temporary.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&slot));
        handle();
        Self(slot)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // Where Ctrl-C is about it, the program ends before this gets it.
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
        STATE
            .temporary
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|slot| !Arc::ptr_eq(slot, &self.0));
    }
}

struct State {
    /// What a run looks at.
    cancellation: OnceLock<Cancellation>,
    temporary: Mutex<Vec<Arc<Slot>>>,
    is_dropping: AtomicBool,
}

static STATE: State = State {
    cancellation: OnceLock::new(),
    temporary: Mutex::new(Vec::new()),
    is_dropping: AtomicBool::new(false),
};

fn handle() {
    static HANDLED: Once = Once::new();
    HANDLED.call_once(|| {
        if let Err(error) = ctrlc::set_handler(interrupted) {
            tracing::debug!(%error, "Ctrl-C is not handled");
        }
    });
}

fn interrupted() {
    let slots: Vec<_> = STATE.temporary.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect();
    if !slots.is_empty() && !STATE.is_dropping.swap(true, Ordering::Relaxed) {
        // Elsewhere, so that the second Ctrl-C is heard.
        std::thread::spawn(move || {
            // Held until the end: or the program could end by itself with a database half dropped.
            let mut held: Vec<_> =
                slots.iter().map(|slot| slot.lock().unwrap_or_else(PoisonError::into_inner)).collect();
            held.iter_mut().for_each(|slot| drop(slot.take()));
            std::process::exit(INTERRUPTED);
        });
        return;
    }
    match STATE.cancellation.get().filter(|asked| !asked.is_cancelled()) {
        Some(asked) if !STATE.is_dropping.load(Ordering::Relaxed) => {
            asked.cancel();
            warn("stopping after the statement that runs now; once more stops at once");
        }
        // What is open is taken back by the database; what is recorded part by part goes on from there.
        _ => std::process::exit(INTERRUPTED),
    }
}

//! Ctrl-C, for commands that report what they have got so far.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

/// How often code that waits for something else checks for an interrupt.
pub(crate) const TICK: Duration = Duration::from_millis(100);
/// How a shell reports a process that an interrupt ended.
const KILLED: i32 = 130;

static IS_SET: AtomicBool = AtomicBool::new(false);

/// From now on SIGINT and SIGTERM only set the flag; the second one ends the process at once, with 130.
pub(crate) fn listen() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
    let Ok(runtime) = runtime else { return };
    let signals = runtime.block_on(async {
        Some((signal(SignalKind::interrupt()).ok()?, signal(SignalKind::terminate()).ok()?))
    });
    let Some((mut interrupt, mut terminate)) = signals else { return };
    std::thread::spawn(move || {
        runtime.block_on(async {
            loop {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                if IS_SET.swap(true, Ordering::Relaxed) {
                    std::process::exit(KILLED);
                }
                tracing::info!("interrupted: the report follows (hint: again to end without it)");
            }
        });
    });
}

/// Whether somebody has asked to stop.
pub(crate) fn is_set() -> bool {
    IS_SET.load(Ordering::Relaxed)
}

/// Waits until somebody asks to stop.
pub(crate) async fn wait() {
    while !is_set() {
        tokio::time::sleep(TICK).await;
    }
}

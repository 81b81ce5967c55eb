//! Ctrl-C for commands that report what they have found so far.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

/// How often code that is waiting for something else checks for an interrupt.
pub(crate) const CHECK_INTERVAL: Duration = Duration::from_millis(100);
/// The exit code with which shells report a process that was interrupted.
const EXIT_INTERRUPTED: i32 = 130;

static IS_SET: AtomicBool = AtomicBool::new(false);

/// From now on the first SIGINT or SIGTERM only sets the flag; the second ends the process at once,
/// with 130.
pub(crate) fn install_handlers() {
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
                    std::process::exit(EXIT_INTERRUPTED);
                }
                tracing::info!("interrupted: the report follows (hint: again to end without it)");
            }
        });
    });
}

/// Whether a stop was requested.
pub(crate) fn is_interrupted() -> bool {
    IS_SET.load(Ordering::Relaxed)
}

/// Waits until a stop is requested.
pub(crate) async fn wait_for_interrupt() {
    while !is_interrupted() {
        tokio::time::sleep(CHECK_INTERVAL).await;
    }
}

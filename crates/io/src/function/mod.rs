//! The two halves as functions, on either side of an SNS topic: what an invocation brings, what of it
//! must come again, and what it counts.
//!
//! A function reads what it does from its environment: see [`settings::Settings`].

pub mod destination;
pub mod event;
mod letters;
pub mod metrics;
mod notification;
mod order;
mod problem;
pub mod settings;
pub mod source;
mod watch;

use std::future::Future;
use std::sync::Arc;
use std::time::SystemTime;

use aware_pipeline::port::Store;
use serde_json::Value;

use crate::aws::Aws;
use crate::wire;
use settings::Settings;

pub use problem::Problem;

/// One of the two functions.
pub trait Function: Sized + Send + 'static {
    /// Creates the function from its settings.
    ///
    /// # Errors
    /// [`Problem`] that says what to fix.
    fn new(
        settings: Settings,
        aws: Aws,
        store: Arc<dyn Store>,
    ) -> impl Future<Output = Result<Self, Problem>> + Send;

    /// Takes one invocation, whose time ends at `deadline`.
    ///
    /// # Errors
    /// [`Problem::Again`] if all of it must come again.
    fn take(
        &mut self,
        event: Value,
        deadline: SystemTime,
    ) -> impl Future<Output = Result<Value, Problem>> + Send;
}

/// Makes a function from its environment.
///
/// # Errors
/// [`Problem`] that says what to fix.
pub async fn from_environment<F: Function>() -> Result<F, Problem> {
    let aws = Aws::of_function();
    let settings = Settings::read(&aws).await?;
    let store = match &settings.table {
        Some(table) => wire::shared_store(&aws, table)
            .await
            .map_err(|error| Problem::Environment("AWARE_TABLE", error.to_string()))?,
        None => {
            tracing::warn!("AWARE_TABLE is not set: each instance keeps its own state in memory");
            wire::memory_store()
        }
    };
    F::new(settings, aws, store).await
}

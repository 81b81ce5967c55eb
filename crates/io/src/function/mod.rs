//! The two halves as functions, on either side of an SNS topic: what an invocation carries, which
//! parts of it must be redelivered, and what it counts.
//!
//! A function reads what it does from its environment: see [`settings::FunctionSettings`].

mod dead_letters;
pub mod destination;
pub mod event;
pub mod metrics;
mod notification;
mod order;
mod problem;
mod renewal;
pub mod settings;
pub mod source;
mod watch;

use std::future::Future;
use std::sync::Arc;
use std::time::SystemTime;

use aware_pipeline::port::Store;
use serde_json::Value;

use crate::aws::AwsSession;
use crate::compose;
use settings::FunctionSettings;

pub use problem::FunctionProblem;

/// One of the two functions.
pub trait LambdaFunction: Sized + Send + 'static {
    /// Creates the function from its settings.
    ///
    /// # Errors
    /// [`FunctionProblem`] that says what to fix.
    fn from_settings(
        settings: FunctionSettings,
        aws: AwsSession,
        store: Arc<dyn Store>,
    ) -> impl Future<Output = Result<Self, FunctionProblem>> + Send;

    /// Takes one invocation, whose time ends at `deadline`.
    ///
    /// # Errors
    /// [`FunctionProblem::RetryInvocation`] if all of it must be redelivered.
    fn process_invocation(
        &mut self,
        event: Value,
        deadline: SystemTime,
    ) -> impl Future<Output = Result<Value, FunctionProblem>> + Send;
}

/// Makes a function from its environment.
///
/// # Errors
/// [`FunctionProblem`] that says what to fix.
pub async fn from_environment<F: LambdaFunction>() -> Result<F, FunctionProblem> {
    let aws = AwsSession::for_function();
    let settings = FunctionSettings::from_environment(&aws).await?;
    let store = match &settings.table {
        Some(table) => compose::shared_store(&aws, table)
            .await
            .map_err(|error| FunctionProblem::Environment("AWARE_TABLE", error.to_string()))?,
        None => {
            tracing::warn!("AWARE_TABLE is not set: each instance keeps its own state in memory");
            compose::memory_store()
        }
    };
    F::from_settings(settings, aws, store).await
}

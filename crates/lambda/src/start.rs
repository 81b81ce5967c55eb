//! The one start-up: log, settings, store; then one invocation after the other.

use std::future::Future;
use std::sync::Arc;

use aware_io::aws::Aws;
use aware_io::log;
use aware_io::wire;
use aware_pipeline::port::Store;
use lambda_runtime::{Context, Error, LambdaEvent, service_fn};
use serde_json::Value;
use tokio::sync::Mutex;
use tracing::Instrument;

use crate::problem::Problem;
use crate::settings::Settings;

/// One of the two functions.
pub trait Function: Sized + Send + 'static {
    /// Makes it from its settings.
    ///
    /// # Errors
    /// [`Problem`] that tells what to mend.
    fn new(
        settings: Settings,
        aws: Aws,
        store: Arc<dyn Store>,
    ) -> impl Future<Output = Result<Self, Problem>> + Send;

    /// Takes one invocation.
    ///
    /// # Errors
    /// [`Problem::Again`] when the whole of it must come again.
    fn take(
        &mut self,
        event: Value,
        context: &Context,
    ) -> impl Future<Output = Result<Value, Problem>> + Send;
}

/// Runs a function until its process is ended. What is wrong with its environment is told as the
/// answer to each invocation, so that it stands where people look.
///
/// # Errors
/// When the runtime does not answer.
pub async fn run<F: Function>() -> Result<(), Error> {
    log::init(log::Verbosity::Normal, log::Format::Json);
    let first = made::<F>().await;
    if let Err(problem) = &first {
        tracing::error!(%problem, "function cannot start");
    }
    let function = &Mutex::new(first);
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| async move {
        let mut function = function.lock().await;
        if function.is_err() {
            // What was wrong may have been mended: a parameter, a secret, a policy.
            *function = made::<F>().await;
        }
        match &mut *function {
            Ok(function) => {
                let span = tracing::info_span!("invocation", requestId = event.context.request_id);
                let taken = function.take(event.payload, &event.context).instrument(span).await;
                taken.map_err(Error::from)
            }
            Err(problem) => Err(Error::from(problem.to_string())),
        }
    }))
    .await
}

async fn made<F: Function>() -> Result<F, Problem> {
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

//! Activity Aware on the Lambda runtime: two bootstraps. The functions themselves are in
//! [`aware_io::function`].

use aware_io::function::{LambdaFunction, from_environment};
use aware_io::log;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;
use tokio::sync::Mutex;
use tracing::Instrument;

/// Runs a function until its process ends. A problem with its environment becomes the answer to
/// each invocation, so that people see it.
///
/// # Errors
/// If the runtime does not answer.
pub async fn run_function<F: LambdaFunction>() -> Result<(), Error> {
    log::init(log::Verbosity::Normal, log::Format::Json);
    let first = from_environment::<F>().await;
    if let Err(problem) = &first {
        tracing::error!(%problem, "function cannot start");
    }
    let function = &Mutex::new(first);
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| async move {
        let mut function = function.lock().await;
        if function.is_err() {
            // A parameter, a secret or a policy may have been corrected since.
            *function = from_environment::<F>().await;
        }
        match &mut *function {
            Ok(function) => {
                let span = tracing::info_span!("invocation", requestId = event.context.request_id);
                let deadline = event.context.deadline();
                function
                    .process_invocation(event.payload, deadline)
                    .instrument(span)
                    .await
                    .map_err(Error::from)
            }
            Err(problem) => Err(Error::from(problem.to_string())),
        }
    }))
    .await
}

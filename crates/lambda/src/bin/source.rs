//! The bootstrap of the source function, which takes a log's events and publishes messages on the
//! topic.

use aware_io::function::source::SourceFunction;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    aware_lambda::run_function::<SourceFunction>().await
}

//! The bootstrap of the destination function, which delivers messages from the topic.

use aware_io::function::destination::DestinationFunction;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    aware_lambda::run_function::<DestinationFunction>().await
}

//! The bootstrap of the destination function: messages from the topic to people.

use aware_io::function::destination::Function;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    aware_lambda::run_function::<Function>().await
}

//! `aware run`: the daemon.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aware_io::aws::Aws;
use aware_io::config::{self, Config, LogFormat};
use aware_io::log;
use aware_io::pipeline::deliver::Deliver;
use aware_io::pipeline::source::Source;
use aware_io::port::{Input, Store, SystemClock, Topic};
use aware_io::store::fallback::FallbackStore;
use aware_io::topic::local::{CAPACITY, LocalTopic};
use aware_io::wire;
use tokio::task::JoinSet;

use crate::args::RunArgs;
use crate::exit::{Exit, Failure};

/// How often updates are looked for.
const TICK: Duration = Duration::from_secs(1);
/// How often old event ids are forgotten.
const FORGET: Duration = Duration::from_secs(3600);
/// How long deliveries may take once the inputs have ended or a signal came.
const LAST_DELIVERIES: Duration = Duration::from_secs(10);

/// Runs the command.
pub(crate) fn main(args: &RunArgs) -> Result<Exit, Failure> {
    let config = config::read(&args.config)?;
    let format = match config.log.format {
        LogFormat::Text => log::Format::Text,
        LogFormat::Json => log::Format::Json,
    };
    log::init(args.talk.verbosity(), format);
    let color = args.talk.color(std::io::stdout().is_terminal());
    tokio::runtime::Runtime::new()?.block_on(run(&config, color))
}

async fn run(config: &Config, color: bool) -> Result<Exit, Failure> {
    let aws = Aws::default();
    let store = Arc::new(FallbackStore::new(wire::store(&config.state)?));
    let topic: Arc<dyn Topic> = Arc::new(LocalTopic::new(CAPACITY));
    let destinations = wire::destinations(config, &aws, color).await?;
    let inputs = wire::inputs(config, &aws).await?;
    if inputs.is_empty() {
        return Err(Failure::Usage(
            "the config has no input (hint: add a table `[input.NAME]`)".to_owned(),
        ));
    }
    let routes = wire::routes(&config.route);
    let deliver = Deliver::new(
        Arc::clone(&store) as _,
        Arc::clone(&topic),
        Arc::new(SystemClock),
        destinations,
        routes,
    );
    let source = Arc::new(Source::new(
        Arc::clone(&store),
        Arc::clone(&topic),
        Arc::new(SystemClock),
        wire::intervals(&config.grouping),
        Arc::default(),
    ));
    log::info(
        "watching",
        &[
            ("inputs", &config.input.len().to_string()),
            ("destinations", &config.destination.len().to_string()),
        ],
    );
    let delivering = tokio::spawn(Arc::clone(&deliver).run());
    let interrupted = watch(&source, inputs, &store).await;
    source.tick().await;
    topic.close();
    let settled = tokio::time::timeout(LAST_DELIVERIES, delivering).await.is_ok();
    Ok(end(&source, &deliver, settled, interrupted))
}

/// Drains every input until all have ended, or a signal came; true for the latter.
async fn watch(
    source: &Arc<Source>,
    inputs: Vec<Box<dyn Input>>,
    store: &Arc<FallbackStore>,
) -> bool {
    let mut tasks = JoinSet::new();
    // First what an earlier run left, so that nothing of it meets its own second copy.
    source.replay().await;
    for mut input in inputs {
        if let Some(place) = store.resume(input.name()).await.ok().flatten() {
            input.resume(&place);
        }
        let source = Arc::clone(source);
        tasks.spawn(async move { source.drain(input.as_mut()).await });
    }
    let mut tick = tokio::time::interval(TICK);
    let mut forget = tokio::time::interval(FORGET);
    let mut stop = Box::pin(signal());
    loop {
        tokio::select! {
            ended = tasks.join_next() => if ended.is_none() { return false },
            _ = tick.tick() => source.tick().await,
            _ = forget.tick() => source.forget().await,
            () = &mut stop => return true,
        }
    }
}

async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signals) => {
                signals.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}

/// Says what was done, and how it ended.
fn end(source: &Source, deliver: &Deliver, settled: bool, interrupted: bool) -> Exit {
    let text = |count: &AtomicU64| count.load(Ordering::Relaxed).to_string();
    let (from, to) = (&source.counts, &deliver.counts);
    log::info(
        "stopped",
        &[
            ("records", &text(&from.records)),
            ("events", &text(&from.events)),
            ("rejects", &text(&from.rejects)),
            ("duplicates", &text(&from.duplicates)),
            ("findings", &text(&from.findings)),
            ("messages", &text(&from.published)),
            ("delivered", &text(&to.delivered)),
            ("refused", &text(&to.refused)),
        ],
    );
    if !settled {
        log::warn("some messages are not delivered yet; the next run goes on with them", &[]);
    }
    match (settled && to.refused.load(Ordering::Relaxed) == 0, interrupted) {
        (true, _) | (_, true) => Exit::Done,
        (false, false) => Exit::Delivery,
    }
}

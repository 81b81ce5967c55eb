//! The running inputs: started, stopped and replaced by name.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aware_io::aws::AwsSession;
use aware_io::compose;
use aware_io::config::{ConfigError, InputConfig};
use aware_pipeline::port::{Input, Store};
use aware_pipeline::source::SourceHalf;
use aware_pipeline::store::fallback::FallbackStore;
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};

/// The inputs of a config, by name.
pub(super) type InputConfigs = BTreeMap<String, InputConfig>;

/// The running inputs, each a task.
pub(super) struct RunningInputs {
    source: Arc<SourceHalf>,
    store: Arc<FallbackStore>,
    tasks: JoinSet<()>,
    running: BTreeMap<String, RunningInput>,
}

struct RunningInput {
    config: InputConfig,
    stop: watch::Sender<bool>,
    task: AbortHandle,
}

/// How the inputs of a new config differ from the running ones: built, but not started.
pub(super) struct InputChange {
    begin: Vec<(String, InputConfig, Box<dyn Input>)>,
    end: Vec<String>,
}

impl RunningInputs {
    /// Without any running input.
    pub(super) fn new(source: &Arc<SourceHalf>, store: &Arc<FallbackStore>) -> Self {
        let (source, store) = (Arc::clone(source), Arc::clone(store));
        Self { source, store, tasks: JoinSet::new(), running: BTreeMap::new() }
    }

    /// What a config changes. Unchanged inputs keep running.
    ///
    /// # Errors
    /// If an input cannot be built.
    pub(super) async fn change_for(
        &self,
        wanted: &InputConfigs,
        aws: &AwsSession,
    ) -> Result<InputChange, ConfigError> {
        let stays = |name: &String, config: &InputConfig| {
            self.running.get(name).is_some_and(|running| running.config == *config)
        };
        let mut begin = Vec::new();
        for (name, config) in wanted.iter().filter(|(name, config)| !stays(name, config)) {
            let input = compose::input(name, config, aws).await?;
            begin.push((name.clone(), config.clone(), input));
        }
        let goes = |(name, running): &(&String, &RunningInput)| {
            wanted.get(*name).is_none_or(|config| *config != running.config)
        };
        let end = self.running.iter().filter(goes).map(|(name, _)| name.clone()).collect();
        Ok(InputChange { begin, end })
    }

    /// Stops the inputs that are removed, each after it has finished its current body, then starts
    /// the new ones.
    pub(super) async fn apply_change(&mut self, change: InputChange, patience: Duration) {
        let ending: Vec<RunningInput> =
            change.end.iter().filter_map(|name| self.running.remove(name)).collect();
        end_inputs(&ending, patience).await;
        self.start_inputs(change.begin).await;
    }

    /// Starts inputs.
    pub(super) async fn start_inputs(
        &mut self,
        inputs: Vec<(String, InputConfig, Box<dyn Input>)>,
    ) {
        for (name, config, input) in inputs {
            self.start_input(name, config, input).await;
        }
    }

    async fn start_input(&mut self, name: String, config: InputConfig, mut input: Box<dyn Input>) {
        if let Some(place) = self.store.resume_place(&name).await.ok().flatten() {
            input.resume_at(&place);
        }
        let (stop, stopped) = watch::channel(false);
        let source = Arc::clone(&self.source);
        let task =
            self.tasks.spawn(async move { source.drain_until(input.as_mut(), stopped).await });
        self.running.insert(name, RunningInput { config, stop, task });
    }

    /// Waits until one input has ended; false if none is running.
    pub(super) async fn wait_for_one(&mut self) -> bool {
        self.tasks.join_next().await.is_some()
    }

    /// Stops all inputs, each after it has finished its current body.
    pub(super) async fn stop_all(&mut self, patience: Duration) {
        let all: Vec<RunningInput> = std::mem::take(&mut self.running).into_values().collect();
        end_inputs(&all, patience).await;
    }
}

/// Asks inputs to end and waits; one that does not end in time is aborted. Its current body is not
/// acknowledged, and comes again.
async fn end_inputs(inputs: &[RunningInput], patience: Duration) {
    for input in inputs {
        // An input that has already ended does not receive this, and need not.
        let _ = input.stop.send(true);
    }
    let all_ended = async {
        for input in inputs {
            input.stop.closed().await;
        }
    };
    if tokio::time::timeout(patience, all_ended).await.is_err() {
        tracing::warn!("an input did not finish its delivery in time; it will be redelivered");
        inputs.iter().for_each(|input| input.task.abort());
    }
}

//! A config with every default written out, in TOML that parses back to the same config.

use aware_core::envelope::decompress::Limits;
use aware_rules::correlate::Settings;
use url::Url;

use super::{
    Config, DestinationConfig, GroupingConfig, InputConfig, LevelName, LimitsConfig, Size, Span,
    StateConfig,
};

impl Config {
    /// The config as TOML, with every default. Secrets appear as the places that hold them. Of a
    /// webhook's URL only the host is shown, since the rest may be a secret.
    ///
    /// # Errors
    /// If a text in it cannot be written as TOML.
    pub fn show(mut self) -> Result<String, toml::ser::Error> {
        self.input.values_mut().for_each(input);
        self.destination.values_mut().for_each(destination);
        if self.destination.is_empty() {
            let terminal = DestinationConfig::Terminal(super::TerminalConfig {});
            self.destination.insert("terminal".to_owned(), terminal);
        }
        self.watch
            .iter_mut()
            .for_each(|watch| watch.level = watch.level.or(Some(LevelName::Medium)));
        self.rules.shipped.get_or_insert(true);
        let horizon = Settings::default().horizon_seconds;
        self.rules.lateness.get_or_insert(std::time::Duration::from_secs(horizon).into());
        grouping(&mut self.grouping);
        state(&mut self.state);
        limits(&mut self.limits);
        toml::to_string(&self)
    }
}

fn input(input: &mut InputConfig) {
    match input {
        InputConfig::File(files) => files.write_defaults(),
        InputConfig::Stdin(_) => {}
        InputConfig::S3(bucket) => bucket.write_defaults(),
        InputConfig::Sqs(queue) => queue.write_defaults(),
    }
}

fn destination(destination: &mut DestinationConfig) {
    if let DestinationConfig::Webhook(webhook) = destination
        && let Ok(url) = Url::parse(&webhook.url)
        && let Some(host) = url.host_str()
    {
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        webhook.url = format!("{}://{host}{port}/***", url.scheme());
    }
}

fn grouping(grouping: &mut GroupingConfig) {
    let intervals = super::intervals(grouping);
    grouping.wait = Some(Span(intervals.wait));
    grouping.interval = Some(Span(intervals.interval));
    grouping.repeat = Some(Span(intervals.repeat));
}

fn state(state: &mut StateConfig) {
    if state.memory_only {
        return;
    }
    let keep = super::kept_refused(state);
    state.folder = super::state_folder(state).ok();
    state.rejected_mib.get_or_insert(super::REJECTED_MIB);
    state.keep_refused = Some(keep.most);
    state.keep_refused_days = Some(keep.days);
}

fn limits(limits: &mut LimitsConfig) {
    let Limits { max_bytes, max_nested, max_ratio } = super::limits(limits);
    limits.body = Some(Size(max_bytes));
    limits.nested = Some(Size(max_nested));
    limits.ratio = u32::try_from(max_ratio).ok().and_then(std::num::NonZeroU32::new);
}

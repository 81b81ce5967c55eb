//! A config with every default written out, in TOML that parses back to the same config.

use aware_core::envelope::decompress::DecompressionLimits;
use aware_rules::correlate::CorrelationSettings;
use url::Url;

use super::{
    ByteSize, Config, DestinationConfig, GroupingConfig, InputConfig, LevelName, LimitsConfig,
    StateConfig, TimeSpan,
};

impl Config {
    /// The config as TOML, with every default. Secrets appear as the places that hold them. Of a
    /// URL only the host is shown, since the rest may be a secret.
    ///
    /// # Errors
    /// If a text in it cannot be written as TOML.
    pub fn to_toml(mut self) -> Result<String, toml::ser::Error> {
        self.input.values_mut().for_each(fill_input);
        self.destination.values_mut().for_each(hide_secrets);
        if self.destination.is_empty() {
            let terminal = DestinationConfig::Terminal(super::TerminalConfig {});
            self.destination.insert("terminal".to_owned(), terminal);
        }
        self.watch
            .iter_mut()
            .for_each(|watch| watch.level = watch.level.or(Some(LevelName::Medium)));
        self.rules.shipped.get_or_insert(true);
        let horizon = CorrelationSettings::default().horizon_seconds;
        self.rules.lateness.get_or_insert(std::time::Duration::from_secs(horizon).into());
        fill_grouping(&mut self.grouping);
        fill_state(&mut self.state);
        fill_limits(&mut self.limits);
        toml::to_string(&self)
    }
}

fn fill_input(input: &mut InputConfig) {
    match input {
        InputConfig::File(files) => files.write_defaults(),
        InputConfig::Stdin(_) => {}
        InputConfig::S3(bucket) => bucket.write_defaults(),
        InputConfig::Sqs(queue) => queue.write_defaults(),
    }
}

fn hide_secrets(destination: &mut DestinationConfig) {
    match destination {
        DestinationConfig::Webhook(webhook) => hide_path(&mut webhook.url),
        DestinationConfig::Teams(teams) => hide_path(&mut teams.url),
        DestinationConfig::Alertmanager(alertmanager) => hide_path(&mut alertmanager.url),
        DestinationConfig::Template(template) => hide_path(&mut template.url),
        // Their secrets are places.
        DestinationConfig::Slack(_)
        | DestinationConfig::PagerDuty(_)
        | DestinationConfig::Jsm(_)
        | DestinationConfig::Email(_)
        | DestinationConfig::Terminal(_) => {}
    }
}

/// Of a URL that is no place only the host stays.
fn hide_path(text: &mut String) {
    if let Ok(url) = Url::parse(text)
        && let Some(host) = url.host_str()
    {
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        *text = format!("{}://{host}{port}/***", url.scheme());
    }
}

fn fill_grouping(grouping: &mut GroupingConfig) {
    let intervals = super::intervals_from(grouping);
    grouping.wait = Some(TimeSpan(intervals.wait));
    grouping.interval = Some(TimeSpan(intervals.interval));
    grouping.repeat = Some(TimeSpan(intervals.repeat));
    let limits = super::case_limits_from(grouping);
    grouping.quiet = Some(TimeSpan(limits.quiet));
    grouping.storm = Some(limits.storm.most);
}

fn fill_state(state: &mut StateConfig) {
    if state.memory_only {
        return;
    }
    let keep = super::kept_refused(state);
    state.folder = super::state_folder(state).ok();
    state.rejected_mib.get_or_insert(super::REJECTED_MIB);
    state.keep_refused = Some(keep.most);
    state.keep_refused_days = Some(keep.days);
}

fn fill_limits(limits: &mut LimitsConfig) {
    let DecompressionLimits { max_bytes, max_nested, max_ratio } = super::limits_from(limits);
    limits.body = Some(ByteSize(max_bytes));
    limits.nested = Some(ByteSize(max_nested));
    limits.ratio = u32::try_from(max_ratio).ok().and_then(std::num::NonZeroU32::new);
}

//! `aware learn` and `aware baseline`: what is usual, from history at once, and as it is known.

use std::collections::BTreeMap;
use std::io::{Write, stdout};
use std::path::Path;
use std::sync::Arc;

use aware_core::envelope::EnvelopeKind;
use aware_core::text::terminal::terminal_safe;
use aware_iam::catalogue::Catalogue;
use aware_io::rules::LoadedRules;
use aware_io::{compose, config};
use aware_pipeline::baseline::{add_stored_rows, changed_rows, stored_keys};
use aware_pipeline::port::{StepCommit, Store, StoreError};
use aware_pipeline::rule_set::RuleSet;
use aware_pipeline::scan::{FindingFilter, LogScan, SeenEvents};
use aware_rules::baseline::{
    BaselineBook, BaselineKind, BaselineRow, BaselineTest, Day, date_of_day, row_key, value_hash,
};
use aware_rules::rule::CompiledRule;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::args::{
    BaselineArgs, BaselineCommand, BaselineShowArgs, LearnArgs, RuleOptions, TextOrJson,
};
use crate::cases::open_stored;
use crate::config::count_of;
use crate::deploy::stack_table;
use crate::exit::{CommandExit, CommandFailure};
use crate::interrupt;
use crate::logs::{BodySink, GivenLogs, ReadOptions};
use crate::rules::load_with_options;

/// How many rows are read or written at once.
const ROWS_AT_ONCE: usize = 50;
/// How long a row is kept: as long as any rule may remember.
const LONGEST: Day = 400;
/// How many names of a rule's values are shown.
const MAX_NAMES: usize = 12;

/// Runs `aware learn`.
pub(crate) fn run_learn(args: &LearnArgs) -> Result<CommandExit, CommandFailure> {
    interrupt::install_handlers();
    let loaded = load_of_config(&args.config, args.stack.is_some())?;
    let refused = loaded.problems.len();
    let rules: Arc<RuleSet> = Arc::new(loaded.rules);
    let period = args.period.check_order().map_err(CommandFailure::Usage)?;
    let (filter, seen) = (FindingFilter::default(), SeenEvents::default());
    let scan = || LogScan::new(&filter, &rules).learning_within(period.since, period.until);
    let taker = || LearnTaker { scan: scan(), filter: &filter, seen: &seen };
    let manner = ReadOptions { aws: args.aws.clone(), threads: args.threads, quiet: args.quiet };
    let mut whole = scan();
    for part in GivenLogs::find_logs(&args.paths).read_all(&manner, taker)? {
        whole.merge_part(part.scan);
    }
    let keys = stored_keys(whole.baseline_rows());
    let (book, left_out) = Runtime::new()?.block_on(learn_rows(args, &mut whole, &seen))?;
    let changed: Vec<&BaselineRow> = book.changed_rows().map(|(_, row)| row).collect();
    let values: usize = changed.iter().map(|row| row.value_count()).sum();
    if !args.quiet {
        let count =
            |number: u64, noun: &str| count_of(usize::try_from(number).unwrap_or(usize::MAX), noun);
        writeln!(
            stdout(),
            "{}: {} of {} new or changed, with {}; {} not learned, because the caller looks hostile",
            count(whole.sums.events, "event"),
            changed.len(),
            count(keys.len() as u64, "key"),
            count(values as u64, "value"),
            count(left_out, "event"),
        )?;
    }
    Ok(match (refused, whole.sums.rejects) {
        (1.., _) => CommandExit::Usage,
        (0, 1..) => CommandExit::Input,
        (0, 0) => CommandExit::Done,
    })
}

/// The rules of a config; for a deployment those that ship, if there is no config.
fn load_of_config(config: &Path, is_deployment: bool) -> Result<LoadedRules, CommandFailure> {
    let config = Some(config).filter(|file| !is_deployment || file.exists());
    let options = RuleOptions { config: config.map(Path::to_owned), ..RuleOptions::default() };
    load_with_options(&options)
}

/// Adds what logs show to what is stored.
async fn learn_rows(
    args: &LearnArgs,
    whole: &mut LogScan,
    seen: &SeenEvents,
) -> Result<(BaselineBook, u64), CommandFailure> {
    let store = match &args.stack {
        Some(stack) => {
            let aws = args.aws.aws_session();
            let table = stack_table(&aws, stack).await?;
            compose::shared_store(&aws, &table).await.map_err(store_failure)?
        }
        None => compose::open_store(&config::read_config(&args.config)?.state)?,
    };
    let keys = stored_keys(whole.baseline_rows());
    let mut book = read_rows(&*store, &keys).await?;
    let left_out = whole.settle_baselines(&mut book, seen);
    let now = Timestamp::now();
    let windows = changed_rows(&book, LONGEST, now);
    for some in windows.chunks(ROWS_AT_ONCE) {
        let commit = StepCommit { windows: some.to_vec(), ..StepCommit::default() };
        store.commit(commit, now).await.map_err(store_failure)?;
    }
    Ok((book, left_out))
}

/// The stored rows of these keys. What cannot be read is said, and taken for nothing.
pub(crate) async fn read_rows(
    store: &dyn Store,
    keys: &[String],
) -> Result<BaselineBook, CommandFailure> {
    let mut book = BaselineBook::default();
    for some in keys.chunks(ROWS_AT_ONCE) {
        let windows = store.load_windows(some).await.map_err(store_failure)?;
        for (window, problem) in add_stored_rows(&mut book, windows) {
            tracing::warn!(window = window.key, %problem, "baseline cannot be read");
        }
    }
    Ok(book)
}

fn store_failure(error: StoreError) -> CommandFailure {
    let hint = match error {
        StoreError::Conflict => " (hint: something else changed it meanwhile; try again)",
        _ => "",
    };
    CommandFailure::Usage(format!("the state: {error}{hint}"))
}

/// One thread's part of learning.
struct LearnTaker<'a> {
    scan: LogScan,
    filter: &'a FindingFilter,
    seen: &'a SeenEvents,
}

impl BodySink for LearnTaker<'_> {
    fn begin_body(&mut self) {
        self.scan.sums.files += 1;
    }

    fn take_part(&mut self, origin: &str, kind: EnvelopeKind, bytes: &[u8]) {
        self.scan.scan_part(origin, kind, bytes, self.filter, self.seen);
    }

    fn take_reject(&mut self, origin: &str, problem: String) {
        tracing::warn!("{origin}: {problem}");
        self.scan.add_reject(origin, 0, problem);
    }

    fn skip_objects(&mut self, count: u64) {
        self.scan.sums.skipped += count;
    }
}

/// Runs `aware baseline`.
pub(crate) fn run_baseline(args: &BaselineArgs) -> Result<CommandExit, CommandFailure> {
    let BaselineCommand::Show(args) = &args.command;
    let loaded = load_of_config(&args.place.config, args.place.stack.is_some())?;
    let wanted: Vec<HabitQuestion<'_>> =
        loaded.rules.event_rules().iter().filter_map(|rule| question_of(rule, args)).collect();
    let keys = stored_keys(wanted.iter().map(|one| &one.row));
    let book = Runtime::new()?.block_on(async {
        match open_stored(&args.place).await? {
            Some(store) => read_rows(&*store, &keys).await,
            None => Ok(BaselineBook::default()),
        }
    })?;
    let names = value_names();
    let mut out = stdout().lock();
    let mut known = 0;
    for question in &wanted {
        let Some(habit) = question.habit_in(&book, &names) else { continue };
        known += 1;
        match args.format {
            TextOrJson::Json => writeln!(out, "{}", habit.to_json(question.rule))?,
            TextOrJson::Text => habit.write_text(&mut out, question.rule)?,
        }
    }
    if args.format == TextOrJson::Text {
        let rules = wanted.len();
        writeln!(out, "{} of {rules} rules know {}", known, terminal_safe(&args.principal))?;
    }
    Ok(CommandExit::Done)
}

/// What a rule may know of a principal: the row that is its own, or its value in a row of its account.
struct HabitQuestion<'r> {
    rule: &'r CompiledRule,
    test: &'r BaselineTest,
    row: String,
    /// The principal's hash, if it is the value rather than the key.
    value: Option<u64>,
}

/// Whether a rule's key is made of the account and the principal, or the principal is its value.
fn question_of<'r>(rule: &'r CompiledRule, args: &BaselineShowArgs) -> Option<HabitQuestion<'r>> {
    let test = rule.baseline.as_deref()?;
    let text = |field: &String| match field.as_str() {
        "aware.principal" => Some(args.principal.as_str()),
        "recipientAccountId" => Some(args.account.as_str()),
        _ => None,
    };
    let key: Vec<&str> = test.key.iter().map(text).collect::<Option<_>>()?;
    let is_key = test.key.iter().any(|field| field == "aware.principal");
    let is_value = test.value == ["aware.principal"];
    (is_key || is_value).then(|| HabitQuestion {
        rule,
        test,
        row: row_key(&rule.about.id, &key),
        value: (!is_key).then(|| value_hash(&[&args.principal])),
    })
}

/// What a rule knows of a principal.
struct KnownHabit {
    since: Day,
    last: Option<Day>,
    values: usize,
    names: Vec<String>,
    is_full: bool,
}

impl HabitQuestion<'_> {
    fn habit_in(&self, book: &BaselineBook, names: &BTreeMap<u64, String>) -> Option<KnownHabit> {
        let row = book.row(&self.row)?;
        if let Some(value) = self.value {
            let (since, last) = row.days_of(value)?;
            let names = Vec::new();
            return Some(KnownHabit { since, last: Some(last), values: 1, names, is_full: false });
        }
        let days = || row.values().map(|(_, days)| days.1).max();
        let named = row.values().filter_map(|(value, _)| names.get(&value).cloned());
        let is_burst = self.test.kind == BaselineKind::Burst;
        Some(KnownHabit {
            since: row.since()?,
            last: if is_burst { None } else { days() },
            values: row.value_count(),
            names: if is_burst { Vec::new() } else { named.take(MAX_NAMES).collect() },
            is_full: row.is_full(),
        })
    }
}

impl KnownHabit {
    fn to_json(&self, rule: &CompiledRule) -> Value {
        json!({
            "rule": rule.about.id, "title": rule.about.name, "values": self.values,
            "since": date_of_day(self.since).to_string(),
            "last": self.last.map(|day| date_of_day(day).to_string()),
            "names": self.names, "isFull": self.is_full,
        })
    }

    fn write_text(&self, out: &mut dyn Write, rule: &CompiledRule) -> std::io::Result<()> {
        let last = self.last.map(|day| format!(", last on {}", date_of_day(day)));
        let full = if self.is_full { "; too many to tell what is new" } else { "" };
        let values = match self.values {
            1 => "1 value".to_owned(),
            many => format!("{many} values"),
        };
        writeln!(
            out,
            "{}  {}\n    known since {}{}, {values}{full}",
            terminal_safe(&rule.about.id),
            terminal_safe(&rule.about.name),
            date_of_day(self.since),
            last.unwrap_or_default()
        )?;
        if !self.names.is_empty() {
            writeln!(out, "    {}", self.names.join(", "))?;
        }
        Ok(())
    }
}

/// What values may be, by their hashes: only these are stored. The actions of IAM, and services.
fn value_names() -> BTreeMap<u64, String> {
    let catalogue = Catalogue::built_in();
    let mut names = BTreeMap::new();
    for service in catalogue.iter_services() {
        for action in service.iter_actions() {
            let name = action.full_name();
            names.insert(value_hash(&[&name]), name);
        }
    }
    names
}

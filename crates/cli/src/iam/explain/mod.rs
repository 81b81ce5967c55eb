//! `aware explain`: why something was denied, and what would cure it.
//!
//! The argument is recognized by its content: records in any envelope, the text of an error, or a
//! decoded authorization message; or it is an event's id, to look up in logs.

mod block;
mod cause;
mod decode;
mod history;

use std::io::{self, BufWriter, Write};
use std::path::Path;

use aware_cases::triage::PrincipalHistories;
use aware_core::event::Event;
use aware_core::source;
use aware_core::text::json::visible_json;
use aware_iam::explain::DenialExplainer;

use super::catalogue;
use crate::args::{ExplainArgs, ExplainFormat};
use crate::exit::{CommandExit, CommandFailure};
use crate::logs::{GivenRecords, ReadOptions, display_name, parse_records, read_text};
use crate::render::screen::stdout_screen;
use block::CauseBlocks;
use cause::ExplainedCause;
use decode::DenialDecoder;

/// The longest error text that is read, in bytes. AWS's own are below 10 KB.
const MAX_TEXT: usize = 1 << 20;

/// Runs the command.
pub(crate) fn run_explain(args: &ExplainArgs) -> Result<CommandExit, CommandFailure> {
    if let Some(config) = &args.config {
        crate::rules::define_sources(config)?;
    }
    let explainer = DenialExplainer::new(catalogue::current_catalogue());
    let mut run = ExplainRun {
        explainer,
        decoder: DenialDecoder::new(args.decode, &args.aws),
        printer: CausePrinter::new(args),
    };
    let exit = if is_event_id(&args.what, &args.logs) {
        run.explain_by_id(args)?
    } else {
        let text = given_text(&args.what)?;
        run.explain_text(args, &text)?
    };
    run.printer.finish_output()?;
    Ok(exit)
}

/// Whether an argument is an event's id rather than a file. CloudTrail's ids are UUIDs; records
/// without one get an id of 32 digits from us. Before logs, any word is one that is no file.
fn is_event_id(what: &str, logs: &[String]) -> bool {
    let is_made_so = what.len() >= 32 && what.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    let is_word = what != "-" && !what.starts_with('{') && !what.contains(char::is_whitespace);
    (is_made_so || is_word && !logs.is_empty()) && !Path::new(what).exists()
}

/// The text of a file, or the argument itself if it is a pasted error.
fn given_text(what: &str) -> Result<String, CommandFailure> {
    if Path::new(what).is_dir() {
        let hint =
            "give a file, or an event's id followed by the folder; `aware scan` reads folders";
        return Err(CommandFailure::Usage(format!("{what}: is a folder (hint: {hint})")));
    }
    let is_sentence = what.contains(' ') && !Path::new(what).exists();
    if is_sentence { Ok(what.to_owned()) } else { read_text(what) }
}

/// The error text of a record that somebody has cut down so far that it is no longer an event.
fn bare_message(records: &[String]) -> Option<String> {
    let [record] = records else { return None };
    if source::decode_record(record.as_bytes()).is_ok() {
        return None;
    }
    let record: serde_json::Value = serde_json::from_str(record).ok()?;
    record.get("errorMessage")?.as_str().map(str::to_owned)
}

fn read_options(args: &ExplainArgs) -> ReadOptions {
    ReadOptions { aws: args.aws.clone(), ..ReadOptions::default() }
}

struct ExplainRun<'a> {
    explainer: DenialExplainer<'static>,
    decoder: DenialDecoder,
    printer: CausePrinter<'a>,
}

impl ExplainRun<'_> {
    fn explain_by_id(&mut self, args: &ExplainArgs) -> Result<CommandExit, CommandFailure> {
        let id = &args.what;
        if args.logs.is_empty() {
            let hint = "aware explain ID LOGS…";
            return Err(CommandFailure::Usage(format!(
                "no logs to find event {id} in (hint: {hint})"
            )));
        }
        let (found, sums) = history::find_events(id, &args.logs, &read_options(args))?;
        if found.is_empty() {
            sums.report_rejects();
            return Err(CommandFailure::Usage(format!(
                "no event {id} among {} events, and no file of that name (hint: is the log of its account and region included?)",
                sums.events
            )));
        }
        let histories = history::caller_histories(&found, &args.logs, &read_options(args))?;
        for event in &found {
            self.explain_event(event, &histories)?;
        }
        Ok(sums.report_rejects())
    }

    fn explain_text(
        &mut self,
        args: &ExplainArgs,
        text: &str,
    ) -> Result<CommandExit, CommandFailure> {
        let is_decoded = aware_iam::denial::parse_decoded(text).is_some();
        let GivenRecords { records, rejects } = if is_decoded {
            GivenRecords { records: Vec::new(), rejects: Vec::new() }
        } else {
            parse_records(text)
        };
        if records.is_empty() {
            let reject = rejects.first().filter(|_| text.trim_start().starts_with(['{', '[']));
            return self.explain_message(&args.what, text, reject).map(|()| CommandExit::Done);
        }
        if let Some(message) = bare_message(&records) {
            return self
                .explain_message(&args.what, &message, rejects.first())
                .map(|()| CommandExit::Done);
        }
        self.explain_records(args, &records, rejects)
    }

    /// Explains an error's text, or a decoded message.
    fn explain_message(
        &mut self,
        name: &str,
        text: &str,
        reject: Option<&String>,
    ) -> Result<(), CommandFailure> {
        let wrong = |what: &str, hint: &str| {
            let name = if name.contains(' ') { "the text" } else { display_name(name) };
            CommandFailure::Usage(format!("{name}: {what} (hint: {hint})"))
        };
        if text.len() > MAX_TEXT {
            return Err(wrong(
                &format!("text of {} bytes is over the limit of {MAX_TEXT}", text.len()),
                "paste only the error",
            ));
        }
        let explanation = self.explainer.explain_text(text).ok_or_else(|| match reject {
            Some(reject) if reject.contains("(hint: ") => {
                CommandFailure::Usage(format!("{}: {reject}", display_name(name)))
            }
            Some(reject) => wrong(reject, "give a record, or a decoded authorization message"),
            None => wrong(
                "neither a record nor a denial in AWS's words",
                "give AWS's complete English text, `User: … is not authorized to perform: …`, or the event",
            ),
        })?;
        let explanation = self.decoder.decode_explanation(self.explainer, explanation);
        self.printer.print_cause(ExplainedCause::from_text(explanation))
    }

    /// Two passes, so that memory does not grow with the records: the first finds out what callers
    /// look like, the second explains.
    fn explain_records(
        &mut self,
        args: &ExplainArgs,
        records: &[String],
        mut rejects: Vec<String>,
    ) -> Result<CommandExit, CommandFailure> {
        let period = args.period.check_order().map_err(CommandFailure::Usage)?;
        let mut histories = PrincipalHistories::new();
        let mut events = Vec::new();
        for (number, record) in records.iter().enumerate() {
            match source::decode_record(record.as_bytes()) {
                Ok(event) if args.logs.is_empty() => histories.record_event(&event),
                Ok(event) => events.push(event),
                Err(problem) => rejects.push(format!("record {}: {problem}", number + 1)),
            }
        }
        if !args.logs.is_empty() {
            histories = history::caller_histories(&events, &args.logs, &read_options(args))?;
        }
        drop(events);
        let events = records.iter().filter_map(|one| source::decode_record(one.as_bytes()).ok());
        for event in events.filter(|event| period.contains_time(event.time)) {
            self.explain_event(&event, &histories)?;
        }
        if self.printer.printed == 0 && rejects.is_empty() {
            let what = display_name(&args.what);
            return Err(CommandFailure::Usage(format!(
                "{what}: no event lies within --since and --until"
            )));
        }
        for problem in rejects.iter().take(5) {
            tracing::warn!("{}: {problem}", display_name(&args.what));
        }
        Ok(if rejects.is_empty() { CommandExit::Done } else { CommandExit::Input })
    }

    fn explain_event(
        &mut self,
        event: &Event,
        histories: &PrincipalHistories,
    ) -> Result<(), CommandFailure> {
        if event.api_call().is_none() {
            return self.printer.print_cause(ExplainedCause::from_other_log(event));
        }
        let explanation = self.explainer.explain_event(event);
        let explanation = self.decoder.decode_explanation(self.explainer, explanation);
        let reading = histories.reading_of(&event.principal);
        self.printer.print_cause(ExplainedCause::from_event(explanation, event, reading))
    }
}

/// Prints each cause as it comes, or all at the end.
struct CausePrinter<'a> {
    format: ExplainFormat,
    out: BufWriter<io::StdoutLock<'a>>,
    blocks: CauseBlocks,
    printed: u64,
}

impl CausePrinter<'_> {
    fn new(args: &ExplainArgs) -> Self {
        let out = io::stdout().lock();
        let out = BufWriter::new(out);
        Self { format: args.format, out, blocks: CauseBlocks::default(), printed: 0 }
    }

    fn print_cause(&mut self, cause: ExplainedCause) -> Result<(), CommandFailure> {
        match self.format {
            ExplainFormat::Text => self.blocks.add_cause(cause),
            ExplainFormat::Jsonl => {
                writeln!(self.out, "{}", visible_json(&cause.to_json().to_string()))?;
            }
            ExplainFormat::Json => {
                let start = if self.printed == 0 { "[\n" } else { ",\n" };
                let object = format!("{:#}", cause.to_json());
                write!(self.out, "{start}{}", visible_json(&object))?;
            }
        }
        self.printed += 1;
        Ok(())
    }

    fn finish_output(&mut self) -> Result<(), CommandFailure> {
        match self.format {
            ExplainFormat::Text => {
                self.blocks.write_all_blocks(&mut self.out, stdout_screen(false))?
            }
            ExplainFormat::Json if self.printed == 0 => writeln!(self.out, "[]")?,
            ExplainFormat::Json => writeln!(self.out, "\n]")?,
            ExplainFormat::Jsonl => {}
        }
        self.out.flush()?;
        Ok(())
    }
}

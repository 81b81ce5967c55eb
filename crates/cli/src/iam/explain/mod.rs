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

use aware_cases::triage::Histories;
use aware_core::event::Event;
use aware_core::source;
use aware_core::text::log::visible_json;
use aware_iam::explain::Explainer;

use super::catalogue;
use crate::args::{ExplainArgs, ExplainFormat};
use crate::exit::{Exit, Failure};
use crate::logs::{Given, Manner, given, shown, text};
use crate::render::screen::screen;
use block::Blocks;
use cause::Cause;
use decode::Decoder;

/// The longest error text that is read, in bytes. AWS's own are below 10 KB.
const MAX_TEXT: usize = 1 << 20;

/// Runs the command.
pub(crate) fn main(args: &ExplainArgs) -> Result<Exit, Failure> {
    let explainer = Explainer::new(catalogue::in_use());
    let mut run = Run {
        explainer,
        decoder: Decoder::new(args.decode, &args.aws),
        printer: Printer::new(args),
    };
    let exit = if is_id(&args.what) {
        run.by_id(args)?
    } else {
        let text = written(&args.what)?;
        run.text(args, &text)?
    };
    run.printer.end()?;
    Ok(exit)
}

/// Whether an argument is an event's id rather than a file. CloudTrail's ids are UUIDs; records
/// without one get an id of 32 digits from us.
fn is_id(what: &str) -> bool {
    let is_made_so = what.len() >= 32 && what.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    is_made_so && !Path::new(what).exists()
}

/// The text of a file, or the argument itself if it is a pasted error.
fn written(what: &str) -> Result<String, Failure> {
    if Path::new(what).is_dir() {
        let hint =
            "give a file, or an event's id followed by the folder; `aware scan` reads folders";
        return Err(Failure::Usage(format!("{what}: is a folder (hint: {hint})")));
    }
    let is_sentence = what.contains(' ') && !Path::new(what).exists();
    if is_sentence { Ok(what.to_owned()) } else { text(what) }
}

/// The error text of a record that somebody has cut down so far that it is no longer an event.
fn message_alone(records: &[String]) -> Option<String> {
    let [record] = records else { return None };
    if source::decode_record(record.as_bytes()).is_ok() {
        return None;
    }
    let record: serde_json::Value = serde_json::from_str(record).ok()?;
    record.get("errorMessage")?.as_str().map(str::to_owned)
}

fn manner(args: &ExplainArgs) -> Manner {
    Manner { aws: args.aws.clone(), ..Manner::default() }
}

struct Run<'a> {
    explainer: Explainer<'static>,
    decoder: Decoder,
    printer: Printer<'a>,
}

impl Run<'_> {
    fn by_id(&mut self, args: &ExplainArgs) -> Result<Exit, Failure> {
        let id = &args.what;
        if args.logs.is_empty() {
            let hint = "aware explain ID LOGS…";
            return Err(Failure::Usage(format!("no logs to find event {id} in (hint: {hint})")));
        }
        let (found, sums) = history::find(id, &args.logs, &manner(args))?;
        if found.is_empty() {
            sums.tell();
            return Err(Failure::Usage(format!(
                "no event {id} among {} events (hint: is the log of its account and region included?)",
                sums.events
            )));
        }
        let histories = history::histories(&found, &args.logs, &manner(args))?;
        for event in &found {
            self.event(event, &histories)?;
        }
        Ok(sums.tell())
    }

    fn text(&mut self, args: &ExplainArgs, text: &str) -> Result<Exit, Failure> {
        let is_decoded = aware_iam::denial::decoded(text).is_some();
        let Given { records, rejects } = if is_decoded {
            Given { records: Vec::new(), rejects: Vec::new() }
        } else {
            given(text)
        };
        if records.is_empty() {
            let reject = rejects.first().filter(|_| text.trim_start().starts_with(['{', '[']));
            return self.message(&args.what, text, reject).map(|()| Exit::Done);
        }
        if let Some(message) = message_alone(&records) {
            return self.message(&args.what, &message, rejects.first()).map(|()| Exit::Done);
        }
        self.records(args, &records, rejects)
    }

    /// Explains an error's text, or a decoded message.
    fn message(&mut self, name: &str, text: &str, reject: Option<&String>) -> Result<(), Failure> {
        let wrong = |what: &str, hint: &str| {
            let name = if name.contains(' ') { "the text" } else { shown(name) };
            Failure::Usage(format!("{name}: {what} (hint: {hint})"))
        };
        if text.len() > MAX_TEXT {
            return Err(wrong(
                &format!("text of {} bytes is over the limit of {MAX_TEXT}", text.len()),
                "paste only the error",
            ));
        }
        let explanation = self.explainer.explain_text(text).ok_or_else(|| match reject {
            Some(reject) if reject.contains("(hint: ") => {
                Failure::Usage(format!("{}: {reject}", shown(name)))
            }
            Some(reject) => wrong(reject, "give a record, or a decoded authorization message"),
            None => wrong(
                "neither a record nor a denial in AWS's words",
                "give AWS's complete English text, `User: … is not authorized to perform: …`, or the event",
            ),
        })?;
        let explanation = self.decoder.decoded(self.explainer, explanation);
        self.printer.print(Cause::of_text(explanation))
    }

    /// Two passes, so that memory does not grow with the records: the first finds out what callers
    /// look like, the second explains.
    fn records(
        &mut self,
        args: &ExplainArgs,
        records: &[String],
        mut rejects: Vec<String>,
    ) -> Result<Exit, Failure> {
        let period = args.period.checked().map_err(Failure::Usage)?;
        let mut histories = Histories::new();
        let mut events = Vec::new();
        for (number, record) in records.iter().enumerate() {
            match source::decode_record(record.as_bytes()) {
                Ok(event) if args.logs.is_empty() => histories.add(&event),
                Ok(event) => events.push(event),
                Err(problem) => rejects.push(format!("record {}: {problem}", number + 1)),
            }
        }
        if !args.logs.is_empty() {
            histories = history::histories(&events, &args.logs, &manner(args))?;
        }
        drop(events);
        let events = records.iter().filter_map(|one| source::decode_record(one.as_bytes()).ok());
        for event in events.filter(|event| period.holds(event.time)) {
            self.event(&event, &histories)?;
        }
        if self.printer.printed == 0 && rejects.is_empty() {
            let what = shown(&args.what);
            return Err(Failure::Usage(format!(
                "{what}: no event lies within --since and --until"
            )));
        }
        for problem in rejects.iter().take(5) {
            tracing::warn!("{}: {problem}", shown(&args.what));
        }
        Ok(if rejects.is_empty() { Exit::Done } else { Exit::Input })
    }

    fn event(&mut self, event: &Event, histories: &Histories) -> Result<(), Failure> {
        let explanation = self.explainer.explain(event);
        let explanation = self.decoder.decoded(self.explainer, explanation);
        let reading = histories.reading_of(&event.principal);
        self.printer.print(Cause::of_event(explanation, event, reading))
    }
}

/// Prints each cause as it comes, or all at the end.
struct Printer<'a> {
    format: ExplainFormat,
    out: BufWriter<io::StdoutLock<'a>>,
    blocks: Blocks,
    printed: u64,
}

impl Printer<'_> {
    fn new(args: &ExplainArgs) -> Self {
        let out = io::stdout().lock();
        let out = BufWriter::new(out);
        Self { format: args.format, out, blocks: Blocks::default(), printed: 0 }
    }

    fn print(&mut self, cause: Cause) -> Result<(), Failure> {
        match self.format {
            ExplainFormat::Text => self.blocks.add(cause),
            ExplainFormat::Jsonl => {
                writeln!(self.out, "{}", visible_json(&cause.json().to_string()))?;
            }
            ExplainFormat::Json => {
                let start = if self.printed == 0 { "[\n" } else { ",\n" };
                let object = format!("{:#}", cause.json());
                write!(self.out, "{start}{}", visible_json(&object))?;
            }
        }
        self.printed += 1;
        Ok(())
    }

    fn end(&mut self) -> Result<(), Failure> {
        match self.format {
            ExplainFormat::Text => self.blocks.write(&mut self.out, screen(false))?,
            ExplainFormat::Json if self.printed == 0 => writeln!(self.out, "[]")?,
            ExplainFormat::Json => writeln!(self.out, "\n]")?,
            ExplainFormat::Jsonl => {}
        }
        self.out.flush()?;
        Ok(())
    }
}

//! The layer of `tracing` that writes lines: which events it takes, and what their spans add.

use jiff::Timestamp;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use super::line::{RecordedFields, level_name};
use super::manner::{Format, Verbosity};

/// How the targets of this program's own crates begin.
const OWN: &str = "aware";
/// How those of the AWS SDK's crates begin.
const SDK: &str = "aws_";

/// What the SDK says of its own config files, such as one that a variable names and that does not
/// exist. Whoever names such a file means it; where credentials are missing, our own error says so.
const SDK_FILES: &str = "aws_runtime::env_config";

/// Writes a line for each event.
pub(super) struct LineLayer {
    verbosity: fn() -> Verbosity,
    format: fn() -> Format,
    write: fn(&str),
}

impl LineLayer {
    /// A layer that asks at each event how much is logged, and how.
    pub(super) fn new(
        verbosity: fn() -> Verbosity,
        format: fn() -> Format,
        write: fn(&str),
    ) -> Self {
        Self { verbosity, format, write }
    }

    /// Own spans are always taken: an error within one says what it was about.
    fn is_wanted(&self, metadata: &Metadata<'_>) -> bool {
        let is_own = metadata.target().starts_with(OWN);
        if metadata.is_span() {
            return is_own;
        }
        let needs = match *metadata.level() {
            Level::ERROR => Verbosity::Quiet,
            Level::WARN if metadata.target().starts_with(SDK_FILES) => Verbosity::Verbose,
            Level::WARN => Verbosity::Normal,
            Level::INFO if is_own => Verbosity::Normal,
            Level::INFO | Level::DEBUG if is_own || metadata.target().starts_with(SDK) => {
                Verbosity::Verbose
            }
            _ => return false,
        };
        (self.verbosity)() >= needs
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for LineLayer {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.is_wanted(metadata) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        self.is_wanted(metadata)
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = RecordedFields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<RecordedFields>()
        {
            record.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        let mut fields = RecordedFields::default();
        event.record(&mut fields);
        if !metadata.target().starts_with(OWN) {
            if *metadata.level() > Level::WARN {
                fields = fields.without_details();
            }
            fields.add("target", metadata.target());
        }
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(outer) = span.extensions().get::<RecordedFields>() {
                fields.add_all(outer);
            }
        }
        let level = level_name(*metadata.level());
        let line = match (self.format)() {
            Format::Text => fields.to_text(level),
            Format::Json => fields.to_json(level, Timestamp::now()),
        };
        (self.write)(&line);
    }
}

//! The source that a map describes.

use aware_core::event::Event;
use aware_core::explanation::Explanation;
use aware_core::source::common::explain_refusal;
use aware_core::source::contract::{
    DerivedField, Essentials, FieldValues, JsonObject, LineReader, LineSettings, LogSource,
    RecordContext, RecordParties, RecordProblem,
};
use aware_core::source::field::FieldEntry;
use aware_core::source::id::SourceId;
use serde_json::Value;

use super::line::{LineForm, MappedLineReader};
use super::place::ValuePlaces;
use crate::ir::RuleExpr;

/// A compiled map.
#[derive(Debug)]
pub(super) struct MappedSource {
    pub(super) id: SourceId,
    pub(super) records: Option<RuleExpr>,
    pub(super) line: Option<LineForm>,
    pub(super) time: ValuePlaces,
    /// The places of the time as they are written, for rejects.
    pub(super) time_name: &'static str,
    /// What a time should look like, for rejects.
    pub(super) time_expected: &'static str,
    pub(super) time_format: Option<String>,
    pub(super) record_id: ValuePlaces,
    pub(super) account: ValuePlaces,
    pub(super) region: ValuePlaces,
    pub(super) action: ValuePlaces,
    pub(super) principal: ValuePlaces,
    pub(super) address: ValuePlaces,
    pub(super) user_agent: ValuePlaces,
    pub(super) resources: ValuePlaces,
    pub(super) error_code: ValuePlaces,
    pub(super) reason: ValuePlaces,
    pub(super) denied: Option<RuleExpr>,
    pub(super) failed: Option<RuleExpr>,
    pub(super) unauthenticated: Option<RuleExpr>,
    pub(super) fields: &'static [FieldEntry],
}

impl LogSource for MappedSource {
    fn id(&self) -> SourceId {
        self.id
    }

    /// By its pattern, or by the names of the fields that its lines have.
    fn identify(&self, record: JsonObject<'_>) -> bool {
        let of_line = self.line.as_ref().is_some_and(|form| {
            let names = form.certain_names();
            !names.is_empty() && names.iter().all(|name| record.has_any(&[name]))
        });
        of_line
            || self.records.is_some()
                && serde_json::from_slice(record.0)
                    .is_ok_and(|record: Value| self.meets(self.records.as_ref(), &record))
    }

    fn owns_folder(&self, _folder: &str) -> bool {
        false
    }

    fn line_reader<'a>(
        &self,
        head: &str,
        _settings: LineSettings<'a>,
    ) -> Option<Box<dyn LineReader + 'a>> {
        let form = self.line.as_ref().filter(|form| form.is_log(head))?;
        Some(Box::new(MappedLineReader::new(form.clone())))
    }

    fn explain(&self, event: &Event) -> Option<Explanation> {
        explain_refusal(event)
    }

    fn fields(&self) -> &'static [FieldEntry] {
        self.fields
    }

    fn derived(&self) -> &'static [DerivedField] {
        DERIVED
    }

    fn derived_values(&self, name: &str, record: &Value) -> Vec<String> {
        let value = match name {
            "aware.outcome" => self.outcome(record).as_str().to_owned(),
            "aware.principal" => self.principal_of(record).name,
            "aware.action" => self.action_of(record).to_string(),
            "aware.service" => self.action_of(record).service,
            "aware.authenticated" => self.is_authenticated(record).to_string(),
            _ => return Vec::new(),
        };
        vec![value]
    }

    fn parties(&self, record: &Value) -> RecordParties {
        let who = self.principal_of(record);
        RecordParties {
            account: self.account_of(record, RecordContext::default()),
            address: self.address.read(record),
            principal: who.name,
            arn: who.arn,
            principal_account: who.account,
        }
    }

    fn essentials(&self) -> Option<Essentials> {
        None
    }

    fn decode(&self, record: &[u8], context: RecordContext<'_>) -> Result<Event, RecordProblem> {
        self.decode_record(record, context)
    }
}

const DERIVED: &[DerivedField] = &[
    field(
        "aware.outcome",
        "how it ended, by `denied` and `failed`: `denied`, `failed` or `success`",
    ),
    field("aware.principal", "who acted: the principal, or without one the address"),
    field("aware.action", "what was done: `orders:Cancel`"),
    field("aware.service", "the action's service: `orders`"),
    field("aware.authenticated", "`false` for what `unauthenticated` matches, else `true`"),
];

const fn field(name: &'static str, doc: &'static str) -> DerivedField {
    DerivedField { name, doc, values: FieldValues::OfSettings(name) }
}

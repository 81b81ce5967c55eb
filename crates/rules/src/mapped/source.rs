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

use super::line::{LINE_MARKER, LineForm, MappedLineReader};
use super::place::ValuePlaces;
use crate::ir::RuleExpr;

/// The source that a map describes.
#[derive(Debug)]
pub(super) struct MappedSource {
    pub(super) id: SourceId,
    /// The first place of the time as it is written, for rejects.
    pub(super) time_name: &'static str,
    pub(super) fields: &'static [FieldEntry],
    pub(super) map: CompiledMap,
}

/// A compiled map.
#[derive(Debug)]
pub(super) struct CompiledMap {
    pub(super) records: Option<RuleExpr>,
    pub(super) line: Option<LineForm>,
    pub(super) folder: Option<String>,
    pub(super) time: ValuePlaces,
    pub(super) time_format: Option<String>,
    pub(super) record_id: ValuePlaces,
    pub(super) account: ValuePlaces,
    pub(super) region: ValuePlaces,
    pub(super) action: ValuePlaces,
    pub(super) principal: ValuePlaces,
    pub(super) principal_arn: ValuePlaces,
    pub(super) address: ValuePlaces,
    pub(super) user_agent: ValuePlaces,
    pub(super) resources: ValuePlaces,
    pub(super) error_code: ValuePlaces,
    pub(super) reason: ValuePlaces,
    pub(super) denied: Option<RuleExpr>,
    pub(super) failed: Option<RuleExpr>,
    pub(super) unauthenticated: Option<RuleExpr>,
}

impl LogSource for MappedSource {
    fn id(&self) -> SourceId {
        self.id
    }

    /// By its pattern, or by what its own reader of lines has put into the record.
    fn identify(&self, record: JsonObject<'_>) -> bool {
        let map = &self.map;
        let line = map.line.as_ref().filter(|_| record.has_any(&[LINE_MARKER]));
        if line.is_none() && map.records.is_none() {
            return false;
        }
        let Ok(record) = serde_json::from_slice::<Value>(record.0) else { return false };
        line.is_some_and(|form| form.has_read(&record)) || self.meets(map.records.as_ref(), &record)
    }

    fn owns_folder(&self, folder: &str) -> bool {
        self.map.folder.as_deref() == Some(folder)
    }

    fn line_reader<'a>(
        &self,
        head: &str,
        _settings: LineSettings<'a>,
    ) -> Option<Box<dyn LineReader + 'a>> {
        let form = self.map.line.as_ref().filter(|form| form.is_log(head))?;
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

    fn is_own(&self) -> bool {
        true
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
            address: self.address_of(record),
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
    field("aware.principal", "who acted: the principal, or the address if there is none"),
    field("aware.action", "what was done: `orders:Cancel`"),
    field("aware.service", "the action's service: `orders`"),
    field("aware.authenticated", "`false` if `unauthenticated` matches, otherwise `true`"),
];

const fn field(name: &'static str, doc: &'static str) -> DerivedField {
    DerivedField { name, doc, values: FieldValues::OfSettings(name) }
}

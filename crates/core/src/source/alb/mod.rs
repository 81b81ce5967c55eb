//! Access logs of Application Load Balancers: which client asked for what, and the answer.
//!
//! Source: Elastic Load Balancing, Application Load Balancers, "Access log entries".

mod decode;
mod derived;
pub mod fields;
mod identify;
mod identity;
mod line;

use super::contract::{
    DerivedField, Essentials, JsonObject, LineReader, LineSettings, LogSource, RecordContext,
    RecordParties, RecordProblem,
};
use super::field::FieldEntry;
use super::http::explain_refusal;
use super::id::SourceId;
use crate::event::{Arn, Event};
use crate::explanation::Explanation;
use identify::ID;
use serde_json::Value;

/// The source.
#[derive(Clone, Copy, Debug)]
pub struct Alb;

impl LogSource for Alb {
    fn id(&self) -> SourceId {
        ID
    }

    fn identify(&self, record: JsonObject<'_>) -> bool {
        identify::is_record(record)
    }

    fn owns_folder(&self, folder: &str) -> bool {
        identify::owns_folder(folder)
    }

    fn line_reader<'a>(
        &self,
        head: &str,
        _settings: LineSettings<'a>,
    ) -> Option<Box<dyn LineReader + 'a>> {
        identify::is_log(head).then(|| Box::new(line::line_reader()) as Box<_>)
    }

    fn explain(&self, event: &Event) -> Option<Explanation> {
        explain_refusal(event)
    }

    fn fields(&self) -> &'static [FieldEntry] {
        fields::TABLE
    }

    fn derived(&self) -> &'static [DerivedField] {
        derived::TABLE
    }

    fn parties(&self, record: &Value) -> RecordParties {
        let group = fields::TARGET_GROUP.text_in(record).and_then(Arn::parse);
        RecordParties {
            account: group.map(|arn| arn.account().to_owned()),
            address: decode::client(record).map(str::to_owned),
            principal: decode::principal(record).name,
            arn: None,
            principal_account: None,
        }
    }

    fn essentials(&self) -> Option<Essentials> {
        Some(Essentials { names: ["elb", "time"], time: "time" })
    }

    fn decode(&self, record: &[u8], context: RecordContext<'_>) -> Result<Event, RecordProblem> {
        decode::decode(record, context)
    }
}

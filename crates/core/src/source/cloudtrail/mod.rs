//! CloudTrail: who called which API, and how it ended.

mod decode;
mod derived;
pub mod fields;
pub mod glance;
mod identify;
mod identity;
mod plain_glance;
mod principal;
mod rate_event;
mod rate_sentence;
pub mod split;

use super::contract::{
    AccessDecider, DerivedField, Essentials, JsonObject, LogSource, RecordContext, RecordParties,
    RecordProblem,
};
use super::field::{FieldEntry, FieldPath};
use super::id::SourceId;
use crate::event::{Event, PrincipalKind};
use serde_json::Value;

pub use decode::decode_record;
pub use derived::outcome;
pub use identify::ID;
pub(super) use identify::is_whole_record;
pub use principal::read_principal;
pub(super) use principal::short_arn_name;

/// The source.
#[derive(Clone, Copy, Debug)]
pub struct CloudTrail;

impl LogSource for CloudTrail {
    fn id(&self) -> SourceId {
        ID
    }

    fn identify(&self, record: JsonObject<'_>) -> bool {
        identify::is_record(record)
    }

    fn owns_folder(&self, folder: &str) -> bool {
        identify::owns_folder(folder)
    }

    fn owns_detail_type(&self, detail_type: &str) -> bool {
        identify::owns_detail_type(detail_type)
    }

    fn is_steady(&self) -> bool {
        true
    }

    fn decided_by(&self) -> AccessDecider {
        AccessDecider::Iam
    }

    fn fields(&self) -> &'static [FieldEntry] {
        fields::TABLE
    }

    fn derived(&self) -> &'static [DerivedField] {
        derived::TABLE
    }

    fn parties(&self, record: &Value) -> RecordParties {
        let text = |path: &FieldPath| path.text_in(record).map(str::to_owned);
        let who = read_principal(record);
        // Of a federation token the user counts who asked for it, of a role the role.
        let issuer = who.issuer.filter(|_| who.kind == PrincipalKind::FederatedUser);
        let arn = issuer.or(who.arn);
        RecordParties {
            account: text(&fields::RECIPIENT_ACCOUNT).or_else(|| text(&fields::USER_ACCOUNT)),
            address: text(&fields::SOURCE_IP),
            principal: arn.as_deref().map_or(who.name, principal::short_arn_name),
            arn,
            principal_account: who.account,
        }
    }

    fn essentials(&self) -> Option<Essentials> {
        Some(Essentials { names: ["eventSource", "eventName"], time: "eventTime" })
    }

    fn decode(&self, record: &[u8], _context: RecordContext<'_>) -> Result<Event, RecordProblem> {
        decode_record(record)
    }
}

//! Events of EventBridge, on a bus or in a log group.

use super::opened::EnvelopeKind;
use super::opener::{BodyOpener, json_text};
use super::s3_notice;
use super::shape::{EnvelopeShape, ObjectOutline, find_member};
use super::unwrap::MAX_NAME;
use crate::source::{SourceId, defined, owner_of_detail_type, source_of};

/// Within how many bytes an event of EventBridge has its detail type: it writes `version`, `id` and
/// `detail-type` first.
const DETAIL_TYPE_WITHIN: usize = 512;

impl BodyOpener<'_> {
    /// Only AWS's own services send events whose source begins with `aws.`: `PutEvents` refuses it
    /// from everybody else (EventBridge API reference, "PutEventsRequestEntry"). `aws.partner/…`
    /// comes from AWS's partners (the same reference, "PutPartnerEvents").
    pub(super) fn open_eventbridge(&mut self, outline: &ObjectOutline<'_>) {
        let short = |value: &&[u8]| value.len() <= MAX_NAME;
        let text =
            |name| outline.member_value(name).filter(short).and_then(json_text).unwrap_or_default();
        let (kind, source) = (text("detail-type"), text("source"));
        let detail = outline.member_value("detail").filter(|detail| detail.starts_with(b"{"));
        let owner = owner_of_detail_type(&kind);
        let is_of_aws = source.starts_with("aws.") && !source.starts_with("aws.partner");
        if !is_of_aws && (owner.is_some() || &*kind == "Object Created") {
            self.opened.reject_record(format_args!(
                "an EventBridge event from `{source}` that claims to be from AWS (hint: only sources `aws.…` are, except `aws.partner/…`)"
            ));
        } else if let Some(owner) = owner.or_else(|| defined::identify(detail?)) {
            match detail {
                Some(detail) if self.accepts_kind(EnvelopeKind::Eventbridge) => {
                    let text = |name| text(name).into_owned();
                    let carrier = [
                        kind.into_owned(),
                        text("account"),
                        text("region"),
                        text("time"),
                        text("id"),
                    ];
                    self.around.carrier = Some(carrier);
                    self.push_detail(owner, detail);
                    self.around.carrier = None;
                }
                Some(_) => {}
                None => self.opened.reject_body("an EventBridge event without a detail"),
            }
        } else if &*kind == "Object Created" {
            let detail = detail.and_then(|detail| self.parse_notice(detail));
            self.add_s3_object(detail.as_ref().and_then(s3_notice::object_from_eventbridge));
        } else if &*source == "aws.s3" {
            self.opened.skipped.other_notices += 1;
        } else {
            self.opened.reject_body(format_args!("an EventBridge event of another kind, `{kind}`"));
        }
    }

    /// Hands on the records of an event's detail: those that it lists, or itself.
    fn push_detail(&mut self, owner: SourceId, detail: &[u8]) {
        let listed = source_of(owner).detail_list().and_then(|name| find_member(detail, name));
        match listed.filter(|list| list.starts_with(b"[")) {
            Some(list) => self.open_each(Some(list), |this, record| this.push_of(owner, record)),
            None => self.push_of(owner, detail),
        }
    }

    /// Opens a record, or the event that EventBridge delivered to a log group.
    pub(super) fn open_json_record(&mut self, record: &[u8]) {
        let head = record.get(..record.len().min(DETAIL_TYPE_WITHIN)).unwrap_or_default();
        if memchr::memmem::find(head, b"\"detail-type\"").is_some() {
            let outline = ObjectOutline::read_outline(record);
            if outline.classify_shape() == EnvelopeShape::Eventbridge {
                let kind = std::mem::replace(&mut self.kind, EnvelopeKind::Any);
                self.open_eventbridge(&outline);
                self.kind = kind;
                return;
            }
        }
        self.emit_unchecked(record);
    }
}

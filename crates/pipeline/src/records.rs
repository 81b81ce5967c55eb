//! The one walk over the records of a body: unpacked, sifted where that is possible, else opened.
//!
//! Everything that reads logs uses it: detection, and the commands that search stored logs. What
//! they do with a record is up to their [`RecordVisitor`].

use aware_core::envelope::decompress::DecompressionLimits;
use aware_core::envelope::unpack::{FileUnpacker, NestedBudget, UnpackedItem};
use aware_core::envelope::{self, EnvelopeKind, OpenedBody, RawRecord};
use aware_core::source::cloudtrail;
use aware_core::source::cloudtrail::split::SiftResult;
use aware_core::source::contract::RecordContext;

/// What is called at each step of a walk, in the order of the body.
pub trait RecordVisitor {
    /// A body begins, or the member of an archive.
    fn begin(&mut self, member: Option<&str>, body: &[u8]);

    /// Sifts a body, which only CloudTrail's files allow; `None` takes the slow way.
    fn sift(&mut self, kind: EnvelopeKind, body: &[u8]) -> Option<SiftResult>;

    /// What sifting found; the records that it kept are visited next.
    fn sifted(&mut self, body: &[u8], sifted: &SiftResult);

    /// A record.
    fn record(&mut self, record: RawRecord<'_>);

    /// What the body had besides its records, all of which have been visited.
    fn opened(&mut self, opened: OpenedBody);

    /// The body ends.
    fn end(&mut self, member: Option<&str>, body: &[u8]);

    /// Something could not be unpacked.
    fn reject(&mut self, member: Option<&str>, problem: String);

    /// A member is known to hold no records.
    fn skipped(&mut self);
}

/// Walks the records of a body, which may be packed. Never fails: what cannot be read is a reject.
pub fn walk_records(
    unpacker: &mut FileUnpacker,
    limits: DecompressionLimits,
    (kind, body): (EnvelopeKind, &[u8]),
    visitor: &mut impl RecordVisitor,
) {
    let mut budget = NestedBudget::new(limits, body.len());
    unpacker.unpack(body, &mut |unpacked| match unpacked {
        UnpackedItem::Body { member, bytes } => {
            visitor.begin(member, bytes);
            budget.spend(walk_body(kind, bytes, budget.limits_for_next(), visitor));
            visitor.end(member, bytes);
        }
        UnpackedItem::Reject { member, problem } => visitor.reject(member, problem),
        UnpackedItem::Skipped => visitor.skipped(),
    });
}

/// Walks one body; how many bytes were made of what is packed within it.
fn walk_body(
    kind: EnvelopeKind,
    body: &[u8],
    limits: DecompressionLimits,
    visitor: &mut impl RecordVisitor,
) -> usize {
    let Some(sifted) = visitor.sift(kind, body) else {
        let opened =
            envelope::open_each_record(kind, body, limits, &mut |record| visitor.record(record));
        let nested = opened.nested;
        visitor.opened(opened);
        return nested;
    };
    visitor.sifted(body, &sifted);
    for (number, range) in &sifted.kept {
        let bytes = body.get(range.clone()).unwrap_or_default();
        visitor.record(sifted_record(*number, bytes));
    }
    0
}

/// A record of a file that was sifted.
pub(super) fn sifted_record(number: u64, bytes: &[u8]) -> RawRecord<'_> {
    RawRecord { number, source: cloudtrail::ID, bytes, context: RecordContext::default() }
}

//! The one walk over the records of a body, which is unpacked, then sifted if possible, otherwise
//! opened.
//!
//! Detection and the commands that search stored logs all walk this way. Each passes a visitor,
//! which decides what to do with a record.

use aware_core::envelope::decompress::DecompressionLimits;
use aware_core::envelope::unpack::{FileUnpacker, NestedBudget, UnpackedItem};
use aware_core::envelope::{self, EnvelopeKind, OpenedBody, RawRecord};
use aware_core::source::cloudtrail;
use aware_core::source::cloudtrail::split::SiftResult;
use aware_core::source::contract::{LineSettings, RecordContext};

/// What is called at each step of a walk, in the order of the body.
pub trait RecordVisitor {
    /// A body begins, or the member of an archive.
    fn begin(&mut self, member: Option<&str>, body: &[u8]);

    /// Sifts a body, which only CloudTrail's files allow; `None` takes the slow path.
    fn sift(&mut self, kind: EnvelopeKind, body: &[u8]) -> Option<SiftResult>;

    /// What sifting found; the records that it kept are visited next.
    fn sifted(&mut self, body: &[u8], sifted: &SiftResult);

    /// A record.
    fn record(&mut self, record: RawRecord<'_>);

    /// What the body holds besides its records, which have all been visited.
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
    (limits, lines): (DecompressionLimits, LineSettings<'_>),
    (kind, body): (EnvelopeKind, &[u8]),
    visitor: &mut impl RecordVisitor,
) {
    let mut budget = NestedBudget::new(limits, body.len());
    unpacker.unpack(body, &mut |unpacked| match unpacked {
        UnpackedItem::Body { member, bytes } => {
            visitor.begin(member, bytes);
            let limits = budget.limits_for_next();
            budget.spend(walk_body(kind, bytes, (limits, lines), visitor));
            visitor.end(member, bytes);
        }
        UnpackedItem::Reject { member, problem } => visitor.reject(member, problem),
        UnpackedItem::Skipped => visitor.skipped(),
    });
}

/// Walks one body, and returns how many bytes its packed parts expanded to.
fn walk_body(
    kind: EnvelopeKind,
    body: &[u8],
    (limits, lines): (DecompressionLimits, LineSettings<'_>),
    visitor: &mut impl RecordVisitor,
) -> usize {
    let Some(sifted) = visitor.sift(kind, body) else {
        let mut take = |record: RawRecord<'_>| visitor.record(record);
        let opened = envelope::open_each_record(kind, body, limits, lines, &mut take);
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
    let context = RecordContext::default();
    RawRecord { number, source: cloudtrail::ID, bytes, context, is_sum: false }
}

//! Times in the one form that CloudTrail writes: compared and checked as bytes.

/// Length of `2026-11-24T03:54:00Z`, the only form that CloudTrail writes.
pub const TIME: usize = 20;

/// Numbers in byte order: every record's time is compared, and comparing texts costs two calls.
pub(super) fn time_as_numbers(time: &[u8; TIME]) -> (u128, u32) {
    let (head, tail) = (time.first_chunk(), time.last_chunk());
    (head.map_or(0, |head| u128::from_be_bytes(*head)), tail.map_or(0, |t| u32::from_be_bytes(*t)))
}

/// Whether the text has the form `dddd-dd-ddTdd:dd:ddZ` and is a time that occurs in every year:
/// the exceptions (31 May, a leap second) are left to a parser.
pub(super) fn is_valid_time(time: &[u8; TIME]) -> bool {
    const HEAD: TimeForm = TimeForm::new(b"0000-00-00T00:00");
    const TAIL: TimeForm = TimeForm::new(b"\0\0\0\0\0\0\0\0\0\0\0\0:00Z");
    let (head, tail) = time_as_numbers(time);
    let has_form = HEAD.matches_bytes(head) && TAIL.matches_bytes(tail.into());
    let [_, _, _, _, _, m, n, _, d, e, _, h, i, _, min, _, _, sec, ..] = *time;
    has_form
        && matches!((m, n), (b'0', b'1'..=b'9') | (b'1', b'0'..=b'2'))
        && is_valid_day((m, n), (d, e))
        && matches!((h, i), (b'0' | b'1', _) | (b'2', b'0'..=b'3'))
        && min < b'6'
        && sec < b'6'
}

/// A form in which 0 matches any digit.
struct TimeForm {
    text: u128,
    /// Each byte is 1 where the form has a 0.
    digits: u128,
}

impl TimeForm {
    const fn new(text: &[u8; 16]) -> Self {
        let (text, mut digits, mut at) = (u128::from_be_bytes(*text), 0, 0);
        while at < 128 {
            if text >> at & 0xff == b'0' as u128 {
                digits |= 1 << at;
            }
            at += 8;
        }
        Self { text, digits }
    }

    /// Whether these bytes match, all tested at once.
    fn matches_bytes(&self, bytes: u128) -> bool {
        let tens = self.digits * 0xf0;
        // A byte with 3 in its upper half and at most 9 in its lower one is a digit.
        bytes & !(self.digits * 0x0f) == self.text
            && bytes.wrapping_add(self.digits * 6) & tens == self.text & tens
    }
}

fn is_valid_day(month: (u8, u8), day: (u8, u8)) -> bool {
    match day {
        (b'0', tail) => tail != b'0',
        (b'1', _) | (b'2', ..=b'8') => true,
        (b'2', _) | (b'3', b'0') => month != (b'0', b'2'),
        (b'3', b'1') => {
            matches!(month, (b'0', b'1' | b'3' | b'5' | b'7' | b'8') | (b'1', b'0' | b'2'))
        }
        _ => false,
    }
}

//! Numbers and lists in English.

pub(super) use aware_core::text::with_commas;

/// A number with its noun: `1 action`, `9,686 times`.
pub(crate) fn count_noun(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", with_commas(number), if number == 1 { one } else { many })
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn and_list<S: AsRef<str>>(items: &[S]) -> String {
    let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    match items.split_last() {
        None => String::new(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

/// All items up to `most`; of more, one less than `most` and how many more there are.
pub(super) fn short_list<S: AsRef<str>>(items: &[S], most: usize) -> String {
    if items.len() <= most {
        return and_list(items);
    }
    let shown = most.saturating_sub(1).max(1);
    let first: Vec<&str> = items.iter().take(shown).map(AsRef::as_ref).collect();
    let more = with_commas((items.len() - shown) as u64);
    format!("{} and {more} more", first.join(", "))
}

/// A length of time in the largest unit that fits: `58 s`, `4 min`, `3 h`, `2 days`.
pub(super) fn length_of_time(seconds: i64) -> String {
    match seconds {
        ..120 => format!("{} s", seconds.max(0)),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for (number, text) in
            [(0, "0 times"), (1, "1 time"), (999, "999 times"), (9_686, "9,686 times")]
        {
            assert_eq!(count_noun(number, "time", "times"), text);
        }
        assert_eq!(with_commas(1_234_567), "1,234,567");
    }

    #[test]
    fn lists() {
        let names = ["a", "b", "c", "d"];
        let list = |count: usize| short_list(&names[..count], 3);
        assert_eq!(
            [list(0), list(1), list(2), list(3), list(4)],
            ["", "a", "a and b", "a, b and c", "a, b and 2 more"]
        );
    }

    #[test]
    fn lengths_of_time() {
        for (seconds, text) in
            [(-3, "0 s"), (58, "58 s"), (240, "4 min"), (10_800, "3 h"), (200_000, "2 days")]
        {
            assert_eq!(length_of_time(seconds), text);
        }
    }
}

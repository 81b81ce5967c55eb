//! Numbers for people.

/// A number with commas between its thousands.
///
/// ```
/// use aware_core::text::with_commas;
/// assert_eq!((with_commas(999), with_commas(9_686)), ("999".to_owned(), "9,686".to_owned()));
/// ```
pub fn with_commas(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number of bytes: exact below 10,000, then in decimal units, rounded down.
///
/// ```
/// use aware_core::text::byte_size;
/// assert_eq!(byte_size(4_096), "4,096 bytes");
/// assert_eq!(byte_size(1_250_000), "1.2 MB");
/// assert_eq!(byte_size(40_000_000_000), "40 GB");
/// ```
pub fn byte_size(bytes: u64) -> String {
    const UNITS: [(u64, &str); 4] =
        [(1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    let unit = UNITS.iter().find(|(size, _)| bytes >= *size).filter(|_| bytes >= 10_000);
    let Some((size, unit)) = unit else {
        return if bytes == 1 {
            "1 byte".to_owned()
        } else {
            format!("{} bytes", with_commas(bytes))
        };
    };
    let (whole, tenth) = (bytes / size, bytes % size * 10 / size);
    match tenth {
        0 => format!("{} {unit}", with_commas(whole)),
        _ if whole >= 10 => format!("{} {unit}", with_commas(whole)),
        _ => format!("{whole}.{tenth} {unit}"),
    }
}

//! Parts of URLs, decoded.

/// URL-decodes a text: `%20` is a space. Bytes that are not UTF-8 become U+FFFD.
pub fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let digits = behind.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let code = digits.filter(|digits| {
            *first == b'%' && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
        });
        let byte = code.and_then(|code| u8::from_str_radix(code, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { behind.get(2..).unwrap_or_default() } else { behind };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_code_stays() {
        for (encoded, decoded) in [
            ("%C3%A9", "é"),
            ("100%", "100%"),
            ("%zz", "%zz"),
            ("a%2", "a%2"),
            ("%+1", "%+1"),
            ("%éa", "%éa"),
        ] {
            assert_eq!(percent_decoded(encoded), decoded);
        }
    }
}

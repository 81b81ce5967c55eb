//! Encodes a value according to `windash`, the UTF-16 modifiers and the Base64 modifiers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::modifier::{Base64Search, Utf16Encoding};
use crate::ir::PatternPiece;

/// How many values `windash` may produce from one: four dashes, five ways each.
const MAX_DASHED: usize = 5 * 5 * 5 * 5;

/// The characters that Windows accepts as the dash of an option.
const DASHES: [char; 5] = ['-', '/', '\u{2013}', '\u{2014}', '\u{2015}'];

/// Every spelling of a value whose options may begin with any dash.
pub(super) fn dash_variants(pieces: &[PatternPiece]) -> Result<Vec<Vec<PatternPiece>>, String> {
    let mut variants = vec![Vec::new()];
    for piece in pieces {
        let spellings = match piece {
            PatternPiece::Literal(text) => {
                dash_spellings(text)?.into_iter().map(PatternPiece::Literal).collect()
            }
            other => vec![other.clone()],
        };
        if variants.len() * spellings.len() > MAX_DASHED {
            return Err(too_many_dashes());
        }
        let longer = |so_far: &Vec<PatternPiece>| {
            let so_far = so_far.clone();
            spellings.clone().into_iter().map(move |next| [so_far.clone(), vec![next]].concat())
        };
        variants = variants.iter().flat_map(longer).collect();
    }
    Ok(variants)
}

fn too_many_dashes() -> String {
    format!("`windash` would make over {MAX_DASHED} values of this one")
}

/// Every spelling of a text: a dash counts if a word begins after it and none ends before it.
fn dash_spellings(text: &str) -> Result<Vec<String>, String> {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let mut spellings = vec![String::new()];
    let mut chars = text.chars().peekable();
    let mut before = None;
    while let Some(c) = chars.next() {
        let begins = chars.peek().copied().is_some_and(word) && !before.is_some_and(word);
        before = Some(c);
        if !(DASHES.contains(&c) && begins) {
            spellings.iter_mut().for_each(|spelling| spelling.push(c));
            continue;
        }
        if spellings.len() * DASHES.len() > MAX_DASHED {
            return Err(too_many_dashes());
        }
        let each = |so_far: &String| DASHES.map(|dash| format!("{so_far}{dash}"));
        spellings = spellings.iter().flat_map(each).collect();
    }
    Ok(spellings)
}

/// Encodes a value. Base64 needs all of its bytes, so a value with wildcards can't be encoded.
pub(super) fn encode_value(
    pieces: Vec<PatternPiece>,
    wide: Option<Utf16Encoding>,
    base64: Option<Base64Search>,
) -> Result<Vec<Vec<PatternPiece>>, String> {
    let Some(base64) = base64 else {
        let Some(wide) = wide else { return Ok(vec![pieces]) };
        return Ok(vec![widen_pieces(pieces, wide)?]);
    };
    let text = match pieces.as_slice() {
        [] => "",
        [PatternPiece::Literal(text)] => text,
        _ => return Err("a value with wildcards cannot be encoded as Base64".to_owned()),
    };
    let bytes = wide.map_or_else(|| text.as_bytes().to_vec(), |wide| utf16_bytes(text, wide, true));
    let encoded = match base64 {
        Base64Search::Whole => vec![STANDARD.encode(bytes)],
        Base64Search::Offsets => {
            base64_offsets(&bytes).ok_or("too short to be found within Base64")?
        }
    };
    Ok(encoded.into_iter().map(|text| vec![PatternPiece::Literal(text)]).collect())
}

/// UTF-16 as the text of an event could contain it: only ASCII yields text again.
fn widen_pieces(
    pieces: Vec<PatternPiece>,
    wide: Utf16Encoding,
) -> Result<Vec<PatternPiece>, String> {
    let mut widened = Vec::new();
    if wide == Utf16Encoding::Marked {
        widened.push(PatternPiece::Literal('\u{feff}'.to_string()));
    }
    for piece in pieces {
        widened.push(match piece {
            PatternPiece::Literal(text) if text.is_ascii() => {
                let text = String::from_utf8(utf16_bytes(&text, wide, false));
                PatternPiece::Literal(text.map_err(|error| error.to_string())?)
            }
            PatternPiece::Literal(_) => {
                return Err("UTF-16 of non-ASCII text is not text without Base64".to_owned());
            }
            other => other,
        });
    }
    Ok(widened)
}

fn utf16_bytes(text: &str, wide: Utf16Encoding, mark: bool) -> Vec<u8> {
    let units = text.encode_utf16();
    match wide {
        Utf16Encoding::Little => units.flat_map(u16::to_le_bytes).collect(),
        Utf16Encoding::Big => units.flat_map(u16::to_be_bytes).collect(),
        Utf16Encoding::Marked => {
            let mark = mark.then_some(0xfeff);
            mark.into_iter().chain(units).flat_map(u16::to_le_bytes).collect()
        }
    }
}

/// The parts of the three Base64 texts that do not depend on what surrounds the value. `None` when
/// such a part is empty: it would be found everywhere.
fn base64_offsets(bytes: &[u8]) -> Option<Vec<String>> {
    [(0, 0), (1, 2), (2, 3)]
        .into_iter()
        .map(|(shift, skip)| {
            let encoded = STANDARD.encode([&vec![b' '; shift], bytes].concat());
            let drop = match (bytes.len() + shift) % 3 {
                0 => 0,
                1 => 3,
                _ => 2,
            };
            let end = encoded.len().checked_sub(drop)?;
            encoded.get(skip..end).filter(|part| !part.is_empty()).map(str::to_owned)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literal(text: &str) -> Vec<PatternPiece> {
        vec![PatternPiece::Literal(text.to_owned())]
    }

    fn encoded(text: &str, wide: Option<Utf16Encoding>, base64: Base64Search) -> Vec<String> {
        let values = encode_value(literal(text), wide, Some(base64)).unwrap();
        let text = |pieces: Vec<PatternPiece>| match pieces.as_slice() {
            [PatternPiece::Literal(text)] => text.clone(),
            other => panic!("{other:?}"),
        };
        values.into_iter().map(text).collect()
    }

    #[test]
    fn base64() {
        assert_eq!(encoded("foobar", None, Base64Search::Whole), ["Zm9vYmFy"]);
        assert_eq!(encoded("cmd", Some(Utf16Encoding::Little), Base64Search::Whole), ["YwBtAGQA"]);
        assert_eq!(encoded("cmd", Some(Utf16Encoding::Big), Base64Search::Whole), ["AGMAbQBk"]);
        assert_eq!(
            encoded("cmd", Some(Utf16Encoding::Marked), Base64Search::Whole),
            ["//5jAG0AZAA="]
        );
        assert_eq!(
            encoded("foobar", None, Base64Search::Offsets),
            ["Zm9vYmFy", "Zvb2Jhc", "mb29iYX"]
        );
        assert!(encode_value(literal("a"), None, Some(Base64Search::Offsets)).is_err());
        assert!(encode_value(vec![PatternPiece::Many], None, Some(Base64Search::Whole)).is_err());
    }

    /// Wherever the value is within the encoded text, one of the three is found.
    #[test]
    fn offsets_are_found_everywhere() {
        for text in ["ab", "abc", "abcd", "/bin/sh", "é"] {
            let needles = encoded(text, None, Base64Search::Offsets);
            for (before, after) in [("", ""), ("x", ""), ("xy", "z"), ("xyz", "zz"), ("12345", "9")]
            {
                let whole = STANDARD.encode(format!("{before}{text}{after}"));
                assert!(needles.iter().any(|part| whole.contains(part)), "{text} {whole}");
            }
        }
    }

    #[test]
    fn dashes() {
        let spellings = |text: &str| dash_variants(&literal(text)).unwrap().len();
        assert_eq!(spellings("plain"), 1);
        assert_eq!(spellings(" -f"), 5);
        assert_eq!(spellings("a-b"), 1);
        assert_eq!(spellings("/a –b"), 25);
        assert!(dash_variants(&literal("-a -a -a -a -a")).is_err());
        let two = vec![
            PatternPiece::Literal("-a".to_owned()),
            PatternPiece::Many,
            PatternPiece::Literal("/b".into()),
        ];
        assert_eq!(dash_variants(&two).unwrap().len(), 25);
    }
}

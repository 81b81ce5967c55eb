//! Dismisses records by their bytes, before anything is parsed.
//!
//! A gate only ever dismisses: a record that passes may still match nothing. Every occurrence of a
//! name counts, wherever it is, so that none can hide behind another; records with `\u` escapes,
//! which could hide a name, must be let through by the caller.

use std::collections::{BTreeMap, HashSet};
use std::hash::BuildHasherDefault;

use aho_corasick::AhoCorasick;
use aware_core::event::may_be_denial;
use aware_core::source::cloudtrail::split::RecordFilter;
use memchr::memmem::Finder;

use super::index::QuickHasher;
use super::witness::{COMMON, NecessarySign};
use crate::ir::{DerivedField, EventField, PathReach, PathStep};

/// What a record's bytes must contain for any rule to match.
#[derive(Clone, Debug, Default)]
pub struct RecordGate {
    /// Some rule can match anything.
    open: bool,
    /// Names any of which is sufficient: `"errorCode"`.
    names: Vec<Finder<'static>>,
    /// Names with the values that are sufficient.
    values: Vec<GateValues>,
    /// Only denials are wanted, no other errors.
    denials_only: bool,
}

#[derive(Clone, Debug)]
struct GateValues {
    name: Finder<'static>,
    equals: HashSet<Vec<u8>, BuildHasherDefault<QuickHasher>>,
    /// The letters with which a value may begin, ignoring case: the low five bits of each, which
    /// other bytes share.
    begins: u32,
    holds: Option<AhoCorasick>,
}

/// Maximum number of names searched for; each costs a pass over the bytes.
const MAX_NAMES: usize = 8;

#[derive(Default)]
struct WantedTexts {
    equals: Vec<String>,
    holds: Vec<String>,
}

impl RecordGate {
    /// The gate for all rules' signs; a `None` among them opens it.
    pub(super) fn from_witnesses<'a>(
        witnesses: impl Iterator<Item = Option<&'a [NecessarySign]>>,
    ) -> Self {
        let (mut names, mut values) = (Vec::new(), BTreeMap::<String, WantedTexts>::new());
        let mut denials_only = true;
        for witness in witnesses {
            let Some(signs) = witness else { return Self::open_gate() };
            for sign in signs {
                match (sign, gate_key(sign.field())) {
                    (_, None) => return Self::open_gate(),
                    (_, Some(GateKey::Error)) => {
                        denials_only &= is_denial_sign(sign);
                        names.push(ERROR.to_owned());
                    }
                    (NecessarySign::Equals(_, text), Some(GateKey::Name(name)))
                        if text.is_ascii() =>
                    {
                        values.entry(name).or_default().equals.push(text.clone());
                    }
                    (NecessarySign::Contains(_, text), Some(GateKey::Name(name))) => {
                        values.entry(name).or_default().holds.push(text.clone());
                    }
                    (_, Some(GateKey::Name(name) | GateKey::End(name)))
                        if COMMON.contains(&name.as_str()) =>
                    {
                        return Self::open_gate();
                    }
                    (_, Some(GateKey::Name(name))) => names.push(quote_name(&name)),
                    (_, Some(GateKey::End(name))) => names.push(format!("{name}\"")),
                }
            }
        }
        names.sort();
        names.dedup();
        // A name whose presence is sufficient need not be judged by its value.
        values.retain(|name, _| !names.contains(&quote_name(name)));
        if names.len() + values.len() > MAX_NAMES {
            return Self::open_gate();
        }
        // A name that begins like an error's would be taken for one.
        let starts = |name: &String| name != ERROR && name.starts_with(ERROR);
        denials_only &= !names.iter().any(starts) && !values.keys().any(|n| starts(&quote_name(n)));
        Self { denials_only, ..Self::from_parts(names, values) }
    }

    fn open_gate() -> Self {
        Self { open: true, ..Self::default() }
    }

    fn from_parts(names: Vec<String>, values: BTreeMap<String, WantedTexts>) -> Self {
        let finder = |name: &str| Finder::new(name.as_bytes()).into_owned();
        let value = |(name, wanted): (String, WantedTexts)| {
            let holds = match wanted.holds.as_slice() {
                [] => None,
                texts => Some(build_search(texts)?),
            };
            let begins = match &holds {
                None => {
                    wanted.equals.iter().fold(0, |all, text| all | first_byte_bit(text.as_bytes()))
                }
                Some(_) => u32::MAX,
            };
            let equals = wanted.equals.into_iter().map(String::into_bytes).collect();
            Some(GateValues { name: finder(&quote_name(&name)), equals, begins, holds })
        };
        let names = names.iter().map(|name| finder(name)).collect();
        match values.into_iter().map(value).collect() {
            Some(values) => Self { names, values, ..Self::default() },
            None => Self::open_gate(),
        }
    }

    /// Whether nothing is dismissed.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Whether a rule may match this record.
    pub fn lets_through(&self, record: &[u8]) -> bool {
        let shows = |(number, name): (usize, &Finder<'_>)| {
            name.find_iter(record).any(|at| {
                let after = record.get(at + name.needle().len()..);
                self.keeps_match(number, after.unwrap_or_default())
            })
        };
        self.open || self.searched_names().enumerate().any(shows)
    }

    fn searched_names(&self) -> impl Iterator<Item = &Finder<'static>> {
        self.names.iter().chain(self.values.iter().map(|values| &values.name))
    }
}

impl RecordFilter for RecordGate {
    fn search_texts(&self) -> Vec<Vec<u8>> {
        self.searched_names().map(|name| name.needle().to_vec()).collect()
    }

    fn keeps_match(&self, needle: usize, after: &[u8]) -> bool {
        match (self.names.get(needle), needle.checked_sub(self.names.len())) {
            (Some(name), _) => {
                !self.denials_only || name.needle() != ERROR.as_bytes() || may_be_denial(after)
            }
            (None, at) => {
                let values = at.and_then(|at| self.values.get(at));
                values.is_none_or(|values| values.is_sufficient(after))
            }
        }
    }

    fn keeps_all(&self) -> bool {
        self.open
    }
}

fn build_search(texts: &[String]) -> Option<AhoCorasick> {
    aho_corasick::AhoCorasickBuilder::new().ascii_case_insensitive(true).build(texts).ok()
}

/// Whether only a denial shows this sign.
fn is_denial_sign(sign: &NecessarySign) -> bool {
    matches!(sign, NecessarySign::Equals(field, text) if DerivedField::from_field(field).is_some() && text == "denied")
}

/// The common beginning of `"errorCode"` and `"errorMessage"`: few records have either, and one
/// search finds both.
const ERROR: &str = "\"error";

fn quote_name(name: &str) -> String {
    format!("\"{name}\"")
}

enum GateKey {
    Error,
    Name(String),
    End(String),
}

/// The last name of a field's path, which must occur in the record.
fn gate_key(field: &EventField) -> Option<GateKey> {
    if let Some(DerivedField::OUTCOME) = DerivedField::from_field(field) {
        return Some(GateKey::Error);
    }
    let name = field.path.iter().rev().find_map(|step| match step {
        PathStep::Key(name) => Some(name.clone()),
        _ => None,
    })?;
    // Names that a serialiser would escape are not searched for.
    let plain = name.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\".contains(&byte));
    let is_top = field.top_level_name().is_some();
    plain.then_some(match name.as_str() {
        // A name with dots stands for a path: only its end is certain to occur.
        _ if field.reach == PathReach::Members && !is_top => GateKey::End(name),
        "errorCode" | "errorMessage" => GateKey::Error,
        _ => GateKey::Name(name),
    })
}

/// The bit of a text's first byte; all bits for an empty text, and for one that is not ASCII or may
/// begin with an escape.
fn first_byte_bit(text: &[u8]) -> u32 {
    match text {
        [b'\\' | b'"' | 0x80.., ..] | [] => u32::MAX,
        [first, ..] => 1 << (first & 0x1f),
    }
}

impl GateValues {
    /// Whether what follows a name is one of the values, or something that can't be decided
    /// quickly.
    fn is_sufficient(&self, after: &[u8]) -> bool {
        let Some(rest) = after.strip_prefix(b":\"") else { return true };
        if self.begins & first_byte_bit(rest) == 0 {
            return false;
        }
        let Some(end) = memchr::memchr2(b'"', b'\\', rest) else { return true };
        let value = rest.get(..end).unwrap_or_default();
        if rest.get(end) == Some(&b'\\') || !value.is_ascii() {
            return true;
        }
        self.is_equal(value) || self.holds.as_ref().is_some_and(|holds| holds.is_match(value))
    }

    fn is_equal(&self, value: &[u8]) -> bool {
        let mut buffer = [0_u8; 64];
        match buffer.get_mut(..value.len()) {
            Some(lower) => {
                lower.copy_from_slice(value);
                lower.make_ascii_lowercase();
                self.equals.contains(&*lower)
            }
            None => self.equals.contains(&value.to_ascii_lowercase()),
        }
    }
}

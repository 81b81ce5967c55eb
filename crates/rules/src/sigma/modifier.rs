//! Chains of modifiers: `field|base64offset|contains`.
//!
//! Source: Sigma specification 2.1, appendix *modifiers*; `ignorecase`, `multiline` and `dotall`
//! are pySigma's names of `i`, `m` and `s`. `length` and `segment` are our own extensions, which
//! other tools refuse.

use aware_core::near::nearest;

use super::context::FileContext;
use crate::ir::{NumberComparison, TimePart};
use crate::tree::PatternPlace;

/// What a chain of modifiers requires.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ModifierChain {
    pub(super) all: bool,
    pub(super) neq: bool,
    pub(super) cased: bool,
    pub(super) expand: bool,
    pub(super) windash: bool,
    pub(super) wide: Option<Utf16Encoding>,
    pub(super) base64: Option<Base64Search>,
    pub(super) position: Option<TextPosition>,
    /// An extension: the text must consist of whole segments, delimited by `:` and `/`.
    pub(super) segment: bool,
    /// An extension: of an ARN only its account counts.
    pub(super) account: bool,
    pub(super) kind: ValueKind,
}

/// The kind of a value.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum ValueKind {
    /// A text, number, boolean or null to compare with.
    #[default]
    Plain,
    /// A regular expression, with these flags.
    Regex(String),
    /// Whether the field exists.
    Exists,
    /// A number to compare with.
    Number(NumberComparison),
    /// A part of a time to compare with.
    Time(TimePart, NumberComparison),
    /// A network in CIDR notation.
    Cidr,
    /// The name of another field.
    Reference,
    /// An extension: the number of members of a list.
    Length(NumberComparison),
}

/// Where a text is within the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TextPosition {
    Start,
    End,
    Anywhere,
}

/// A UTF-16 encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Utf16Encoding {
    /// Little-endian.
    Little,
    /// Big-endian.
    Big,
    /// Little-endian after a byte order mark.
    Marked,
}

/// How a value is searched for in Base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Base64Search {
    /// The whole of it is encoded.
    Whole,
    /// It is somewhere within the encoded text.
    Offsets,
}

/// Every modifier, for suggesting near names.
const NAMES: &[&str] = &[
    "all",
    "startswith",
    "endswith",
    "contains",
    "exists",
    "cased",
    "neq",
    "windash",
    "re",
    "i",
    "m",
    "s",
    "ignorecase",
    "multiline",
    "dotall",
    "base64",
    "base64offset",
    "utf16",
    "utf16le",
    "utf16be",
    "wide",
    "lt",
    "lte",
    "gt",
    "gte",
    "minute",
    "hour",
    "day",
    "week",
    "month",
    "year",
    "cidr",
    "expand",
    "fieldref",
    "length",
    "segment",
    "account",
];

/// Why a modifier is refused, and how to fix it.
type ModifierRefusal = (String, String);

impl ModifierChain {
    /// Reads a chain, in order.
    pub(super) fn read_chain(
        context: &mut FileContext<'_>,
        names: &[&str],
        place: PatternPlace,
    ) -> Option<Self> {
        let mut chain = Self::default();
        for (index, name) in names.iter().enumerate() {
            if name.is_empty() {
                return context.refuse_at(place, "`|` without a modifier after it");
            }
            if !NAMES.contains(name) {
                let near = nearest(name, NAMES.iter().copied());
                return context.refuse_unknown(
                    place,
                    format_args!("unknown modifier `{name}`"),
                    near,
                );
            }
            if names.iter().take(index).any(|before| before == name) {
                return context.refuse_at(place, format_args!("modifier `{name}` is repeated"));
            }
            if let Err((what, hint)) = chain.add_modifier(name) {
                return context.refuse_with_hint(place, what, hint);
            }
        }
        match chain.check_whole() {
            Ok(()) => Some(chain),
            Err((what, hint)) => context.refuse_with_hint(place, what, hint),
        }
    }

    /// Whether nothing changes the text of a value.
    fn is_bare(&self) -> bool {
        self.kind == ValueKind::Plain && !self.has_text_modifier()
    }

    /// Whether the value is a text to be changed: a number then counts as its text.
    pub(super) fn has_text_modifier(&self) -> bool {
        self.position.is_some() || self.segment || self.is_encoded()
    }

    fn add_modifier(&mut self, name: &str) -> Result<(), ModifierRefusal> {
        match name {
            "all" => self.all = true,
            "neq" => self.neq = true,
            "cased" => self.cased = true,
            "expand" => self.expand = true,
            "startswith" => return self.set_position(name, TextPosition::Start),
            "endswith" => return self.set_position(name, TextPosition::End),
            "contains" => return self.set_position(name, TextPosition::Anywhere),
            "windash" | "utf16" | "utf16le" | "utf16be" | "wide" | "base64" | "base64offset" => {
                return self.set_encoding(name);
            }
            "i" | "ignorecase" => return self.add_flag(name, 'i'),
            "m" | "multiline" => return self.add_flag(name, 'm'),
            "s" | "dotall" => return self.add_flag(name, 's'),
            "fieldref" if self.kind == ValueKind::Plain && !self.is_encoded() => {
                self.kind = ValueKind::Reference;
            }
            "segment" if matches!(self.kind, ValueKind::Plain | ValueKind::Reference) => {
                self.segment = true
            }
            "account" => self.account = true,
            other => return self.set_kind(other),
        }
        Ok(())
    }

    fn is_encoded(&self) -> bool {
        self.windash || self.wide.is_some() || self.base64.is_some()
    }

    /// Sets the position of the text. A regular expression is found anywhere without a modifier.
    fn set_position(&mut self, name: &str, position: TextPosition) -> Result<(), ModifierRefusal> {
        if self.position.is_some() {
            return Err((
                format!("modifier `{name}` after another of its kind"),
                "use one of `startswith`, `endswith` and `contains`".to_owned(),
            ));
        }
        match self.kind {
            ValueKind::Plain | ValueKind::Reference => self.position = Some(position),
            ValueKind::Regex(_) if position == TextPosition::Anywhere => {
                self.position = Some(position)
            }
            ValueKind::Regex(_) => {
                return Err((
                    format!("modifier `{name}` does not fit a regular expression"),
                    "use `^` and `$` in it".to_owned(),
                ));
            }
            _ => return Err(refuse_unfit(name)),
        }
        Ok(())
    }

    fn set_encoding(&mut self, name: &str) -> Result<(), ModifierRefusal> {
        if self.kind != ValueKind::Plain {
            return Err(refuse_unfit(name));
        }
        let late = match name {
            "windash" => self.wide.is_some() || self.base64.is_some(),
            "base64" | "base64offset" => self.base64.is_some() || self.position.is_some(),
            _ => self.wide.is_some() || self.base64.is_some() || self.position.is_some(),
        };
        if late {
            return Err((
                format!("modifier `{name}` comes too late in its chain"),
                "the order is `windash`, then UTF-16, then Base64, then `contains`".to_owned(),
            ));
        }
        match name {
            "windash" => self.windash = true,
            "base64" => self.base64 = Some(Base64Search::Whole),
            "base64offset" => self.base64 = Some(Base64Search::Offsets),
            "utf16be" => self.wide = Some(Utf16Encoding::Big),
            "utf16" => self.wide = Some(Utf16Encoding::Marked),
            _ => self.wide = Some(Utf16Encoding::Little),
        }
        Ok(())
    }

    fn add_flag(&mut self, name: &str, flag: char) -> Result<(), ModifierRefusal> {
        match &mut self.kind {
            ValueKind::Regex(flags) if flags.contains(flag) => {
                Err((format!("flag `{name}` is repeated"), "once is enough".to_owned()))
            }
            ValueKind::Regex(flags) => {
                flags.push(flag);
                Ok(())
            }
            _ => Err((
                format!("modifier `{name}` without `re` before it"),
                format!("write `re|{name}`; texts are compared without case anyway"),
            )),
        }
    }

    /// Modifiers that determine the kind of value, and so begin a chain.
    fn set_kind(&mut self, name: &str) -> Result<(), ModifierRefusal> {
        let compare = comparison_modifier(name);
        if let (ValueKind::Time(_, how) | ValueKind::Length(how), Some(other)) =
            (&mut self.kind, compare)
            && *how == NumberComparison::Equal
        {
            *how = other;
            return Ok(());
        }
        if !self.is_bare() {
            return Err(refuse_unfit(name));
        }
        self.kind = match (name, compare, time_modifier(name)) {
            (_, Some(how), _) => ValueKind::Number(how),
            (_, _, Some(part)) => ValueKind::Time(part, NumberComparison::Equal),
            ("re", ..) => ValueKind::Regex(String::new()),
            ("exists", ..) => ValueKind::Exists,
            ("cidr", ..) => ValueKind::Cidr,
            ("length", ..) => ValueKind::Length(NumberComparison::Equal),
            _ => return Err(refuse_unfit(name)),
        };
        Ok(())
    }

    /// Checks what only the whole chain can show.
    fn check_whole(&self) -> Result<(), ModifierRefusal> {
        let refuse = |what: &str, hint: &str| Err((what.to_owned(), hint.to_owned()));
        let plain = matches!(self.kind, ValueKind::Plain | ValueKind::Reference);
        if self.kind == ValueKind::Exists && (self.all || self.neq || self.cased || self.expand) {
            return refuse("modifier `exists` stands alone", "write `exists: false` for absence");
        }
        if self.cased && matches!(self.kind, ValueKind::Regex(_)) {
            let hint = "a regular expression is case-sensitive already";
            return refuse("modifier `cased` does not fit a regular expression", hint);
        }
        if self.cased && !plain {
            return refuse("modifier `cased` fits text only", "leave it out");
        }
        if self.segment && self.is_encoded() {
            return refuse("modifier `segment` does not fit an encoded text", "leave it out");
        }
        let is_reference = self.kind == ValueKind::Reference;
        if self.account && (!is_reference || self.segment || self.position.is_some()) {
            let hint = "write `FIELD|account|fieldref: OTHER`";
            return refuse("modifier `account` goes with `fieldref` alone", hint);
        }
        let is_text = matches!(
            self.kind,
            ValueKind::Plain | ValueKind::Regex(_) | ValueKind::Cidr | ValueKind::Exists
        );
        if self.expand && !is_text {
            return refuse("modifier `expand` fits text only", "leave it out");
        }
        Ok(())
    }
}

fn refuse_unfit(name: &str) -> ModifierRefusal {
    (
        format!("modifier `{name}` does not fit the ones before it"),
        "it takes the value as it is written".to_owned(),
    )
}

fn comparison_modifier(name: &str) -> Option<NumberComparison> {
    Some(match name {
        "lt" => NumberComparison::Less,
        "lte" => NumberComparison::LessOrEqual,
        "gt" => NumberComparison::Greater,
        "gte" => NumberComparison::GreaterOrEqual,
        _ => return None,
    })
}

fn time_modifier(name: &str) -> Option<TimePart> {
    Some(match name {
        "minute" => TimePart::Minute,
        "hour" => TimePart::Hour,
        "day" => TimePart::Day,
        "week" => TimePart::Week,
        "month" => TimePart::Month,
        "year" => TimePart::Year,
        _ => return None,
    })
}

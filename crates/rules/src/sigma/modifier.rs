//! Chains of modifiers: `field|base64offset|contains`.
//!
//! Source: Sigma specification 2.1, appendix *modifiers*; `ignorecase`, `multiline` and `dotall`
//! are pySigma's names of `i`, `m` and `s`. `length` and `segment` are our own extensions, which
//! other tools refuse.

use super::context::Context;
use crate::ir::{Comparison, TimePart};
use crate::tree::Place;
use aware_core::near::nearest;

/// What a chain of modifiers requires.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Chain {
    pub(super) all: bool,
    pub(super) neq: bool,
    pub(super) cased: bool,
    pub(super) expand: bool,
    pub(super) windash: bool,
    pub(super) wide: Option<Wide>,
    pub(super) base64: Option<Base64>,
    pub(super) position: Option<Position>,
    /// An extension: the text must consist of whole segments, delimited by `:` and `/`.
    pub(super) segment: bool,
    pub(super) kind: Kind,
}

/// The kind of a value.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    /// A text, number, boolean or null to compare with.
    #[default]
    Plain,
    /// A regular expression, with these flags.
    Regex(String),
    /// Whether the field exists.
    Exists,
    /// A number to compare with.
    Number(Comparison),
    /// A part of a time to compare with.
    Time(TimePart, Comparison),
    /// A network in CIDR notation.
    Cidr,
    /// The name of another field.
    Reference,
    /// An extension: the number of members of a list.
    Length(Comparison),
}

/// Where a text is within the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Position {
    Start,
    End,
    Anywhere,
}

/// A UTF-16 encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wide {
    /// Little-endian.
    Little,
    /// Big-endian.
    Big,
    /// Little-endian after a byte order mark.
    Marked,
}

/// How a value is searched for in Base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Base64 {
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
];

/// Why a modifier is refused, and how to fix it.
type Refusal = (String, String);

impl Chain {
    /// Reads a chain, in order.
    pub(super) fn read(context: &mut Context<'_>, names: &[&str], place: Place) -> Option<Self> {
        let mut chain = Self::default();
        for (index, name) in names.iter().enumerate() {
            if name.is_empty() {
                return context.refuse(place, "`|` without a modifier after it");
            }
            if !NAMES.contains(name) {
                let near = nearest(name, NAMES.iter().copied());
                return context.unknown(place, format_args!("unknown modifier `{name}`"), near);
            }
            if names.iter().take(index).any(|before| before == name) {
                return context.refuse(place, format_args!("modifier `{name}` is repeated"));
            }
            if let Err((what, hint)) = chain.add(name) {
                return context.refuse_with(place, what, hint);
            }
        }
        match chain.check() {
            Ok(()) => Some(chain),
            Err((what, hint)) => context.refuse_with(place, what, hint),
        }
    }

    /// Whether nothing changes the text of a value.
    fn is_bare(&self) -> bool {
        self.kind == Kind::Plain && !self.has_text_modifier()
    }

    /// Whether the value is a text to be changed: a number then counts as its text.
    pub(super) fn has_text_modifier(&self) -> bool {
        self.position.is_some() || self.segment || self.is_encoded()
    }

    fn add(&mut self, name: &str) -> Result<(), Refusal> {
        match name {
            "all" => self.all = true,
            "neq" => self.neq = true,
            "cased" => self.cased = true,
            "expand" => self.expand = true,
            "startswith" => return self.place(name, Position::Start),
            "endswith" => return self.place(name, Position::End),
            "contains" => return self.place(name, Position::Anywhere),
            "windash" | "utf16" | "utf16le" | "utf16be" | "wide" | "base64" | "base64offset" => {
                return self.encode(name);
            }
            "i" | "ignorecase" => return self.flag(name, 'i'),
            "m" | "multiline" => return self.flag(name, 'm'),
            "s" | "dotall" => return self.flag(name, 's'),
            "fieldref" if self.kind == Kind::Plain && !self.is_encoded() => {
                self.kind = Kind::Reference;
            }
            "segment" if matches!(self.kind, Kind::Plain | Kind::Reference) => self.segment = true,
            other => return self.turn(other),
        }
        Ok(())
    }

    fn is_encoded(&self) -> bool {
        self.windash || self.wide.is_some() || self.base64.is_some()
    }

    /// Sets the position of the text. A regular expression is found anywhere without a modifier.
    fn place(&mut self, name: &str, position: Position) -> Result<(), Refusal> {
        if self.position.is_some() {
            return Err((
                format!("modifier `{name}` after another of its kind"),
                "use one of `startswith`, `endswith` and `contains`".to_owned(),
            ));
        }
        match self.kind {
            Kind::Plain | Kind::Reference => self.position = Some(position),
            Kind::Regex(_) if position == Position::Anywhere => self.position = Some(position),
            Kind::Regex(_) => {
                return Err((
                    format!("modifier `{name}` does not fit a regular expression"),
                    "use `^` and `$` in it".to_owned(),
                ));
            }
            _ => return Err(unfit(name)),
        }
        Ok(())
    }

    fn encode(&mut self, name: &str) -> Result<(), Refusal> {
        if self.kind != Kind::Plain {
            return Err(unfit(name));
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
            "base64" => self.base64 = Some(Base64::Whole),
            "base64offset" => self.base64 = Some(Base64::Offsets),
            "utf16be" => self.wide = Some(Wide::Big),
            "utf16" => self.wide = Some(Wide::Marked),
            _ => self.wide = Some(Wide::Little),
        }
        Ok(())
    }

    fn flag(&mut self, name: &str, flag: char) -> Result<(), Refusal> {
        match &mut self.kind {
            Kind::Regex(flags) if flags.contains(flag) => {
                Err((format!("flag `{name}` is repeated"), "once is enough".to_owned()))
            }
            Kind::Regex(flags) => {
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
    fn turn(&mut self, name: &str) -> Result<(), Refusal> {
        let compare = comparison(name);
        if let (Kind::Time(_, how) | Kind::Length(how), Some(other)) = (&mut self.kind, compare)
            && *how == Comparison::Equal
        {
            *how = other;
            return Ok(());
        }
        if !self.is_bare() {
            return Err(unfit(name));
        }
        self.kind = match (name, compare, time_part(name)) {
            (_, Some(how), _) => Kind::Number(how),
            (_, _, Some(part)) => Kind::Time(part, Comparison::Equal),
            ("re", ..) => Kind::Regex(String::new()),
            ("exists", ..) => Kind::Exists,
            ("cidr", ..) => Kind::Cidr,
            ("length", ..) => Kind::Length(Comparison::Equal),
            _ => return Err(unfit(name)),
        };
        Ok(())
    }

    /// Checks what only the whole chain can show.
    fn check(&self) -> Result<(), Refusal> {
        let refuse = |what: &str, hint: &str| Err((what.to_owned(), hint.to_owned()));
        let plain = matches!(self.kind, Kind::Plain | Kind::Reference);
        if self.kind == Kind::Exists && (self.all || self.neq || self.cased || self.expand) {
            return refuse("modifier `exists` stands alone", "write `exists: false` for absence");
        }
        if self.cased && matches!(self.kind, Kind::Regex(_)) {
            let hint = "a regular expression is case-sensitive already";
            return refuse("modifier `cased` does not fit a regular expression", hint);
        }
        if self.cased && !plain {
            return refuse("modifier `cased` fits text only", "leave it out");
        }
        if self.segment && self.is_encoded() {
            return refuse("modifier `segment` does not fit an encoded text", "leave it out");
        }
        let is_text = matches!(self.kind, Kind::Plain | Kind::Regex(_) | Kind::Cidr | Kind::Exists);
        if self.expand && !is_text {
            return refuse("modifier `expand` fits text only", "leave it out");
        }
        Ok(())
    }
}

fn unfit(name: &str) -> Refusal {
    (
        format!("modifier `{name}` does not fit the ones before it"),
        "it takes the value as it is written".to_owned(),
    )
}

fn comparison(name: &str) -> Option<Comparison> {
    Some(match name {
        "lt" => Comparison::Less,
        "lte" => Comparison::LessOrEqual,
        "gt" => Comparison::Greater,
        "gte" => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

fn time_part(name: &str) -> Option<TimePart> {
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

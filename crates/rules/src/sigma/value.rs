//! Compiles values of a field, with its modifiers, into conditions.

use super::context::{FileContext, all_or_none};
use super::meaning::{ValueMeaning, ValueTarget, read_value_texts};
use super::modifier::{ModifierChain, TextPosition, ValueKind};
use super::{encode, special, wildcard};
use crate::ir::{
    EventField, LeafMatch, LeafTypes, LetterCase, NumberComparison, PatternPiece, RuleExpr,
    SEPARATORS, TestOperation, TextPattern,
};
use crate::tree::{PatternPlace, YamlNode, YamlValue};

/// The largest whole number up to which every one is exact in floating point.
const MAX_EXACT: i128 = 1 << 53;

/// The condition that a field has these values: any of them, or all with the modifier `all`.
pub(super) fn compile_values(
    context: &mut FileContext<'_>,
    target: &ValueTarget,
    chain: &ModifierChain,
    nodes: &[YamlNode],
) -> Option<RuleExpr> {
    let meanings =
        all_or_none(nodes.iter().map(|node| compile_value(context, target, chain, node)))?;
    let expr = if chain.all {
        context.lists.insert(target.field.clone());
        let each = |meaning| any_meaning(vec![meaning], &target.field);
        flatten_all(meanings.into_iter().map(each).collect())
    } else {
        any_meaning(meanings, &target.field)
    };
    Some(if chain.neq { expr.negated() } else { expr })
}

/// Alternatives on one field become one test of it.
fn any_meaning(meanings: Vec<ValueMeaning>, field: &EventField) -> RuleExpr {
    let (mut matches, mut alternatives) = (Vec::new(), Vec::new());
    for meaning in meanings {
        matches.extend(meaning.matches);
        alternatives.extend(meaning.other);
    }
    let wanted = match matches.len() {
        0 => None,
        1 => matches.pop(),
        _ => Some(LeafMatch::Any(matches)),
    };
    if let Some(wanted) = wanted {
        alternatives.insert(0, RuleExpr::from_test(field.clone(), TestOperation::Is(wanted)));
    }
    flatten_any(alternatives)
}

/// All of them; nested `All` is flattened.
pub(super) fn flatten_all(exprs: Vec<RuleExpr>) -> RuleExpr {
    let flat = exprs.into_iter().flat_map(|expr| match expr {
        RuleExpr::All(inner) => inner,
        other => vec![other],
    });
    single_or_list(flat.collect()).unwrap_or_else(RuleExpr::All)
}

/// Any of them; nested `Any` is flattened.
pub(super) fn flatten_any(exprs: Vec<RuleExpr>) -> RuleExpr {
    let flat = exprs.into_iter().flat_map(|expr| match expr {
        RuleExpr::Any(inner) => inner,
        other => vec![other],
    });
    single_or_list(flat.collect()).unwrap_or_else(RuleExpr::Any)
}

/// The only element of a list, or the list.
fn single_or_list(mut exprs: Vec<RuleExpr>) -> Result<RuleExpr, Vec<RuleExpr>> {
    match (exprs.pop(), exprs.is_empty()) {
        (Some(only), true) => Ok(only),
        (last, _) => {
            exprs.extend(last);
            Err(exprs)
        }
    }
}

fn compile_value(
    context: &mut FileContext<'_>,
    target: &ValueTarget,
    chain: &ModifierChain,
    node: &YamlNode,
) -> Option<ValueMeaning> {
    match &chain.kind {
        ValueKind::Plain => compile_plain(context, target, chain, node),
        ValueKind::Regex(flags) => special::read_regex(context, chain, flags, node),
        ValueKind::Exists => special::read_exists(context, target, node),
        ValueKind::Number(how) => special::read_number(context, *how, node),
        ValueKind::Time(part, how) => special::read_time_part(context, *part, *how, node),
        ValueKind::Cidr => special::read_cidr(context, chain, node),
        ValueKind::Length(how) => special::read_length(context, target, *how, node),
        ValueKind::Reference => special::read_reference(context, target, chain, node),
    }
}

/// A value to compare with. A number compares with numbers by its value, and with texts by its
/// spelling: `1.10` is the number 1.1 and the text `1.10`. Modifiers turn it into text.
fn compile_plain(
    context: &mut FileContext<'_>,
    target: &ValueTarget,
    chain: &ModifierChain,
    node: &YamlNode,
) -> Option<ValueMeaning> {
    let bare = !chain.has_text_modifier() && !target.keyword;
    if bare && node.value == YamlValue::Null {
        return Some(ValueMeaning::from_condition(RuleExpr::from_test(
            target.field.clone(),
            TestOperation::Null,
        )));
    }
    let case = if chain.cased { LetterCase::Sensitive } else { LetterCase::Insensitive };
    let worth = scalar_match(&node.value).filter(|_| bare && !chain.expand);
    let types = if worth.is_some() { LeafTypes::Strict } else { LeafTypes::Scalars };
    let mut matches = Vec::new();
    for text in read_value_texts(context, chain, node, str::to_owned)? {
        wildcard::note_policy_star(context, target, &text, node.place);
        for pieces in encoded_variants(context, chain, &text, node.place)? {
            for pieces in position_pieces(pieces, chain, target.keyword) {
                matches.push(LeafMatch::Text(TextPattern::from_pieces(pieces, case), types));
            }
        }
    }
    matches.extend(worth);
    Some(ValueMeaning { matches, other: None })
}

/// How a number or a boolean matches numbers and booleans.
fn scalar_match(value: &YamlValue) -> Option<LeafMatch> {
    match value {
        YamlValue::Bool(value) => Some(LeafMatch::Bool(*value)),
        YamlValue::Whole(whole) if whole.abs() <= MAX_EXACT => {
            #[allow(clippy::cast_precision_loss)]
            let number = *whole as f64;
            Some(LeafMatch::Number(NumberComparison::Equal, number, LeafTypes::Strict))
        }
        YamlValue::Float(number) => {
            Some(LeafMatch::Number(NumberComparison::Equal, *number, LeafTypes::Strict))
        }
        _ => None,
    }
}

fn encoded_variants(
    context: &mut FileContext<'_>,
    chain: &ModifierChain,
    text: &str,
    place: PatternPlace,
) -> Option<Vec<Vec<PatternPiece>>> {
    let pieces = parse_wildcards(text);
    let spellings = if chain.windash { encode::dash_variants(&pieces) } else { Ok(vec![pieces]) };
    let encoded = spellings.and_then(|spellings| {
        let encode = |pieces| encode::encode_value(pieces, chain.wide, chain.base64);
        spellings.into_iter().map(encode).collect::<Result<Vec<_>, _>>()
    });
    match encoded {
        Ok(encoded) => Some(encoded.concat()),
        Err(what) => context.refuse_at(place, what),
    }
}

/// Parses a value's text: `*` and `?` are wildcards, and a backslash escapes a following `*`, `?`
/// or backslash; before anything else it is itself.
pub(super) fn parse_wildcards(text: &str) -> Vec<PatternPiece> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let wildcard = match c {
            '*' => PatternPiece::Many,
            '?' => PatternPiece::One,
            '\\' => {
                literal.push(chars.next_if(|next| "*?\\".contains(*next)).unwrap_or(c));
                continue;
            }
            other => {
                literal.push(other);
                continue;
            }
        };
        if !literal.is_empty() {
            pieces.push(PatternPiece::Literal(std::mem::take(&mut literal)));
        }
        pieces.push(wildcard);
    }
    if !literal.is_empty() {
        pieces.push(PatternPiece::Literal(literal));
    }
    pieces
}

/// Adds what may precede and follow a value's pieces; whole segments allow several ways.
fn position_pieces(
    pieces: Vec<PatternPiece>,
    chain: &ModifierChain,
    keyword: bool,
) -> Vec<Vec<PatternPiece>> {
    let (before, after) = match chain.position {
        Some(TextPosition::Anywhere) => (true, true),
        Some(TextPosition::Start) => (false, true),
        Some(TextPosition::End) => (true, false),
        None => (keyword || chain.segment, keyword || chain.segment),
    };
    if !chain.segment {
        let many = |put: bool| put.then_some(PatternPiece::Many);
        return vec![many(before).into_iter().chain(pieces).chain(many(after)).collect()];
    }
    let borders = |put: bool| -> Vec<Option<char>> {
        let some = SEPARATORS.into_iter().map(Some).filter(|_| put);
        std::iter::once(None).chain(some).collect()
    };
    let mut ways = Vec::new();
    for left in borders(before) {
        for right in borders(after) {
            let border = |c: char| PatternPiece::Literal(c.to_string());
            let left = left.into_iter().flat_map(|c| [PatternPiece::Many, border(c)]);
            let right = right.into_iter().flat_map(|c| [border(c), PatternPiece::Many]);
            ways.push(left.chain(pieces.iter().cloned()).chain(right).collect());
        }
    }
    ways
}

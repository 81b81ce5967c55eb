//! Compiles values of a field, with its modifiers, into conditions.

use super::context::{Context, all};
use super::meaning::{Meaning, Target, texts};
use super::modifier::{Chain, Kind, Position};
use super::{encode, special, wildcard};
use crate::ir::{Case, Comparison, Expr, Field, Match, Op, Pattern, Piece, SEPARATORS, Types};
use crate::tree::{Node, Place, Value};

/// The largest whole number up to which every one is exact in floating point.
const MAX_EXACT: i128 = 1 << 53;

/// The condition that a field has these values: any of them, or all with the modifier `all`.
pub(super) fn values(
    context: &mut Context<'_>,
    target: &Target,
    chain: &Chain,
    nodes: &[Node],
) -> Option<Expr> {
    let meanings = all(nodes.iter().map(|node| value(context, target, chain, node)))?;
    let expr = if chain.all {
        context.lists.insert(target.field.clone());
        let each = |meaning| any_meaning(vec![meaning], &target.field);
        all_of(meanings.into_iter().map(each).collect())
    } else {
        any_meaning(meanings, &target.field)
    };
    Some(if chain.neq { expr.not() } else { expr })
}

/// Alternatives on one field become one test of it.
fn any_meaning(meanings: Vec<Meaning>, field: &Field) -> Expr {
    let (mut matches, mut alternatives) = (Vec::new(), Vec::new());
    for meaning in meanings {
        matches.extend(meaning.matches);
        alternatives.extend(meaning.other);
    }
    let wanted = match matches.len() {
        0 => None,
        1 => matches.pop(),
        _ => Some(Match::Any(matches)),
    };
    if let Some(wanted) = wanted {
        alternatives.insert(0, Expr::test(field.clone(), Op::Is(wanted)));
    }
    any(alternatives)
}

/// All of them; nested `All` is flattened.
pub(super) fn all_of(exprs: Vec<Expr>) -> Expr {
    let flat = exprs.into_iter().flat_map(|expr| match expr {
        Expr::All(inner) => inner,
        other => vec![other],
    });
    one(flat.collect()).unwrap_or_else(Expr::All)
}

/// Any of them; nested `Any` is flattened.
pub(super) fn any(exprs: Vec<Expr>) -> Expr {
    let flat = exprs.into_iter().flat_map(|expr| match expr {
        Expr::Any(inner) => inner,
        other => vec![other],
    });
    one(flat.collect()).unwrap_or_else(Expr::Any)
}

/// The only element of a list, or the list.
fn one(mut exprs: Vec<Expr>) -> Result<Expr, Vec<Expr>> {
    match (exprs.pop(), exprs.is_empty()) {
        (Some(only), true) => Ok(only),
        (last, _) => {
            exprs.extend(last);
            Err(exprs)
        }
    }
}

fn value(
    context: &mut Context<'_>,
    target: &Target,
    chain: &Chain,
    node: &Node,
) -> Option<Meaning> {
    match &chain.kind {
        Kind::Plain => plain(context, target, chain, node),
        Kind::Regex(flags) => special::regex(context, chain, flags, node),
        Kind::Exists => special::exists(context, target, node),
        Kind::Number(how) => special::number(context, *how, node),
        Kind::Time(part, how) => special::time(context, *part, *how, node),
        Kind::Cidr => special::cidr(context, chain, node),
        Kind::Length(how) => special::length(context, target, *how, node),
        Kind::Reference => special::reference(context, target, chain, node),
    }
}

/// A value to compare with. A number compares with numbers by its value, and with texts by its
/// spelling: `1.10` is the number 1.1 and the text `1.10`. Modifiers turn it into text.
fn plain(
    context: &mut Context<'_>,
    target: &Target,
    chain: &Chain,
    node: &Node,
) -> Option<Meaning> {
    let bare = !chain.has_text_modifier() && !target.keyword;
    if bare && node.value == Value::Null {
        return Some(Meaning::other(Expr::test(target.field.clone(), Op::Null)));
    }
    let case = if chain.cased { Case::Sensitive } else { Case::Insensitive };
    let worth = worth(&node.value).filter(|_| bare && !chain.expand);
    let types = if worth.is_some() { Types::Strict } else { Types::Scalars };
    let mut matches = Vec::new();
    for text in texts(context, chain, node, str::to_owned)? {
        wildcard::note(context, target, &text, node.place);
        for pieces in variants(context, chain, &text, node.place)? {
            for pieces in placed(pieces, chain, target.keyword) {
                matches.push(Match::Text(Pattern::new(pieces, case), types));
            }
        }
    }
    matches.extend(worth);
    Some(Meaning { matches, other: None })
}

/// How a number or a boolean matches numbers and booleans.
fn worth(value: &Value) -> Option<Match> {
    match value {
        Value::Bool(value) => Some(Match::Bool(*value)),
        Value::Whole(whole) if whole.abs() <= MAX_EXACT => {
            #[allow(clippy::cast_precision_loss)]
            let number = *whole as f64;
            Some(Match::Number(Comparison::Equal, number, Types::Strict))
        }
        Value::Float(number) => Some(Match::Number(Comparison::Equal, *number, Types::Strict)),
        _ => None,
    }
}

fn variants(
    context: &mut Context<'_>,
    chain: &Chain,
    text: &str,
    place: Place,
) -> Option<Vec<Vec<Piece>>> {
    let pieces = pieces(text);
    let spellings = if chain.windash { encode::windash(&pieces) } else { Ok(vec![pieces]) };
    let encoded = spellings.and_then(|spellings| {
        let encode = |pieces| encode::encode(pieces, chain.wide, chain.base64);
        spellings.into_iter().map(encode).collect::<Result<Vec<_>, _>>()
    });
    match encoded {
        Ok(encoded) => Some(encoded.concat()),
        Err(what) => context.refuse(place, what),
    }
}

/// Parses a value's text: `*` and `?` are wildcards, and a backslash escapes a following `*`, `?`
/// or backslash; before anything else it is itself.
pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let wildcard = match c {
            '*' => Piece::Many,
            '?' => Piece::One,
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
            pieces.push(Piece::Literal(std::mem::take(&mut literal)));
        }
        pieces.push(wildcard);
    }
    if !literal.is_empty() {
        pieces.push(Piece::Literal(literal));
    }
    pieces
}

/// Adds what may precede and follow a value's pieces; whole segments allow several ways.
fn placed(pieces: Vec<Piece>, chain: &Chain, keyword: bool) -> Vec<Vec<Piece>> {
    let (before, after) = match chain.position {
        Some(Position::Anywhere) => (true, true),
        Some(Position::Start) => (false, true),
        Some(Position::End) => (true, false),
        None => (keyword || chain.segment, keyword || chain.segment),
    };
    if !chain.segment {
        let many = |put: bool| put.then_some(Piece::Many);
        return vec![many(before).into_iter().chain(pieces).chain(many(after)).collect()];
    }
    let borders = |put: bool| -> Vec<Option<char>> {
        let some = SEPARATORS.into_iter().map(Some).filter(|_| put);
        std::iter::once(None).chain(some).collect()
    };
    let mut ways = Vec::new();
    for left in borders(before) {
        for right in borders(after) {
            let border = |c: char| Piece::Literal(c.to_string());
            let left = left.into_iter().flat_map(|c| [Piece::Many, border(c)]);
            let right = right.into_iter().flat_map(|c| [border(c), Piece::Many]);
            ways.push(left.chain(pieces.iter().cloned()).chain(right).collect());
        }
    }
    ways
}

//! Properties of filter patterns: what is printed is read back the same, and nothing panics.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod evaluators;

use aware_rules::cloudwatch::ast::{
    Ask, Condition, Field, Need, Operator, Pattern, Regex, Term, Tree, Value,
};
use aware_rules::{cloudwatch, ir};
use proptest::prelude::*;

fn operator() -> impl Strategy<Value = Operator> {
    prop_oneof![
        Just(Operator::Less),
        Just(Operator::LessOrEqual),
        Just(Operator::Greater),
        Just(Operator::GreaterOrEqual),
    ]
}

fn number() -> impl Strategy<Value = Value> {
    "[+-]?[0-9]{1,4}(\\.[0-9]{1,3})?([eE][+-]?[0-9]{1,2})?".prop_map(Value::Number)
}

/// A comparison as the grammar has it: only numbers are less or greater.
fn comparison() -> impl Strategy<Value = (Operator, Value)> {
    let equality = prop_oneof![Just(Operator::Equal), Just(Operator::NotEqual)];
    let value = prop_oneof![
        number(),
        "[A-Za-z_*][A-Za-z0-9_.*:/@+-]{0,8}".prop_map(Value::Bare),
        "\\PC{0,8}".prop_map(Value::Quoted),
        "[a\"\\\\*]{0,6}".prop_map(Value::Quoted),
    ];
    prop_oneof![(equality, value), (operator(), number())]
}

fn step() -> impl Strategy<Value = ir::Step> {
    prop_oneof![
        "[A-Za-z0-9_-]{1,6}".prop_map(ir::Step::Key),
        "[ -&(-~é]{1,6}".prop_map(ir::Step::Key),
        (0_usize..100).prop_map(ir::Step::Index),
    ]
}

fn condition() -> impl Strategy<Value = Condition> {
    let ask = prop_oneof![
        comparison().prop_map(|(operator, value)| Ask::Compare(operator, value)),
        Just(Ask::Null),
        any::<bool>().prop_map(Ask::Bool),
        Just(Ask::NotExists),
    ];
    (prop::collection::vec(step(), 1..4), ask)
        .prop_map(|(selector, ask)| Condition { selector, ask })
}

fn tree<T: Clone + std::fmt::Debug + 'static>(
    leaf: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = Tree<T>> {
    leaf.prop_map(Tree::Leaf).prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Tree::All),
            prop::collection::vec(inner, 2..4).prop_map(Tree::Any),
        ]
    })
}

/// The parser joins what is joined by the same sign without parentheses; a tree in parentheses
/// below the same sign stays as it is.
fn fields() -> impl Strategy<Value = Vec<Field>> {
    let field = prop_oneof![Just(None), tree(comparison()).prop_map(Some),];
    (prop::collection::vec(field, 1..4), any::<Option<prop::sample::Index>>()).prop_map(
        |(tests, rest)| {
            let mut fields: Vec<Field> = tests
                .into_iter()
                .enumerate()
                .map(|(index, test)| match test {
                    Some(test) => Field::Tested { name: format!("w{index}"), test },
                    None => Field::Plain(Some(format!("w{index}"))),
                })
                .collect();
            if let Some(rest) = rest {
                let at = rest.index(fields.len() + 1);
                fields.insert(at, Field::Rest);
            }
            fields
        },
    )
}

fn term() -> impl Strategy<Value = Term> {
    let need = prop_oneof![Just(Need::Required), Just(Need::Excluded), Just(Need::Optional)];
    (need, "\\PC{0,8}").prop_map(|(need, text)| Term { need, text })
}

fn regex() -> impl Strategy<Value = Regex> {
    "[a-z:_#=@/;,-]{1,8}".prop_map(|text| {
        let compiled = ir::Regex::new(&text.replace("--", "\\-\\-")).unwrap();
        Regex { text, compiled }
    })
}

fn pattern() -> impl Strategy<Value = Pattern> {
    prop_oneof![
        prop::collection::vec(term(), 0..4).prop_map(Pattern::Terms),
        tree(condition()).prop_map(Pattern::Json),
        fields().prop_map(Pattern::Fields),
    ]
}

proptest! {
    #[test]
    fn printed_patterns_are_read_back(pattern in pattern()) {
        let text = pattern.to_string();
        prop_assume!(text.chars().count() <= cloudwatch::MAX_LENGTH);
        let read = cloudwatch::parse("p", &text);
        prop_assert_eq!(read.as_ref(), Ok(&pattern), "{}", text);
    }

    #[test]
    fn printed_regexes_are_read_back(regex in regex()) {
        let text = Pattern::Regex(regex.clone()).to_string();
        let Ok(Pattern::Regex(read)) = cloudwatch::parse("p", &text) else { panic!("{text}") };
        prop_assert_eq!(read.text, regex.text);
    }

    #[test]
    fn any_text_is_taken_or_refused_with_a_place(text in "\\PC{0,40}") {
        if let Err(problem) = cloudwatch::compile("p", &text) {
            prop_assert!(problem.line >= 1 && problem.column >= 1, "{problem}");
        }
    }

    #[test]
    fn patterns_that_are_nearly_right(
        text in "[{\\[%]?( ?(\\$\\.?[a-z*]{0,3}|\\[[0-9*]?\\]|[!<>=]{1,2}|&&|\\|\\||[(),%\"]|IS|NOT|EXISTS|NULL|\\.\\.\\.|[0-9*.]{1,3})){0,12}[}\\]%]?",
        line in "\\PC{0,40}",
    ) {
        if let Ok(expr) = cloudwatch::compile("p", &text) {
            evaluators::matches(&expr, &line);
            evaluators::matches(&expr, r#"{"a": {"b": [1, "x", null]}, "b": 3}"#);
        }
    }
}

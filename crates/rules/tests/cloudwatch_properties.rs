//! Properties of filter patterns: what is printed is read back the same, and nothing panics.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod evaluators;

use aware_rules::cloudwatch::ast::{
    FilterOperator, FilterPattern, FilterRegex, FilterValue, LineField, LogicTree,
    SelectorCondition, SelectorTest, TermNeed, TextTerm,
};
use aware_rules::{cloudwatch, ir};
use proptest::prelude::*;

fn operator() -> impl Strategy<Value = FilterOperator> {
    prop_oneof![
        Just(FilterOperator::Less),
        Just(FilterOperator::LessOrEqual),
        Just(FilterOperator::Greater),
        Just(FilterOperator::GreaterOrEqual),
    ]
}

fn number() -> impl Strategy<Value = FilterValue> {
    "[+-]?[0-9]{1,4}(\\.[0-9]{1,3})?([eE][+-]?[0-9]{1,2})?".prop_map(FilterValue::Number)
}

/// A comparison as the grammar has it: only numbers are less or greater.
fn comparison() -> impl Strategy<Value = (FilterOperator, FilterValue)> {
    let equality = prop_oneof![Just(FilterOperator::Equal), Just(FilterOperator::NotEqual)];
    let value = prop_oneof![
        number(),
        "[A-Za-z_*][A-Za-z0-9_.*:/@+-]{0,8}".prop_map(FilterValue::Bare),
        "\\PC{0,8}".prop_map(FilterValue::Quoted),
        "[a\"\\\\*]{0,6}".prop_map(FilterValue::Quoted),
    ];
    prop_oneof![(equality, value), (operator(), number())]
}

fn step() -> impl Strategy<Value = ir::PathStep> {
    prop_oneof![
        "[A-Za-z0-9_-]{1,6}".prop_map(ir::PathStep::Key),
        "[ -&(-~é]{1,6}".prop_map(ir::PathStep::Key),
        (0_usize..100).prop_map(ir::PathStep::Index),
    ]
}

fn condition() -> impl Strategy<Value = SelectorCondition> {
    let ask = prop_oneof![
        comparison().prop_map(|(operator, value)| SelectorTest::Compare(operator, value)),
        Just(SelectorTest::Null),
        any::<bool>().prop_map(SelectorTest::Bool),
        Just(SelectorTest::NotExists),
    ];
    (prop::collection::vec(step(), 1..4), ask)
        .prop_map(|(selector, ask)| SelectorCondition { selector, ask })
}

fn tree<T: Clone + std::fmt::Debug + 'static>(
    leaf: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = LogicTree<T>> {
    leaf.prop_map(LogicTree::Leaf).prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(LogicTree::All),
            prop::collection::vec(inner, 2..4).prop_map(LogicTree::Any),
        ]
    })
}

/// The parser joins what is joined by the same sign without parentheses; a tree in parentheses
/// below the same sign stays as it is.
fn fields() -> impl Strategy<Value = Vec<LineField>> {
    let field = prop_oneof![Just(None), tree(comparison()).prop_map(Some),];
    (prop::collection::vec(field, 1..4), any::<Option<prop::sample::Index>>()).prop_map(
        |(tests, rest)| {
            let mut fields: Vec<LineField> = tests
                .into_iter()
                .enumerate()
                .map(|(index, test)| match test {
                    Some(test) => LineField::Tested { name: format!("w{index}"), test },
                    None => LineField::Plain(Some(format!("w{index}"))),
                })
                .collect();
            if let Some(rest) = rest {
                let at = rest.index(fields.len() + 1);
                fields.insert(at, LineField::Rest);
            }
            fields
        },
    )
}

fn term() -> impl Strategy<Value = TextTerm> {
    let need =
        prop_oneof![Just(TermNeed::Required), Just(TermNeed::Excluded), Just(TermNeed::Optional)];
    (need, "\\PC{0,8}").prop_map(|(need, text)| TextTerm { need, text })
}

fn regex() -> impl Strategy<Value = FilterRegex> {
    "[a-z:_#=@/;,-]{1,8}".prop_map(|text| {
        let compiled = ir::LinearRegex::compile_text(&text.replace("--", "\\-\\-")).unwrap();
        FilterRegex { text, compiled }
    })
}

fn pattern() -> impl Strategy<Value = FilterPattern> {
    prop_oneof![
        prop::collection::vec(term(), 0..4).prop_map(FilterPattern::Terms),
        tree(condition()).prop_map(FilterPattern::Json),
        fields().prop_map(FilterPattern::Fields),
    ]
}

proptest! {
    #[test]
    fn printed_patterns_are_read_back(pattern in pattern()) {
        let text = pattern.to_string();
        prop_assume!(text.chars().count() <= cloudwatch::MAX_LENGTH);
        let read = cloudwatch::parse_pattern("p", &text);
        prop_assert_eq!(read.as_ref(), Ok(&pattern), "{}", text);
    }

    #[test]
    fn printed_regexes_are_read_back(regex in regex()) {
        let text = FilterPattern::Regex(regex.clone()).to_string();
        let Ok(FilterPattern::Regex(read)) = cloudwatch::parse_pattern("p", &text) else { panic!("{text}") };
        prop_assert_eq!(read.text, regex.text);
    }

    #[test]
    fn any_text_is_taken_or_refused_with_a_place(text in "\\PC{0,40}") {
        if let Err(problem) = cloudwatch::compile_pattern("p", &text) {
            prop_assert!(problem.line >= 1 && problem.column >= 1, "{problem}");
        }
    }

    #[test]
    fn patterns_that_are_nearly_right(
        text in "[{\\[%]?( ?(\\$\\.?[a-z*]{0,3}|\\[[0-9*]?\\]|[!<>=]{1,2}|&&|\\|\\||[(),%\"]|IS|NOT|EXISTS|NULL|\\.\\.\\.|[0-9*.]{1,3})){0,12}[}\\]%]?",
        line in "\\PC{0,40}",
    ) {
        if let Ok(expr) = cloudwatch::compile_pattern("p", &text) {
            evaluators::matches(&expr, &line);
            evaluators::matches(&expr, r#"{"a": {"b": [1, "x", null]}, "b": 3}"#);
        }
    }
}

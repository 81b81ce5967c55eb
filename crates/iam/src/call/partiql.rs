//! PartiQL statements: which action each one needs, and on which table or index.
//!
//! Source: DynamoDB developer guide, "IAM security policies with PartiQL".

use serde_json::{Value, json};

use super::part::RequestPart;

/// The most statements read from one call; AWS accepts at most 100.
const MAX_STATEMENTS: usize = 200;

/// The parts of a call, one per statement. Empty if any statement cannot be read.
pub(super) fn parse_partiql(request: Option<&Value>) -> Vec<RequestPart> {
    let mut statements = Vec::new();
    if let Some(request) = request {
        collect_statements(request, 4, &mut statements);
    }
    let parts: Option<Vec<RequestPart>> = statements.into_iter().map(parse_statement).collect();
    parts.unwrap_or_default()
}

fn collect_statements<'v>(value: &'v Value, depth: usize, statements: &mut Vec<&'v str>) {
    if depth == 0 || statements.len() >= MAX_STATEMENTS {
        return;
    }
    match value {
        Value::Array(list) => {
            list.iter().for_each(|item| collect_statements(item, depth - 1, statements))
        }
        Value::Object(fields) => {
            for (key, item) in fields {
                match item.as_str() {
                    Some(text) if key.eq_ignore_ascii_case("statement") => statements.push(text),
                    _ => collect_statements(item, depth - 1, statements),
                }
            }
        }
        _ => {}
    }
}

fn parse_statement(statement: &str) -> Option<RequestPart> {
    let words = split_tokens(statement);
    let word = |at: usize| words.get(at).map(String::as_str).unwrap_or_default();
    let after = |name: &str| {
        let at = words.iter().position(|word| word.eq_ignore_ascii_case(name))?;
        Some(at + 1)
    };
    let verb = word(0).to_ascii_uppercase();
    let (action, at) = match verb.as_str() {
        "SELECT" => ("dynamodb:PartiQLSelect", after("FROM")?),
        "EXISTS" => ("dynamodb:PartiQLSelect", after("FROM")?),
        "INSERT" => ("dynamodb:PartiQLInsert", after("INTO")?),
        "UPDATE" => ("dynamodb:PartiQLUpdate", 1),
        "DELETE" => ("dynamodb:PartiQLDelete", after("FROM")?),
        _ => return None,
    };
    let table = word(at);
    let index = (word(at + 1) == ".").then(|| word(at + 2));
    let is_name = |name: &str| {
        (1..=255).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    if !is_name(table) || index.is_some_and(|index| !is_name(index)) {
        return None;
    }
    Some(RequestPart::with_request(action, json!({"tableName": table, "indexName": index})))
}

/// Splits a statement into words, quoted names without their quotes, and dots.
fn split_tokens(statement: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut letters = statement.chars().take(8_192).peekable();
    while let Some(letter) = letters.next() {
        if letter == '"' || letter == '\'' {
            tokens.push(letters.by_ref().take_while(|next| *next != letter).collect());
        } else if is_word(letter) {
            let mut word = String::from(letter);
            while let Some(next) = letters.next_if(|next| is_word(*next)) {
                word.push(next);
            }
            tokens.push(word);
        } else if !letter.is_whitespace() {
            tokens.push(letter.to_string());
        }
    }
    tokens
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || letter == '-'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements() {
        for (statement, expected) in [
            ("SELECT * FROM Orders WHERE id = 'FROM x'", Some("PartiQLSelect Orders -")),
            ("select a from \"Orders\".\"by-day\"", Some("PartiQLSelect Orders by-day")),
            ("INSERT INTO Orders VALUE {'id': 'a'}", Some("PartiQLInsert Orders -")),
            ("UPDATE \"Orders\" SET a = 1", Some("PartiQLUpdate Orders -")),
            ("DELETE FROM Orders WHERE id = 'a'", Some("PartiQLDelete Orders -")),
            ("EXISTS(SELECT * FROM Orders WHERE id = 'a')", Some("PartiQLSelect Orders -")),
            ("DROP TABLE Orders", None),
            ("SELECT * FROM \"a/b\"", None),
            ("***", None),
        ] {
            let told = parse_statement(statement).map(|part| {
                let request = part.request.unwrap_or_default();
                let index = request["indexName"].as_str().unwrap_or("-").to_owned();
                format!(
                    "{} {} {index}",
                    part.action.replace("dynamodb:", ""),
                    request["tableName"].as_str().unwrap_or_default()
                )
            });
            assert_eq!(told.as_deref(), expected, "{statement}");
        }
    }
}

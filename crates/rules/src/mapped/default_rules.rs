//! The rules that come with every mapped source.

use serde_json::Value;

use super::map::SourceMap;

/// How many refused sign-ins of one address within ten minutes look like guessing.
const GUESSES: u32 = 20;

/// The rules of a source, as Sigma: one for requests that it refuses to somebody who has proved who
/// they are, and one for many refused sign-ins from one address. Empty if its map has no `denied`.
///
/// Their ids are `aware-own-NAME-denied`, `-sign-in-refused` and `-guessing`: no rule that ships has
/// such an id.
pub fn default_rules(map: &SourceMap) -> String {
    if map.denied.is_none() {
        return String::new();
    }
    let title = map.title.as_deref().unwrap_or(&map.name);
    let quoted = |text: String| Value::from(text).to_string();
    let fill = |template: &str| {
        template
            .replace("NAME", &map.name)
            .replace("SLUG", &map.name.replace('_', "-"))
            .replace("GUESSES", &GUESSES.to_string())
    };
    let denied = fill(DENIED).replace("TITLE", &quoted(format!("{title}: request denied")));
    if map.unauthenticated.is_none() {
        return denied;
    }
    let refused = fill(SIGN_IN).replace("TITLE", &quoted(format!("{title}: sign-in refused")));
    let guesses = format!("{title}: sign-ins refused often");
    let guesses = fill(GUESSING).replace("TITLE", &quoted(guesses));
    format!("{denied}---\n{refused}---\n{guesses}")
}

const DENIED: &str = "\
title: TITLE
id: aware-own-SLUG-denied
status: test
description: The application refused a request of somebody who had signed in.
author: Activity Aware
tags: [attack.discovery]
logsource: {product: aws, service: NAME}
detection:
    selection:
        aware.outcome: denied
        aware.authenticated: true
    condition: selection
falsepositives: [A person or a workload that lacks a permission in the application]
reading: lacks-permission
level: low
";

const SIGN_IN: &str = "\
title: TITLE
id: aware-own-SLUG-sign-in-refused
status: test
description: >
    The application refused somebody who had not proved who they are. Produces no finding by
    itself.
author: Activity Aware
logsource: {product: aws, service: NAME}
detection:
    selection:
        aware.outcome: denied
        aware.authenticated: false
    condition: selection
level: informational
";

const GUESSING: &str = "\
title: TITLE
id: aware-own-SLUG-guessing
status: test
description: One address was refused GUESSES sign-ins or more within ten minutes.
author: Activity Aware
tags: [attack.credential-access, attack.t1110]
correlation:
    type: event_count
    rules: [aware-own-SLUG-sign-in-refused]
    group-by: [aware.principal]
    timespan: 10m
    condition: {gte: GUESSES}
falsepositives: [A client whose password was changed]
reading: exploring
level: medium
";

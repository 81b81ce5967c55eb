//! What follows the options in `--help`: examples, each run by a test, and exit codes.

pub(super) const SCAN: &str = "Examples:
  $ aware scan ./AWSLogs
  $ aware scan ./AWSLogs --since 2026-11-24 --until 2026-11-24 --min-level medium
  $ aware scan ./AWSLogs --enable tag:cis --principal alice
  $ aware scan ./AWSLogs --format csv --output denials.csv
  $ cat event.json | aware scan - --format jsonl

Exit codes:
  0  done
  1  a case (with --groups a group) is at or above --fail-on
  2  wrong usage or config; a rule has an error (the others were used)
  3  some input could not be read";

pub(super) const LEARN: &str = "Examples:
  $ aware learn ./AWSLogs
  aware learn s3://my-trail-bucket/AWSLogs --since 30d --stack activity-aware

Exit codes:
  0  done
  2  wrong usage or config; a rule has an error (the others were used)
  3  some input could not be read";

pub(super) const BASELINE_SHOW: &str = "Examples:
  $ aware baseline show role/app --account 111122223333

Exit codes:
  0  done
  2  wrong usage, or the state cannot be read";

pub(super) const RULES_COVERAGE: &str = "Examples:
  $ aware rules coverage
  $ aware rules coverage --missing

Exit codes:
  0  done
  2  wrong usage, or a rule has an error";

pub(super) const RUN: &str = "Examples:
  $ aware run --config aware.toml

Exit codes:
  0  stopped, or all inputs ended and everything is delivered
  2  wrong usage or config
  4  a message could not be delivered";

pub(super) const DEMO: &str = "Examples:
  $ aware demo";

pub(super) const SEND: &str = "Examples:
  $ aware send --config aware.toml --to security-team

Exit codes:
  0  delivered
  2  wrong usage or config
  4  a message could not be delivered";

pub(super) const EXPLAIN: &str = "Examples:
  $ aware explain event.json
  $ aware explain d3a0c2a1-0021-4000-8000-000000000021 ./AWSLogs
  $ aware explain - < event.json

Exit codes:
  0  done
  2  wrong usage, or nothing to explain
  3  some input could not be read";

pub(super) const POLICY: &str = "Examples:
  $ aware policy --principal role/thumbnailer-role ./AWSLogs
  $ aware policy --principal role/thumbnailer-role --format sam --since 2026-11-01 ./AWSLogs
  $ aware policy --principal role/thumbnailer-role --from both --existing policy.json ./AWSLogs

Exit codes:
  0  done
  1  nothing to grant
  2  wrong usage, or a policy cannot be read
  3  some input could not be read";

pub(super) const UNUSED: &str = "Examples:
  $ aware unused --principal role/web-server-role --policy policy.json ./AWSLogs

Exit codes:
  0  done
  2  wrong usage, or a policy cannot be read
  3  some input could not be read";

pub(super) const LINT: &str = "Examples:
  $ aware lint policy.json
  $ aware lint policy.json --fail-on warning --format json

Exit codes:
  0  nothing at or above --fail-on
  1  a finding is at or above --fail-on
  2  a policy cannot be read";

pub(super) const STATUS: &str = "Exit codes:
  0  every visible link is healthy
  1  a link is not
  2  wrong usage, or AWS cannot be reached";

pub(super) const CASES: &str = "Examples:
  $ aware cases --config aware.toml

Exit codes:
  0  done
  2  wrong usage, or the state cannot be read";

pub(super) const CASE: &str = "Examples:
  aware case show c5b1e
  aware case close c5b1e --reason 'exercise of the red team'

Exit codes:
  0  done
  2  wrong usage, no such case, or the state cannot be read";

pub(super) const OUTBOX: &str = "Examples:
  $ aware outbox --config aware.toml";

pub(super) const ROUTE_TEST: &str = "Examples:
  $ aware scan ./AWSLogs --format jsonl | aware route test - --config routes.toml
  $ aware scan event.json --format jsonl | aware route test - --at 12h --format json

Exit codes:
  0  done
  1  a message goes nowhere
  2  wrong usage or config, or the messages cannot be read";

pub(super) const DESTINATIONS_LIST: &str = "Examples:
  $ aware destinations list
  $ aware destinations list --format json";

pub(super) const DESTINATIONS_SHOW: &str = "Examples:
  $ aware destinations show discord

Exit codes:
  0  done
  2  there is no such preset";

pub(super) const DEPLOY: &str = "Examples:
  $ aware deploy --aws-profile prod --aws-region eu-west-1 --slack-webhook env:HOOK --dry-run";

pub(super) const RULES_LIST: &str = "Examples:
  $ aware rules list
  $ aware rules list --tag cis --json

Exit codes:
  0  done
  2  wrong usage, or a rule has an error";

pub(super) const RULES_CHECK: &str = "Examples:
  $ aware rules check ./mine

Exit codes:
  0  every rule is valid
  2  a rule has an error";

pub(super) const RULES_EXPLAIN: &str = "Examples:
  $ aware rules explain aws-denied-call event.json

Exit codes:
  0  it matches
  1  it does not
  2  wrong usage, or no such rule";

pub(super) const RULES_BACKTEST: &str = "Examples:
  $ aware rules backtest ./mine ./AWSLogs

Exit codes:
  0  done
  2  wrong usage, or a rule has an error
  3  some input could not be read";

pub(super) const RULES_TUNE: &str = "Examples:
  $ aware rules tune ./AWSLogs
  $ aware rules tune --config aware.toml --since 30d ./AWSLogs

Exit codes:
  0  done
  2  wrong usage, or a rule has an error
  3  some input could not be read";

pub(super) const CONFIG_CHECK: &str = "Examples:
  $ aware config check aware.toml

Exit codes:
  0  `aware run` accepts it
  2  it has an error, or something that it names is missing or unusable";

pub(super) const CONFIG_ACCOUNTS: &str = "Examples:
  $ aws organizations list-accounts | aware config accounts > accounts.toml
  $ aware config accounts accounts.json";

pub(super) const CONFIG_SHOW: &str = "Examples:
  $ aware config show aware.toml";

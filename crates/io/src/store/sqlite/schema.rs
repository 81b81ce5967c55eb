//! The tables, and the migration of files from older versions.
//!
//! The version is in SQLite's `user_version`. Files of the first version have no value there.
//! Source: <https://www.sqlite.org/pragma.html#pragma_user_version>.

use aware_core::message::Message;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::error::SqliteError;
use super::row;

/// The version of the tables below.
pub const SCHEMA_VERSION: i64 = 3;

/// The tables of the first version.
const TABLES_ONE: &str = "
create table if not exists seen (account text, id text, at integer, primary key (account, id)) without rowid;
create table if not exists tallies (key text primary key, body text, untold integer, service integer, last integer) without rowid;
create index if not exists tallies_untold on tallies (untold) where untold > 0;
create table if not exists outbox (seq integer primary key autoincrement, id text unique, body text);
create table if not exists settled (message text, destination text, primary key (message, destination)) without rowid;
create table if not exists refused (message text, destination text, problem text, body text, at integer);
create table if not exists threads (destination text, key text, thread text, at integer, primary key (destination, key)) without rowid;
create table if not exists resumes (input text primary key, place text) without rowid;
create table if not exists notes (name text primary key, value text) without rowid;
create table if not exists windows (key text primary key, body blob, expires integer) without rowid;
";

/// What the second version adds: the order of the outbox, attempts, redriven messages, and
/// unreadable rows.
const TABLES_TWO: &str = "
alter table outbox add column urgency integer not null default 3;
alter table outbox add column identity text not null default '';
alter table outbox add column person text not null default '';
alter table outbox add column fingerprint text not null default '';
alter table outbox add column at integer not null default 0;
create index outbox_order on outbox (urgency, identity, person, seq);
create index outbox_fingerprint on outbox (fingerprint);
alter table refused add column urgency integer not null default 3;
alter table refused add column attempts integer not null default 0;
create index refused_order on refused (urgency, at);
create table attempts (message text, destination text, count integer, problem text, first integer, last integer, primary key (message, destination)) without rowid;
create table addressed (message text, destination text, primary key (message, destination)) without rowid;
create table redriven (message text primary key) without rowid;
create table unreadable (kind text, key text, body blob, problem text, at integer);
";

/// What the third version adds: cases, and when groups are due. Groups that wait for an update are
/// due at once, since it is not known when they are.
const TABLES_THREE: &str = "
create table cases (id text primary key, body blob, status text, level text, last integer, due integer, expires integer, weight integer);
create index cases_due on cases (due) where due is not null;
create index cases_order on cases (weight, status, last);
alter table tallies add column due integer;
create index tallies_due on tallies (due) where due is not null;
update tallies set due = 0 where untold > 0 and service = 0;
";

/// Migrates a file to this version, in one transaction.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), SqliteError> {
    if schema_version(connection)? == SCHEMA_VERSION {
        return Ok(());
    }
    let step = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = schema_version(&step)?;
    if found > SCHEMA_VERSION {
        return Err(SqliteError::Newer { found, known: SCHEMA_VERSION });
    }
    if found < 1 {
        step.execute_batch(TABLES_ONE)?;
    }
    if found < 2 {
        migrate_to_two(&step)?;
    }
    if found < 3 {
        step.execute_batch(TABLES_THREE)?;
    }
    step.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    step.commit()?;
    Ok(())
}

fn schema_version(connection: &Connection) -> Result<i64, SqliteError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

fn migrate_to_two(step: &Transaction<'_>) -> Result<(), SqliteError> {
    step.execute_batch(TABLES_TWO)?;
    let mut outbox = step.prepare("select seq, body from outbox order by seq")?;
    let rows = outbox.query_map([], |row| Ok((row.get::<_, i64>(0)?, row::bytes_at(row, 1)?)))?;
    for row in rows {
        let (seq, body) = row?;
        // An unreadable message is set aside when it is read for delivery.
        let Ok(message) = Message::read_json(&body) else { continue };
        let (identity, person) = message.sender_key();
        let at = message.time.map_or(0, |time| time.as_second());
        step.execute(
            "update outbox set urgency = ?, identity = ?, person = ?, fingerprint = ?, at = ? where seq = ?",
            params![message.urgency_rank(), identity, person, message.fingerprint.as_str(), at, seq],
        )?;
    }
    Ok(())
}

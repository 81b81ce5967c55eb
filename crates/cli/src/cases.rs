//! `aware cases` and `aware case`: the cases of a daemon or of the deployment.

use std::io::{Write, stdout};
use std::sync::Arc;

use aware_cases::tell::{CaseStatus, CaseStatusKind, ClosedBy, OpenedByPerson};
use aware_cases::view::{CaseView, case_json};
use aware_core::text::terminal::terminal_safe;
use aware_io::compose;
use aware_io::config;
use aware_pipeline::case_admin::{
    CaseAdminError, CaseChange, change_record, find_record, list_records,
};
use aware_pipeline::case_record::CaseRecord;
use aware_pipeline::port::{CaseFilter, Store};
use jiff::Timestamp;
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::args::{CaseArgs, CaseCommand, CaseStoreOptions, CasesArgs, TextOrJson};
use crate::deploy::stack_table;
use crate::exit::{CommandExit, CommandFailure};
use crate::render::screen::{shows_unicode, stdout_screen};
use crate::render::{CaseScreen, write_case};

impl From<CaseAdminError> for CommandFailure {
    fn from(error: CaseAdminError) -> Self {
        Self::Usage(error.to_string())
    }
}

/// Runs `aware cases`.
pub(crate) fn run_cases(args: &CasesArgs) -> Result<CommandExit, CommandFailure> {
    Runtime::new()?.block_on(async {
        let Some(store) = open_stored(&args.place).await? else {
            tracing::info!("there is no state yet");
            return Ok(CommandExit::Done);
        };
        let status = (!args.all).then_some(CaseStatusKind::Open);
        let filter = CaseFilter { status, ..CaseFilter::default() };
        let records = list_records(&*store, &filter).await.map_err(CaseAdminError::from)?;
        match args.format {
            TextOrJson::Text => {
                records
                    .iter()
                    .try_for_each(|record| writeln!(stdout(), "{}", case_line(record)))?;
                writeln!(stdout(), "{} cases", records.len())?;
            }
            TextOrJson::Json => {
                for record in &records {
                    writeln!(stdout(), "{}", record_json(record))?;
                }
            }
        }
        Ok(CommandExit::Done)
    })
}

/// Runs `aware case`.
pub(crate) fn run_case(args: &CaseArgs) -> Result<CommandExit, CommandFailure> {
    Runtime::new()?.block_on(async {
        match &args.command {
            CaseCommand::Show(show) => {
                let store = needed_store(&show.place).await?;
                show_case(&find_record(&*store, &show.id).await?, show.format)?;
            }
            CaseCommand::Close(close) => {
                let change = CaseChange::Close { by: &close.by, reason: &close.reason };
                change_case(&close.place, &close.id, change).await?;
            }
            CaseCommand::Reopen(reopen) => {
                let change = CaseChange::Reopen { by: &reopen.by, reason: &reopen.reason };
                change_case(&reopen.place, &reopen.id, change).await?;
            }
        }
        Ok(CommandExit::Done)
    })
}

async fn change_case(
    place: &CaseStoreOptions,
    id: &str,
    change: CaseChange<'_>,
) -> Result<(), CommandFailure> {
    let store = needed_store(place).await?;
    let record = change_record(&*store, id, change, Timestamp::now()).await?;
    writeln!(stdout(), "{}", case_line(&record))?;
    Ok(())
}

fn show_case(record: &CaseRecord, format: TextOrJson) -> Result<(), CommandFailure> {
    let mut out = stdout().lock();
    if format == TextOrJson::Json {
        writeln!(out, "{}", record_json(record))?;
        return Ok(());
    }
    let (screen, is_unicode) = (stdout_screen(false), shows_unicode());
    let look = CaseScreen { screen, is_unicode, logs: "LOGS" };
    write_case(&mut out, &CaseView::new(&record.case), look)?;
    writeln!(out, "{}", terminal_safe(&status_words(record)))?;
    Ok(())
}

/// The case, with whether it is open, and who closed it, when and why.
fn record_json(record: &CaseRecord) -> Value {
    let mut value = case_json(&record.case);
    if let Value::Object(fields) = &mut value {
        let is_closed = matches!(record.telling.status, CaseStatus::Closed { .. });
        fields.insert("isClosed".to_owned(), is_closed.into());
        fields.insert("status".to_owned(), status_words(record).into());
    }
    value
}

/// One line of a list: id, level, whether it is open, headline.
fn case_line(record: &CaseRecord) -> String {
    let view = CaseView::new(&record.case);
    format!(
        "{}  {:<13}  {}  {}",
        terminal_safe(&record.case.id),
        record.case.level.as_str().to_uppercase(),
        terminal_safe(&status_words(record)),
        terminal_safe(&view.headline)
    )
}

fn status_words(record: &CaseRecord) -> String {
    match &record.telling.status {
        CaseStatus::Open => match &record.telling.opened_by {
            None => "open".to_owned(),
            Some(OpenedByPerson { at, name, reason }) => {
                format!("opened again {at:.0} by {name}: {reason}")
            }
        },
        CaseStatus::Merged { into } => format!("part of {into}"),
        CaseStatus::Closed { at, by } => match by {
            ClosedBy::Quiet => format!("closed {at:.0}: quiet"),
            ClosedBy::Cured => format!("closed {at:.0}: cured"),
            ClosedBy::Person { name, reason, .. } => format!("closed {at:.0} by {name}: {reason}"),
        },
    }
}

async fn needed_store(place: &CaseStoreOptions) -> Result<Arc<dyn Store>, CommandFailure> {
    let none = || CommandFailure::Usage("there is no state yet, so there are no cases".to_owned());
    open_stored(place).await?.ok_or_else(none)
}

/// The daemon's store, or the deployment's; `None` if the daemon has none yet.
pub(crate) async fn open_stored(
    place: &CaseStoreOptions,
) -> Result<Option<Arc<dyn Store>>, CommandFailure> {
    if let Some(stack) = &place.stack {
        let aws = place.aws.aws_session();
        let table = stack_table(&aws, stack).await?;
        let store = compose::shared_store(&aws, &table).await;
        return Ok(Some(store.map_err(CaseAdminError::from)?));
    }
    let config = config::read_config(&place.config)?;
    Ok(compose::open_local_state(&config.state)?.map(|store| Arc::new(store) as Arc<dyn Store>))
}

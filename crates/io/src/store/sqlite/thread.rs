//! The thread that works with the database, one piece of work after the other, in the order in which
//! they were asked for: SQLite waits for the disk, and an async thread must not.
//!
//! A piece of work that was handed over is done, even if its caller has gone.

use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::JoinHandle;

use tokio::sync::oneshot;
use tracing::Span;

use super::error::SqliteError;
use super::open::{Database, Session};

/// What the thread is handed.
type Job = Box<dyn FnOnce(&mut Database) + Send>;

/// The thread, and the way to it. Dropped, it ends after all work and closes the file.
#[derive(Debug)]
pub(super) struct DatabaseThread {
    /// `None` only while it is dropped.
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl DatabaseThread {
    /// Starts the thread.
    ///
    /// # Errors
    /// If the system cannot create one.
    pub(super) fn start(database: Database) -> Result<Self, SqliteError> {
        let (jobs, work) = mpsc::channel();
        let builder = std::thread::Builder::new().name("sqlite".to_owned());
        let thread = builder.spawn(move || work_off(database, &work))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Does work, and waits for it without holding up other tasks.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Session<'_>) -> Result<T, SqliteError> + Send + 'static,
    ) -> Result<T, SqliteError> {
        let (answer, answered) = oneshot::channel();
        self.hand_over(move |database| {
            // The caller may have gone.
            let _ = answer.send(database.work(work));
        })?;
        answered.await.map_err(|_| SqliteError::Ended)?
    }

    /// Does work, and holds the caller's thread up meanwhile: for commands and for opening.
    pub(super) fn run_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Session<'_>) -> Result<T, SqliteError> + Send + 'static,
    ) -> Result<T, SqliteError> {
        self.ask_blocking(|database| database.work(work))?
    }

    /// Queries the database itself, open or not.
    pub(super) fn ask_blocking<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&mut Database) -> T + Send + 'static,
    ) -> Result<T, SqliteError> {
        let (answer, answered) = mpsc::sync_channel(1);
        self.hand_over(move |database| {
            let _ = answer.send(ask(database));
        })?;
        answered.recv().map_err(|_| SqliteError::Ended)
    }

    /// What it logs belongs to the caller's span.
    fn hand_over(
        &self,
        job: impl FnOnce(&mut Database) + Send + 'static,
    ) -> Result<(), SqliteError> {
        let span = Span::current();
        let job: Job = Box::new(move |database| span.in_scope(|| job(database)));
        let jobs = self.jobs.as_ref().ok_or(SqliteError::Ended)?;
        jobs.send(job).map_err(|_| SqliteError::Ended)
    }
}

impl Drop for DatabaseThread {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has already reported it.
            let _ = thread.join();
        }
    }
}

fn work_off(mut database: Database, jobs: &Receiver<Job>) {
    while let Ok(job) = jobs.recv() {
        job(&mut database);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use super::super::RefusedRetention;
    use super::*;

    fn thread(folder: &std::path::Path) -> DatabaseThread {
        let path = folder.join("aware.db");
        let database = Database::closed(&path, RefusedRetention::default(), Arc::default());
        DatabaseThread::start(database).unwrap()
    }

    #[tokio::test]
    async fn work_waits_its_turn_and_other_tasks_do_not_wait_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let (thread, done) = (thread(folder.path()), Arc::new(Mutex::new(Vec::new())));
        let slow = Arc::clone(&done);
        let given_up = thread.run(move |_| {
            std::thread::sleep(Duration::from_millis(200));
            slow.lock().unwrap().push("first");
            Ok(())
        });
        // One thread runs this test: the timer fires while the work goes on.
        let given_up = tokio::time::timeout(Duration::from_millis(20), given_up).await;
        assert!(given_up.is_err());
        let next = Arc::clone(&done);
        thread
            .run(move |_| {
                next.lock().unwrap().push("second");
                Ok(())
            })
            .await
            .unwrap();
        assert_eq!(*done.lock().unwrap(), ["first", "second"]);
    }

    #[tokio::test]
    async fn after_a_panic_nothing_is_done_and_everybody_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let thread = thread(folder.path());
        let failed = thread.run(|_| -> Result<(), _> { panic!("half way") }).await;
        assert!(matches!(failed, Err(SqliteError::Ended)));
        assert!(matches!(thread.run(|_| Ok(())).await, Err(SqliteError::Ended)));
        assert!(matches!(thread.run_blocking(|_| Ok(())), Err(SqliteError::Ended)));
    }
}

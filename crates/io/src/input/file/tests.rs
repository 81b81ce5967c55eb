//! What is taken once, while watching, late, growing, released, and after a restart.

use std::path::Path;
use std::time::UNIX_EPOCH;

use super::*;

fn input(folder: &Path, watch: bool) -> FileInput {
    let paths = vec![folder.display().to_string()];
    let poll = Some(TimeSpan("10ms".parse().unwrap()));
    FileConfig { paths, watch, poll }.build("files").unwrap()
}

fn write(folder: &Path, name: &str, seconds: u64) {
    let file = std::fs::File::create(folder.join(name)).unwrap();
    std::io::Write::write_all(&mut &file, name.as_bytes()).unwrap();
    file.set_modified(UNIX_EPOCH + Duration::from_secs(1_000_000_000 + seconds)).unwrap();
}

fn file_name(delivery: &Delivery) -> String {
    delivery.origin.rsplit('/').next().unwrap().to_owned()
}

/// Takes and acknowledges up to `at_most` files.
async fn names(input: &mut FileInput, at_most: usize) -> (Vec<String>, Option<String>) {
    let (mut names, mut resume) = (Vec::new(), None);
    while names.len() < at_most
        && let Some(delivery) = input.next_delivery().await.unwrap()
    {
        input.ack_delivery(&delivery.token).await.unwrap();
        names.push(file_name(&delivery));
        resume = delivery.resume;
    }
    (names, resume)
}

async fn soon(input: &mut FileInput) -> String {
    let next = tokio::time::timeout(Duration::from_secs(10), input.next_delivery()).await;
    let delivery = next.expect("a file is taken soon").unwrap().unwrap();
    input.ack_delivery(&delivery.token).await.unwrap();
    file_name(&delivery)
}

async fn nothing(input: &mut FileInput) -> bool {
    tokio::time::timeout(Duration::from_millis(150), input.next_delivery()).await.is_err()
}

#[tokio::test]
async fn after_a_restart_exactly_the_rest_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    for (name, seconds) in [("b", 0), ("a", 0), ("e", 60), ("d", 60), ("c", 9_000)] {
        write(folder.path(), name, seconds);
    }
    let all = ["a", "b", "d", "e", "c"];
    for killed_after in 1..all.len() {
        let (first, resume) = names(&mut input(folder.path(), false), killed_after).await;
        let mut again = input(folder.path(), false);
        again.resume_at(&resume.unwrap());
        let (rest, _) = names(&mut again, 10).await;
        assert_eq!([first, rest].concat(), all, "killed after {killed_after}");
    }
}

#[tokio::test]
async fn late_files_are_taken_after_a_restart_within_the_window() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "m", 0);
    write(folder.path(), "n", 60);
    let (_, resume) = names(&mut input(folder.path(), false), 10).await;
    write(folder.path(), "a-late-name", 5_000);
    write(folder.path(), "a-late-time", 30);
    let mut again = input(folder.path(), false);
    again.resume_at(&resume.unwrap());
    assert_eq!(names(&mut again, 10).await.0, ["a-late-time", "a-late-name"]);
}

#[tokio::test]
async fn a_watched_folder_gives_files_that_are_stable_however_late() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a", 50_000);
    let mut input = input(folder.path(), true);
    assert_eq!(soon(&mut input).await, "a");
    std::fs::write(folder.path().join("empty"), b"").unwrap();
    assert!(nothing(&mut input).await, "an empty file is still being written");
    write(folder.path(), "empty", 100);
    assert_eq!(soon(&mut input).await, "empty", "its time is long before that of the first");
    write(folder.path(), "a", 50_001);
    assert_eq!(soon(&mut input).await, "a", "it has changed");
    assert!(nothing(&mut input).await);
}

#[tokio::test]
async fn a_file_of_lines_that_never_rests_is_taken_line_by_line() {
    let folder = tempfile::tempdir().unwrap();
    let mut watching = input(folder.path(), true);
    let path = folder.path().join("growing");
    let writer = std::thread::spawn(move || {
        let mut file = std::fs::File::create(&path).unwrap();
        for number in 0..200 {
            // Half of the line now, the other half later.
            std::io::Write::write_all(&mut file, format!("{{\"n\":{number}").as_bytes()).unwrap();
            std::thread::sleep(Duration::from_millis(3));
            std::io::Write::write_all(&mut file, b"}\n").unwrap();
        }
    });
    let mut taken = String::new();
    let mut while_written = 0;
    while taken.lines().count() < 200 {
        let next =
            tokio::time::timeout(Duration::from_secs(20), watching.next_delivery()).await.unwrap();
        let delivery = next.unwrap().unwrap();
        while_written += u32::from(!writer.is_finished());
        taken.push_str(std::str::from_utf8(&delivery.body).unwrap());
        watching.ack_delivery(&delivery.token).await.unwrap();
    }
    writer.join().unwrap();
    let expected: String = (0..200).map(|number| format!("{{\"n\":{number}}}\n")).collect();
    assert!(taken == expected, "each line is taken once");
    assert!(while_written > 1, "lines are taken while the file is written");
}

#[tokio::test]
async fn after_a_restart_a_growing_file_goes_on_where_it_was_left() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("growing");
    let append = |text: &str| {
        let mut file = std::fs::File::options().create(true).append(true).open(&path).unwrap();
        std::io::Write::write_all(&mut file, text.as_bytes()).unwrap();
    };
    append("{\"n\":1}\n");
    let mut first = input(folder.path(), true);
    first.look_for_files().await.unwrap();
    append("{\"n\":2}\n{\"n\":");
    let delivery = first.next_delivery().await.unwrap().unwrap();
    assert_eq!(delivery.body, b"{\"n\":1}\n{\"n\":2}\n");
    first.release_delivery(&delivery.token).await;
    let delivery = first.next_delivery().await.unwrap().unwrap();
    assert_eq!(delivery.body, b"{\"n\":1}\n{\"n\":2}\n", "what was released comes again");
    let resume = delivery.resume.unwrap();
    append("3}\n");
    let mut again = input(folder.path(), true);
    again.resume_at(&resume);
    let delivery = again.next_delivery().await.unwrap().unwrap();
    assert_eq!(delivery.body, b"{\"n\":3}\n");
    assert!(delivery.origin.ends_with("growing, from byte 16"), "{}", delivery.origin);
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_told_once_and_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    write(folder.path(), "log", 5);
    let mut watching = input(folder.path(), true);
    watching.look_for_files().await.unwrap();
    watching.look_for_files().await.unwrap();
    // The file exists when it is listed, and is gone when it is to be read.
    std::fs::remove_file(&path).unwrap();
    let told = watching.next_delivery().await;
    assert!(matches!(told, Err(InputError::Unreadable { .. })), "{told:?}");
    write(folder.path(), "log", 5);
    watching.unreadable = UnreadableFiles::default();
    assert_eq!(soon(&mut watching).await, "log");
}

#[tokio::test]
async fn what_is_released_comes_again_and_is_not_done() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a", 0);
    write(folder.path(), "b", 1);
    let mut input = input(folder.path(), false);
    let first = input.next_delivery().await.unwrap().unwrap();
    input.release_delivery(&first.token).await;
    let again = input.next_delivery().await.unwrap().unwrap();
    assert_eq!((&again.origin, &again.resume), (&first.origin, &first.resume));
    input.ack_delivery(&again.token).await.unwrap();
    assert_eq!(names(&mut input, 10).await.0, ["b"]);
}

#[tokio::test]
async fn every_problem_is_told_once_and_the_rest_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a", 0);
    let path = |name: &str| folder.path().join(name).display().to_string();
    let paths = vec![path("x"), path("y*"), path("a")];
    for (watch, expected) in [(false, vec!["x", "y*"]), (true, vec!["x"])] {
        let config = FileConfig { paths: paths.clone(), watch, poll: None };
        let mut input = config.build("files").unwrap();
        let mut problems = Vec::new();
        loop {
            match input.next_delivery().await {
                Err(InputError::Unreadable { origin, .. }) => {
                    problems.push(origin.rsplit('/').next().unwrap().to_owned());
                }
                taken => break assert_eq!(file_name(&taken.unwrap().unwrap()), "a"),
            }
        }
        assert_eq!(problems, expected);
    }
}

#[tokio::test]
async fn dropping_next_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..20 {
        write(folder.path(), &format!("{number:02}"), number);
    }
    let mut input = input(folder.path(), false);
    let mut taken = Vec::new();
    loop {
        let next = tokio::time::timeout(Duration::from_micros(20), input.next_delivery()).await;
        let Ok(next) = next else { continue };
        let Some(delivery) = next.unwrap() else { break };
        input.ack_delivery(&delivery.token).await.unwrap();
        taken.push(file_name(&delivery));
    }
    assert_eq!(taken, (0..20).map(|number| format!("{number:02}")).collect::<Vec<_>>());
}

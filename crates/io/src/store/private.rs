//! Folders and files that only their owner may read: the state says who was denied what.

use std::fs::{DirBuilder, OpenOptions, Permissions, metadata, set_permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// Read, write and search, for the owner.
const FOLDER_MODE: u32 = 0o700;
/// Read and write, for the owner.
const FILE_MODE: u32 = 0o600;
/// The sticky bit, set on folders that many users share, such as `/tmp`.
const STICKY_BIT: u32 = 0o1000;

/// Creates a folder for the owner alone, with its parents, or restricts an existing one.
///
/// # Errors
/// If it cannot be created.
pub fn create_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(path)?;
    let mode = metadata(path)?.permissions().mode();
    if mode & STICKY_BIT != 0 || is_home(path) {
        tracing::warn!(
            path = %path.display(),
            "state folder is shared with other files (hint: give it a folder of its own)"
        );
        return Ok(());
    }
    restrict_mode(path, mode, FOLDER_MODE);
    Ok(())
}

/// Creates an empty file for the owner alone, or restricts an existing one.
///
/// # Errors
/// If it cannot be created.
pub fn create_file(path: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            restrict_mode(path, metadata(path)?.permissions().mode(), FILE_MODE);
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// Restricts a file to its owner, if it exists.
pub fn restrict_file(path: &Path) {
    if let Ok(there) = metadata(path) {
        restrict_mode(path, there.permissions().mode(), FILE_MODE);
    }
}

fn restrict_mode(path: &Path, mode: u32, wanted: u32) {
    if mode & 0o077 == 0 {
        return;
    }
    let before = format!("{:04o}", mode & 0o7777);
    match set_permissions(path, Permissions::from_mode(wanted)) {
        Ok(()) => tracing::warn!(
            path = %path.display(),
            mode = before,
            "state was readable by others; permissions corrected"
        ),
        Err(error) => tracing::error!(
            path = %path.display(),
            mode = before,
            problem = %error,
            "state is readable by others and its permissions cannot be changed"
        ),
    }
}

fn is_home(path: &Path) -> bool {
    let home = std::env::var_os("HOME").map(std::path::PathBuf::from);
    path.parent().is_none() || home.is_some_and(|home| home == path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn what_is_made_is_the_owners_alone_and_what_is_wider_is_mended() {
        let folder_ = tempfile::tempdir().unwrap();
        let (state, db) = (folder_.path().join("a/state"), folder_.path().join("a/state/x.db"));
        create_folder(&state).unwrap();
        create_file(&db).unwrap();
        assert_eq!((mode(&state), mode(&db)), (0o700, 0o600));
        set_permissions(&state, Permissions::from_mode(0o755)).unwrap();
        set_permissions(&db, Permissions::from_mode(0o644)).unwrap();
        create_folder(&state).unwrap();
        create_file(&db).unwrap();
        assert_eq!((mode(&state), mode(&db)), (0o700, 0o600));
        set_permissions(&state, Permissions::from_mode(0o1777)).unwrap();
        create_folder(&state).unwrap();
        assert_eq!(mode(&state), 0o1777, "a folder that many share stays as it is");
    }
}

//! Files and directories that only their owner may read: what a store keeps tells who has spent.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io,
    path::Path,
};

/// Opens a file; one that is made is its owner's only. One that is there keeps the permissions it has.
///
/// # Errors
///
/// The file system's.
pub fn open_private(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options.open(path)
}

/// Makes a directory, with those above it, that is its owner's only. One that is there keeps its permissions.
///
/// # Errors
///
/// The file system's.
pub fn create_private_dir(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path)
}

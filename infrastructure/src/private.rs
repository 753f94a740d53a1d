//! Files and folders that only their owner can read.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io,
    path::Path,
};

/// Makes the folder, for the owner only. One that is there already stays as the operator made it.
///
/// # Errors
/// What the system said.
pub fn folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Makes a file that only its owner can read, or empties the one that is there.
///
/// # Errors
/// What the system said.
pub fn create(path: &Path) -> io::Result<File> {
    file(OpenOptions::new().write(true).truncate(true)).open(path)
}

/// A file that only the owner can read, if it is made now.
pub fn file(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options.create(true)
}

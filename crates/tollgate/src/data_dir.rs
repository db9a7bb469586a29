//! The data directory, and who may use it.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use tollgate_store::private_file::{create_private_dir, open_private};

/// The file in the data directory that holds a token of the admin API.
pub const OPERATOR_TOKEN: &str = "operator.token";

const OPERATOR_TOKEN_DIGITS: usize = 64;

/// A data directory that is ours as long as this lives.
pub struct DataDir {
    path: PathBuf,
    /// Locked; the lock ends with the process, however it ends.
    _lock: File,
}

/// Why a data directory cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataDirError {
    /// Another process has it.
    #[error("the data directory {path} is in use by another tollgate")]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// It cannot be made, read or written.
    #[error("the data directory cannot be used: {path}: {source}")]
    Unusable {
        /// The directory or the file in it.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A secret has not the length it was made with.
    #[error(
        "{path} is damaged: it should hold {expected} bytes; restore it, or remove it to have a new one made"
    )]
    DamagedSecret {
        /// The file.
        path: PathBuf,
        /// How many bytes it should hold.
        expected: usize,
    },
}

impl DataDir {
    /// Makes the directory if need be, and takes it for this process.
    ///
    /// # Errors
    ///
    /// [`DataDirError`].
    pub fn open(path: &Path) -> Result<Self, DataDirError> {
        let unusable = |path: &Path| {
            let path = path.to_owned();
            move |source| DataDirError::Unusable { path, source }
        };
        create_private_dir(path).map_err(unusable(path))?;
        let lock_path = path.join("lock");
        let lock = open_private(OpenOptions::new().create(true).write(true).truncate(false), &lock_path)
            .map_err(unusable(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(fs::TryLockError::WouldBlock) => Err(DataDirError::InUse { path: path.to_owned() }),
            Err(fs::TryLockError::Error(source)) => Err(unusable(&lock_path)(source)),
        }
    }

    /// A path inside.
    #[must_use]
    pub fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The token by which the admin API is used from this machine, made on first use: 64 hexadecimal
    /// digits in [`OPERATOR_TOKEN`].
    ///
    /// # Errors
    ///
    /// [`DataDirError`].
    pub fn operator_token(&self) -> Result<String, DataDirError> {
        let path = self.join(OPERATOR_TOKEN);
        let unusable = |source| DataDirError::Unusable { path: path.clone(), source };
        match fs::read_to_string(&path) {
            Ok(text) if text.trim_end().len() == OPERATOR_TOKEN_DIGITS => Ok(text.trim_end().to_owned()),
            Ok(_) => Err(DataDirError::DamagedSecret { path, expected: OPERATOR_TOKEN_DIGITS }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let token: String = random_bytes::<32>().iter().map(|byte| format!("{byte:02x}")).collect();
                write_private(&path, format!("{token}\n").as_bytes()).map_err(unusable)?;
                Ok(token)
            }
            Err(error) => Err(unusable(error)),
        }
    }
}

/// Random bytes from the operating system.
#[must_use]
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// Writes a file that only its owner may read; a crash leaves the old one or the new one, never half.
///
/// # Errors
///
/// The file system's.
pub fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let partial = path.with_added_extension("partial");
    let mut file = open_private(OpenOptions::new().create(true).write(true).truncate(true), &partial)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&partial, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operator_token_is_made_once_and_a_damaged_one_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(folder.path()).unwrap();
        let token = data.operator_token().unwrap();
        assert_eq!(data.operator_token().unwrap(), token);
        fs::write(data.join(OPERATOR_TOKEN), "").unwrap();
        assert!(matches!(data.operator_token(), Err(DataDirError::DamagedSecret { expected: 64, .. })));
    }

    #[test]
    fn a_second_process_is_told_that_the_directory_is_in_use() {
        let folder = tempfile::tempdir().unwrap();
        let _ours = DataDir::open(folder.path()).unwrap();
        assert!(matches!(DataDir::open(folder.path()), Err(DataDirError::InUse { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read_the_token() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(folder.path()).unwrap();
        data.operator_token().unwrap();
        let mode = fs::metadata(data.join(OPERATOR_TOKEN)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

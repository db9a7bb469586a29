//! The data directory: who may use it, and the secrets it keeps.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use tollgate_store::{
    HashKey,
    private_file::{create_private_dir, open_private},
};

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
    /// There is no key yet, and one that is made now would be the wrong one.
    #[error("{path} is missing: copy the one under which the buckets were named")]
    NoHashKey {
        /// The file.
        path: PathBuf,
    },
    /// A secret has not the length it was made with.
    #[error(
        "{path} is damaged: it should hold {expected} bytes; restore it, or remove it to have a new one made \
         if it is in the data directory"
    )]
    DamagedSecret {
        /// The file.
        path: PathBuf,
        /// How many bytes it should hold.
        expected: usize,
    },
}

/// Secrets of an installation.
pub struct Secrets {
    /// Under which bucket names are hashed.
    pub hash_key: HashKey,
    /// Signs unpause links.
    pub unpause_key: [u8; 32],
    /// What signed them before; these are still opened.
    pub previous_unpause_key: Option<[u8; 32]>,
}

/// Files with the keys of unpause links that are not in the data directory.
#[derive(Clone, Debug, Default)]
pub struct LinkKeyFiles {
    /// The key that signs; `None`: `unpause.key` in the data directory, made on first use.
    pub current: Option<PathBuf>,
    /// The key before it; `None`: `unpause-previous.key` in the data directory, if it is there.
    pub previous: Option<PathBuf>,
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

    /// The installation's secrets, made on first use.
    ///
    /// # Errors
    ///
    /// [`DataDirError`].
    pub fn secrets(&self, link_keys: &LinkKeyFiles) -> Result<Secrets, DataDirError> {
        let previous = link_keys.previous.clone();
        Ok(Secrets {
            hash_key: HashKey::new(self.secret::<16>(HASH_KEY)?),
            unpause_key: match &link_keys.current {
                Some(path) => given_secret(path)?,
                None => self.secret::<32>("unpause.key")?,
            },
            previous_unpause_key: match previous {
                Some(path) => Some(given_secret(&path)?),
                None => read_secret(&self.join("unpause-previous.key"))?,
            },
        })
    }

    /// The key of the installation whose data directory is `path`, in use or not; none is made.
    ///
    /// # Errors
    ///
    /// [`DataDirError`].
    pub fn hash_key_in(path: &Path) -> Result<HashKey, DataDirError> {
        let path = path.join(HASH_KEY);
        let key = read_secret::<16>(&path)?;
        key.map(HashKey::new).ok_or(DataDirError::NoHashKey { path })
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

    fn secret<const N: usize>(&self, name: &str) -> Result<[u8; N], DataDirError> {
        let path = self.join(name);
        if let Some(secret) = read_secret(&path)? {
            return Ok(secret);
        }
        let secret = random_bytes();
        write_private(&path, &secret).map_err(|source| DataDirError::Unusable { path, source })?;
        Ok(secret)
    }
}

/// The key under which bucket names are hashed.
const HASH_KEY: &str = "bucket-hash.key";

/// A secret that configuration names: it must be there.
fn given_secret<const N: usize>(path: &Path) -> Result<[u8; N], DataDirError> {
    let missing =
        || DataDirError::Unusable { path: path.to_owned(), source: io::Error::from(io::ErrorKind::NotFound) };
    read_secret(path)?.ok_or_else(missing)
}

fn read_secret<const N: usize>(path: &Path) -> Result<Option<[u8; N]>, DataDirError> {
    match fs::read(path) {
        Ok(bytes) => match bytes.try_into() {
            Ok(secret) => Ok(Some(secret)),
            Err(_) => Err(DataDirError::DamagedSecret { path: path.to_owned(), expected: N }),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(DataDirError::Unusable { path: path.to_owned(), source }),
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
    fn secrets_are_made_once_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let first =
            DataDir::open(folder.path()).unwrap().secrets(&LinkKeyFiles::default()).unwrap().unpause_key;
        let second =
            DataDir::open(folder.path()).unwrap().secrets(&LinkKeyFiles::default()).unwrap().unpause_key;
        assert_eq!(first, second);
    }

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

    #[test]
    fn a_damaged_secret_is_named_and_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(folder.path()).unwrap();
        fs::write(data.join("unpause.key"), b"short").unwrap();
        assert!(matches!(
            data.secrets(&LinkKeyFiles::default()),
            Err(DataDirError::DamagedSecret { expected: 32, .. })
        ));
        assert_eq!(fs::read(data.join("unpause.key")).unwrap(), b"short");
    }

    #[test]
    fn a_key_is_replaced_by_putting_the_old_one_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(folder.path()).unwrap();
        let first = data.secrets(&LinkKeyFiles::default()).unwrap();
        assert_eq!(first.previous_unpause_key, None);
        fs::rename(data.join("unpause.key"), data.join("unpause-previous.key")).unwrap();
        let second = data.secrets(&LinkKeyFiles::default()).unwrap();
        assert_ne!(second.unpause_key, first.unpause_key);
        assert_eq!(second.previous_unpause_key, Some(first.unpause_key));
    }

    #[test]
    fn keys_that_were_given_are_used_and_must_be_there() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(folder.path()).unwrap();
        let (current, previous) = (folder.path().join("now"), folder.path().join("before"));
        fs::write(&current, [1; 32]).unwrap();
        fs::write(&previous, [2; 32]).unwrap();
        let files = LinkKeyFiles { current: Some(current), previous: Some(previous.clone()) };
        let secrets = data.secrets(&files).unwrap();
        assert_eq!((secrets.unpause_key, secrets.previous_unpause_key), ([1; 32], Some([2; 32])));
        fs::write(&previous, b"short").unwrap();
        assert!(matches!(data.secrets(&files), Err(DataDirError::DamagedSecret { expected: 32, .. })));
        fs::remove_file(&previous).unwrap();
        assert!(matches!(data.secrets(&files), Err(DataDirError::Unusable { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read_the_secrets() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(folder.path()).unwrap();
        data.secrets(&LinkKeyFiles::default()).unwrap();
        data.operator_token().unwrap();
        for name in ["bucket-hash.key", "unpause.key", OPERATOR_TOKEN] {
            assert_eq!(fs::metadata(data.join(name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
        }
    }
}

//! The secrets of an installation: under which buckets are named, and what signs unpause links.
//!
//! A gateway by itself makes them. Gateways that share buckets or records must have the same: there they
//! are made once, by `tollgate secrets new`, and given to each. With others of its own a gateway would
//! name every bucket differently, and every limit would hold twice.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use tollgate_store::{HashKey, private_file::create_private_dir};

use crate::data_dir::{random_bytes, write_private};

/// The key under which bucket names are hashed.
const HASH_KEY: &str = "bucket-hash.key";
/// The key that signs unpause links.
const UNPAUSE_KEY: &str = "unpause.key";
/// The one before it, if there was one.
const PREVIOUS_UNPAUSE_KEY: &str = "unpause-previous.key";

/// Read and write for the owner, read for a group: the most that a secret's file may allow.
const MODE_MAX: u32 = 0o640;

/// Secrets of an installation.
pub struct Secrets {
    /// Under which bucket names are hashed.
    pub hash_key: HashKey,
    /// Signs unpause links.
    pub unpause_key: [u8; 32],
    /// What signed them before; these are still opened.
    pub previous_unpause_key: Option<[u8; 32]>,
}

/// Files with the keys of unpause links that are not where the other secrets are.
#[derive(Clone, Debug, Default)]
pub struct LinkKeyFiles {
    /// The key that signs; `None`: `unpause.key` beside the other secrets.
    pub current: Option<PathBuf>,
    /// The key before it; `None`: `unpause-previous.key` beside the other secrets, if it is there.
    pub previous: Option<PathBuf>,
}

/// Why secrets cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretsError {
    /// There is none yet, and one that is made now would be the wrong one.
    #[error(
        "{path} is missing: copy the one under which the buckets are named, or make new secrets for all \
         gateways with `tollgate secrets new`"
    )]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// It has not the length it was made with.
    #[error("{path} is damaged: it should hold {expected} bytes; restore it")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// How many bytes it should hold.
        expected: usize,
    },
    /// Others may read or change it.
    #[error("{path} may be read or changed by others (mode {mode:03o}): make it 600, or 640 for a group")]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// It is there, and is not replaced.
    #[error(
        "{path} is there already: with another one every bucket would be full and every unpause link void"
    )]
    There {
        /// The file.
        path: PathBuf,
    },
    /// It cannot be read or written.
    #[error("{path}: {source}")]
    Unusable {
        /// The directory or the file in it.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Secrets {
    /// Those of a gateway by itself, in its own directory, made on first use.
    ///
    /// # Errors
    ///
    /// [`SecretsError`].
    pub fn own(directory: &Path, link_keys: &LinkKeyFiles) -> Result<Self, SecretsError> {
        make_if_missing::<16>(&directory.join(HASH_KEY))?;
        if link_keys.current.is_none() {
            make_if_missing::<32>(&directory.join(UNPAUSE_KEY))?;
        }
        Self::in_directory(directory, link_keys)
    }

    /// Those that were given, which nobody else may read; none is made.
    ///
    /// # Errors
    ///
    /// [`SecretsError`].
    pub fn given(directory: &Path, link_keys: &LinkKeyFiles) -> Result<Self, SecretsError> {
        refuse_exposed(&directory.join(HASH_KEY))?;
        refuse_exposed(&link_keys.current.clone().unwrap_or_else(|| directory.join(UNPAUSE_KEY)))?;
        Self::in_directory(directory, link_keys)
    }

    /// The key under which bucket names are hashed; none is made.
    ///
    /// # Errors
    ///
    /// [`SecretsError`].
    pub fn hash_key(directory: &Path) -> Result<HashKey, SecretsError> {
        Ok(HashKey::new(read(&directory.join(HASH_KEY))?))
    }

    fn in_directory(directory: &Path, link_keys: &LinkKeyFiles) -> Result<Self, SecretsError> {
        let previous = directory.join(PREVIOUS_UNPAUSE_KEY);
        Ok(Self {
            hash_key: Self::hash_key(directory)?,
            unpause_key: match &link_keys.current {
                Some(path) => read(path)?,
                None => read(&directory.join(UNPAUSE_KEY))?,
            },
            previous_unpause_key: match &link_keys.previous {
                Some(path) => Some(read(path)?),
                None if previous.exists() => Some(read(&previous)?),
                None => None,
            },
        })
    }

    /// Makes new ones for several gateways to share, and the directory if need be. None is replaced.
    ///
    /// # Errors
    ///
    /// [`SecretsError`].
    pub fn make(directory: &Path) -> Result<[PathBuf; 2], SecretsError> {
        let unusable = |source| SecretsError::Unusable { path: directory.to_owned(), source };
        create_private_dir(directory).map_err(unusable)?;
        let paths = [HASH_KEY, UNPAUSE_KEY].map(|name| directory.join(name));
        if let Some(path) = paths.iter().find(|path| path.exists()) {
            return Err(SecretsError::There { path: path.clone() });
        }
        Self::own(directory, &LinkKeyFiles::default())?;
        Ok(paths)
    }
}

fn make_if_missing<const N: usize>(path: &Path) -> Result<(), SecretsError> {
    if path.exists() {
        return Ok(());
    }
    let unusable = |source| SecretsError::Unusable { path: path.to_owned(), source };
    write_private(path, &random_bytes::<N>()).map_err(unusable)
}

fn read<const N: usize>(path: &Path) -> Result<[u8; N], SecretsError> {
    let bytes = fs::read(path).map_err(|source| unreadable(path, source))?;
    bytes.try_into().map_err(|_| SecretsError::Damaged { path: path.to_owned(), expected: N })
}

fn refuse_exposed(path: &Path) -> Result<(), SecretsError> {
    let mode = permissions(&fs::metadata(path).map_err(|source| unreadable(path, source))?);
    if mode & !MODE_MAX != 0 {
        return Err(SecretsError::Exposed { path: path.to_owned(), mode });
    }
    Ok(())
}

fn unreadable(path: &Path, source: io::Error) -> SecretsError {
    match source.kind() {
        io::ErrorKind::NotFound => SecretsError::Missing { path: path.to_owned() },
        _ => SecretsError::Unusable { path: path.to_owned(), source },
    }
}

#[cfg(unix)]
fn permissions(file: &fs::Metadata) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    // Whether it may be executed says nothing about a file that is only read.
    file.permissions().mode() & 0o666
}

#[cfg(not(unix))]
fn permissions(_: &fs::Metadata) -> u32 {
    MODE_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(directory: &Path) -> Result<Secrets, SecretsError> {
        Secrets::own(directory, &LinkKeyFiles::default())
    }

    fn given(directory: &Path) -> Result<Secrets, SecretsError> {
        Secrets::given(directory, &LinkKeyFiles::default())
    }

    #[test]
    fn own_secrets_are_made_once_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let first = own(folder.path()).unwrap().unpause_key;
        let second = own(folder.path()).unwrap().unpause_key;
        assert_eq!(first, second);
    }

    #[test]
    fn given_secrets_are_never_made() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(given(folder.path()), Err(SecretsError::Missing { .. })));
        Secrets::make(folder.path()).unwrap();
        fs::remove_file(folder.path().join(UNPAUSE_KEY)).unwrap();
        assert!(matches!(given(folder.path()), Err(SecretsError::Missing { .. })));
        assert!(!folder.path().join(UNPAUSE_KEY).exists());
    }

    #[test]
    fn new_secrets_replace_none() {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path().join("new").join("secrets");
        let paths = Secrets::make(&directory).unwrap();
        let before = paths.clone().map(|path| fs::read(path).unwrap());
        assert!(matches!(Secrets::make(&directory), Err(SecretsError::There { .. })));
        assert_eq!(paths.map(|path| fs::read(path).unwrap()), before);
    }

    #[test]
    fn a_damaged_secret_is_named_and_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(UNPAUSE_KEY);
        write_private(&path, b"short").unwrap();
        assert!(matches!(own(folder.path()), Err(SecretsError::Damaged { expected: 32, .. })));
        assert_eq!(fs::read(&path).unwrap(), b"short");
    }

    #[test]
    fn a_key_is_replaced_by_putting_the_old_one_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let first = own(folder.path()).unwrap();
        assert_eq!(first.previous_unpause_key, None);
        fs::rename(folder.path().join(UNPAUSE_KEY), folder.path().join(PREVIOUS_UNPAUSE_KEY)).unwrap();
        let second = own(folder.path()).unwrap();
        assert_ne!(second.unpause_key, first.unpause_key);
        assert_eq!(second.previous_unpause_key, Some(first.unpause_key));
    }

    #[test]
    fn link_keys_that_were_given_are_used_and_must_be_there() {
        let folder = tempfile::tempdir().unwrap();
        let (current, previous) = (folder.path().join("now"), folder.path().join("before"));
        fs::write(&current, [1; 32]).unwrap();
        fs::write(&previous, [2; 32]).unwrap();
        let files = LinkKeyFiles { current: Some(current), previous: Some(previous.clone()) };
        let secrets = Secrets::own(folder.path(), &files).unwrap();
        assert_eq!((secrets.unpause_key, secrets.previous_unpause_key), ([1; 32], Some([2; 32])));
        assert!(!folder.path().join(UNPAUSE_KEY).exists(), "none is made beside the one given");
        fs::write(&previous, b"short").unwrap();
        let damaged = Secrets::own(folder.path(), &files);
        assert!(matches!(damaged, Err(SecretsError::Damaged { expected: 32, .. })));
        fs::remove_file(&previous).unwrap();
        assert!(matches!(Secrets::own(folder.path(), &files), Err(SecretsError::Missing { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn a_secret_that_others_may_read_or_change_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        for path in Secrets::make(folder.path()).unwrap() {
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{path:?}");
            for (mode, refused) in [(0o644, true), (0o660, true), (0o640, false), (0o400, false)] {
                fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
                let exposed = matches!(given(folder.path()), Err(SecretsError::Exposed { .. }));
                assert_eq!(exposed, refused, "{mode:o}");
            }
        }
    }
}

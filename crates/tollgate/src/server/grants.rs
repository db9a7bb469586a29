//! Who may use the admin API: the operator of this machine, and those of the file of grants, which is read
//! again when it changes.

use std::{io, path::PathBuf, time::Duration};

use tokio::{io::AsyncReadExt as _, time::MissedTickBehavior};
use tollgate_service::access::{Access, AccessInForce, GrantError, Role};

use super::StartError;

/// How the audit calls whoever has the token in the data directory.
const LOCAL_OPERATOR: &str = "local";

/// How often the file is read: a grant that was taken away ends within this.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The largest file; so many grants with the longest names fit, and comments beside them.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// The grants in force, and where they are from.
pub(super) struct Grants {
    /// `None`: only the operator of this machine.
    path: Option<PathBuf>,
    operator_token: String,
    in_force: AccessInForce,
    /// As the file was when it was last read.
    seen: Seen,
}

/// What was found.
#[derive(PartialEq, Eq)]
enum Seen {
    File(Vec<u8>),
    /// The kind is enough to tell it once.
    Unreadable(io::ErrorKind),
}

/// Why the file grants nothing.
#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error(transparent)]
    Unreadable(#[from] io::Error),
    #[error(transparent)]
    Malformed(#[from] GrantError),
}

impl Grants {
    /// Reads the file, if there is to be one.
    ///
    /// # Errors
    ///
    /// [`StartError::File`] and [`StartError::Grants`].
    pub(super) async fn read(path: Option<PathBuf>, operator_token: String) -> Result<Self, StartError> {
        let file = match &path {
            Some(path) => {
                read(path).await.map_err(|source| StartError::File { path: path.clone(), source })?
            }
            None => Vec::new(),
        };
        let access = parsed(&file, &operator_token)
            .map_err(|source| StartError::Grants { path: path.clone().unwrap_or_default(), source })?;
        Ok(Self { path, operator_token, in_force: access.into(), seen: Seen::File(file) })
    }

    /// Those in force, now and later.
    pub(super) fn in_force(&self) -> AccessInForce {
        self.in_force.clone()
    }

    /// Looks every second, where there is a file. Dropped at any moment, it leaves whole grants in force.
    pub(super) async fn follow(mut self) {
        let mut every = tokio::time::interval(LOOK_EVERY);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while let Some(path) = self.path.clone() {
            every.tick().await;
            let file = read(&path).await;
            match self.look(file) {
                Ok(Some(access)) => {
                    self.in_force.replace(access);
                    tracing::info!(path = %path.display(), "the grants changed and are in force");
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(path = %path.display(), %error, "the grants changed and cannot be used: those in force stay");
                }
            }
        }
    }

    /// The grants of a file that is not as it was; what is wrong with one is said once.
    fn look(&mut self, file: io::Result<Vec<u8>>) -> Result<Option<Access>, Unusable> {
        let seen = match &file {
            Ok(file) => Seen::File(file.clone()),
            Err(error) => Seen::Unreadable(error.kind()),
        };
        if seen == self.seen {
            return Ok(None);
        }
        self.seen = seen;
        Ok(Some(parsed(&file?, &self.operator_token)?))
    }
}

/// The grants of a file, and that of the operator of this machine.
fn parsed(file: &[u8], operator_token: &str) -> Result<Access, GrantError> {
    let mut access = Access::parse(&String::from_utf8_lossy(file))?;
    access.allow_token(LOCAL_OPERATOR, Role::Write, operator_token);
    Ok(access)
}

async fn read(path: &PathBuf) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = tokio::fs::File::open(path).await?;
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).await?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "larger than 1 MiB"));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use tollgate_service::access::grant_line;

    use super::*;

    #[tokio::test]
    async fn what_is_wrong_with_a_changed_file_is_said_once_and_never_repeated() {
        let mut grants = Grants::read(None, "operator".to_owned()).await.unwrap();
        let ci = grant_line("ci", Role::Write, "token");
        let access = grants.look(Ok(ci.clone().into_bytes())).unwrap().expect("it changed");
        assert!(access.by_token("token").is_some() && access.by_token("operator").is_some());
        assert!(grants.look(Ok(ci.clone().into_bytes())).unwrap().is_none(), "as it was");

        let broken = format!("{ci}\nci write hunter2\n").into_bytes();
        let error = grants.look(Ok(broken.clone())).unwrap_err().to_string();
        assert!(error.starts_with("line 2:") && !error.contains("hunter2"), "{error}");
        assert!(grants.look(Ok(broken)).unwrap().is_none(), "said before");
        assert!(grants.look(Err(io::ErrorKind::NotFound.into())).is_err());
        assert!(grants.look(Err(io::ErrorKind::NotFound.into())).unwrap().is_none());
        assert!(grants.look(Ok(ci.into_bytes())).unwrap().is_some(), "mended");
    }

    #[tokio::test]
    async fn a_file_of_grants_is_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("grants");
        std::fs::write(&path, vec![b'#'; usize::try_from(FILE_BYTES_MAX).unwrap()]).unwrap();
        assert!(read(&path).await.is_ok());
        std::fs::write(&path, vec![b'#'; usize::try_from(FILE_BYTES_MAX).unwrap() + 1]).unwrap();
        assert!(read(&path).await.is_err());
    }
}

//! Where a password is.

use std::path::PathBuf;

use super::Reading;

/// Where a password is; never the password.
#[derive(Debug)]
pub enum Password {
    /// In a file.
    File(PathBuf),
    /// In a variable of the environment.
    Variable(String),
}

impl Reading<'_> {
    /// In a file or a variable of the environment, as `table` says.
    pub(super) fn password(
        &mut self,
        table: &str,
        file: Option<&PathBuf>,
        variable: Option<&String>,
    ) -> Option<Password> {
        match (file, variable) {
            (Some(_), Some(_)) => {
                let problem = "there is one password; remove this or password-file";
                self.mistake(&format!("{table}.password-env"), None, problem);
                None
            }
            (Some(path), None) => Some(Password::File(self.path(path))),
            (None, Some(variable)) => Some(Password::Variable(variable.clone())),
            (None, None) => None,
        }
    }
}

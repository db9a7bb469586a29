//! Passwords that the configuration leads to.

use std::io;

use super::{StartError, read as read_file};
use crate::config::Password;

/// The password of a table of the configuration; what is wrong with it is told without it.
pub(super) fn read(whence: &Password, table: &'static str) -> Result<String, StartError> {
    match whence {
        Password::File(path) => {
            let not_text =
                |_| StartError::File { path: path.clone(), source: io::ErrorKind::InvalidData.into() };
            let text = String::from_utf8(read_file(path)?).map_err(not_text)?;
            let line = text.strip_suffix('\n').unwrap_or(&text);
            Ok(line.strip_suffix('\r').unwrap_or(line).to_owned())
        }
        #[expect(clippy::disallowed_methods, reason = "the configuration names the variable")]
        Password::Variable(name) => {
            std::env::var(name).map_err(|_| StartError::PasswordVariable { table, name: name.clone() })
        }
    }
}

//! The configuration file: as written, and validated.
//!
//! Unknown or unparsable configuration is an error that names file, line and key (RULES 8.2).

mod raw;
mod valid;

use std::{
    fmt,
    ops::Range,
    path::{Path, PathBuf},
};

use tollgate_policy::config::{Mistake, parse};
use toml::de::DeTable;

pub use raw::{LogFormat, RawConfig};
pub use valid::{
    ClientFacing, Config, MailConfig, Management, Password, PortalConfig, PostgresqlConfig, RecordsConfig,
    RedisConfig, StoreConfig, UpstreamConfig,
};

/// The largest configuration file that is read.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Every mistake of a configuration file.
#[derive(Debug)]
pub struct ConfigError {
    file: PathBuf,
    /// For the lines of the mistakes.
    text: String,
    mistakes: Vec<Mistake>,
}

impl Config {
    /// Reads and validates a file.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] with all mistakes that could be found.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        let unreadable = |problem: String| ConfigError {
            file: file.to_owned(),
            text: String::new(),
            mistakes: vec![Mistake { key: String::new(), span: None, problem }],
        };
        let size = std::fs::metadata(file).map_err(|error| unreadable(error.to_string()))?.len();
        if size > FILE_BYTES_MAX {
            return Err(unreadable(format!("larger than {FILE_BYTES_MAX} bytes")));
        }
        let text = std::fs::read_to_string(file).map_err(|error| unreadable(error.to_string()))?;
        Self::parse(&text, file)
    }

    /// Validates a configuration text; `file` is what errors call it, and what relative paths in it
    /// are relative to.
    ///
    /// # Errors
    ///
    /// [`ConfigError`].
    pub fn parse(text: &str, file: &Path) -> Result<Self, ConfigError> {
        let failed = |mistakes| ConfigError { file: file.to_owned(), text: text.to_owned(), mistakes };
        let raw: RawConfig = parse(text).map_err(|mistake| failed(vec![mistake]))?;
        let folder = file.parent().unwrap_or(Path::new(""));
        Self::from_raw(raw, folder).map_err(failed)
    }
}

/// One line for each mistake: `tollgate.toml:12: limits.new-orders-per-account.count: must be at least 1`.
impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mistake) in self.mistakes.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{}", self.file.display())?;
            if let Some(line) = self.line(mistake) {
                write!(f, ":{line}")?;
            }
            write!(f, ": {}", mistake.to_string().trim_end().replace('\n', ", "))?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

impl ConfigError {
    /// Where a mistake is: at its value, or at its key where the value kept no place.
    fn line(&self, mistake: &Mistake) -> Option<usize> {
        let span = mistake.span.clone().or_else(|| span_of_key(&self.text, &mistake.key));
        Some(Mistake { span, ..mistake.clone() }.position(&self.text)?.0)
    }
}

/// Where the last part of a dotted key stands, or the last of its tables that is there.
fn span_of_key(text: &str, key: &str) -> Option<Range<usize>> {
    let root = DeTable::parse(text).ok()?;
    let mut table = Some(root.get_ref());
    let mut span = None;
    for part in key.split('.') {
        let Some((found, value)) = table.and_then(|table| table.get_key_value(part)) else { break };
        span = Some(found.span());
        table = value.get_ref().as_table();
    }
    span
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        Config::parse(text, Path::new("tollgate.toml"))
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    }

    #[test]
    fn an_empty_file_is_the_test_ca_behind_the_published_limits() {
        let config = Config::parse("", Path::new("tollgate.toml")).unwrap();
        assert!(config.upstream.is_none());
        assert_eq!(config.policy.base(), tollgate_policy::preset::Preset::Letsencrypt);
    }

    #[test]
    fn every_mistake_is_named_with_file_line_and_key() {
        insta::assert_snapshot!([
            "[listen]\naddresses = [\"nowhere\"]",
            "[listen]\n\nadress = []",
            "[listen]\npublic-url = \"acme.example\"",
            "[listen]\ncertificate = \"chain.pem\"",
            "[management]\naddress = \"0.0.0.0:14001\"",
            "[upstream]\ndirectory = \"ca.internal/directory\"",
            "[upstream]\nroots = \"x.pem\"",
            "[upstream]\ndirectory = \"https://ca.internal/dir\"\ntimeout = \"soon\"\nclient-key = \"k.pem\"",
            "[upstream]\ndirectory = \"https://ca.internal/dir\"\n[test-ca]\nvalidity = \"30d\"",
            "[test-ca]\nvalidity = \"3 weeks\"\n[test-ca.external-accounts]\nkid-1 = \"not base64url!\"",
            "[limits.new-orders-per-acount]\ncount = 3\n[store]\ndeadline = \"0s\"",
            "[store]\nbackend = \"memory\"\ndurability = \"interval\"\ninterval = \"50ms\"",
            "[store]\ndurability = \"every-commit\"\ninterval = \"50ms\"",
            "[store]\ninterval = \"1m\"",
            "[store]\nbackend = \"disk\"",
            "[store]\nbackend = \"redis\"\nbuckets-max = 7",
            "[store]\n[store.redis]\nurl = \"redis://127.0.0.1\"",
            "[store]\nbackend = \"redis\"\ninterval = \"50ms\"\n[store.redis]\nurl = \"https://127.0.0.1\"\n\
             password = \"secret\"",
            "[store]\nbackend = \"redis\"\n[store.redis]\nurl = \"redis://me:secret@127.0.0.1\"\nusername = \"me\"\n\
             client-key = \"key.pem\"\nconnections-max = 65",
            "[store]\nbackend = \"redis\"\n[store.redis]\nurl = \"rediss://127.0.0.1/#insecure\"\n\
             password-file = \"secret\"\npassword-env = \"SECRET\"",
            "[store]\nbackend = \"redis\"\n[store.redis]\nurl = \"redis://127.0.0.1\"\nroots = \"ca.pem\"",
            "[store]\nbackend = \"redis\"\n[store.redis]\nurl = \"redis://127.0.0.1\"",
            "secrets-dir = \"s\"\n[records]\nbackend = \"postgresql\"",
            "[records]\nbackend = \"mysql\"",
            "[records.postgresql]\nurl = \"postgresql://db/tollgate\"",
            "secrets-dir = \"s\"\n[records]\nbackend = \"postgresql\"\n[records.postgresql]\nurl = \"postgresql://tollgate:geheim@db/tollgate\"",
            "secrets-dir = \"s\"\n[records]\nbackend = \"postgresql\"\n[records.postgresql]\nurl = \"postgresql://db\"\nconnections-max = 1\ndeadline = \"10s\"",
            "secrets-dir = \"s\"\n[records]\nbackend = \"postgresql\"\n[records.postgresql]\nurl = \"postgresql://db/t?options=x\"\npassword-env = \"P\"\npassword-file = \"p\"",
            "secrets-dir = \"s\"\n[records]\nbackend = \"postgresql\"\n[records.postgresql]\nurl = \"http://db/t\"",
            "[store]\nbackend = \"redis\"\n[store.redis]\nconnections-max = 4",
            "[store]\nbackend = \"redis\"\n[store.redis]\nurl = \"redis://a\"\ncluster-nodes = [\"redis://b\"]",
            "[store]\nbackend = \"redis\"\n[store.redis]\ncluster-nodes = [\"redis://b\",\n\"rediss://c\",\n\"redis://d/7\"]",
            "preset = \"letsencrypt-2021\"",
            "[portal]\npublic-url = \"limits.example\"\nlook-ups-per-minute = 0",
            "[portal.listen]\nplain-http = true\npublic-url = \"https://limits.example\"",
            "[portal.listen]\naddresses = [\"[::]:8443\"]\ncertificate = \"chain.pem\"",
            "[portal.override-requests]\norders = [5, 3]\ncertificates = []\nterms = \"terms\"",
            "[portal.override-requests]\norders = [0]",
            "[portal.mail]\nserver = \"mail.example\"\nfrom = \"nobody\"",
            "[portal.mail]\nserver = \"mail.example\"\nfrom = \"a@ca.example\"\nusername = \"a\"",
                "[portal.mail]\nserver = \"mail.example\"\nfrom = \"a@ca.example\"\ntls = \"never\"\nroots = \"ca.pem\"",
            "[log]\nformat = \"xml\"",
            "this is no TOML",
        ]
        .map(error)
        .join("\n\n"));
    }

    #[test]
    fn relative_paths_are_relative_to_the_file() {
        let text = "data-dir = \"data\"\n[listen]\ncertificate = \"chain.pem\"\nkey = \"/keys/key.pem\"";
        let config = Config::parse(text, Path::new("/etc/tollgate/tollgate.toml")).unwrap();
        assert_eq!(config.data_dir, Path::new("/etc/tollgate/data"));
        let (chain, key) = config.clients.tls_files.unwrap();
        assert_eq!(
            (chain.as_path(), key.as_path()),
            (Path::new("/etc/tollgate/chain.pem"), Path::new("/keys/key.pem"))
        );
    }

    #[test]
    fn a_file_that_is_not_there_is_one_line() {
        let error = Config::load(Path::new("/nonexistent/tollgate.toml")).err().unwrap().to_string();
        assert!(error.starts_with("/nonexistent/tollgate.toml: "), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

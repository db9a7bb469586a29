//! Who may use the admin API: bearer tokens by the hash of each, and client certificates by theirs.
//!
//! A file of grants has one to a line, `NAME ROLE HASH`: the name goes into the audit log, the role is `read`
//! or `write`, and the hash is the SHA-256 of a token (`token:HEX`) or of a client certificate (`certificate:HEX`).
//! The file holds no secret: who reads it cannot act.

use std::{fmt, sync::Arc};

use arc_swap::ArcSwap;
use aws_lc_rs::digest::{SHA256, digest};
use subtle::ConstantTimeEq as _;

/// Grants in one file at most.
const GRANTS_MAX: usize = 1000;

/// The longest name, in bytes.
const NAME_BYTES_MAX: usize = 64;

/// The longest token that is looked at.
const TOKEN_BYTES_MAX: usize = 512;

/// What its holder may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Look.
    Read,
    /// Look and change.
    Write,
}

/// Somebody who may use the admin API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// As the audit log calls them.
    pub name: String,
    /// What they may do.
    pub role: Role,
    credential: Credential,
}

/// By what somebody is known, as its hash.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Credential {
    Token([u8; 32]),
    Certificate([u8; 32]),
}

/// Everybody who may use the admin API.
#[derive(Clone, Debug, Default)]
pub struct Access {
    grants: Vec<Grant>,
}

/// The grants in force, which may be replaced while they are asked. Clones are one.
#[derive(Clone, Debug, Default)]
pub struct AccessInForce(Arc<ArcSwap<Access>>);

/// A line that is no grant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct GrantError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong with it; never what it says, which may be a token put there by mistake.
    pub problem: &'static str,
}

impl Access {
    /// Reads a file of grants. Empty lines and those that begin with `#` are skipped.
    ///
    /// # Errors
    ///
    /// The first line that is no grant: a file of which a part is not understood grants nothing.
    pub fn parse(file: &str) -> Result<Self, GrantError> {
        let mut access = Self::default();
        for (index, line) in file.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let grant = grant(line).and_then(|grant| access.with_room_for(grant));
            access.grants.push(grant.map_err(|problem| GrantError { line: index + 1, problem })?);
        }
        Ok(access)
    }

    /// Grants `role` to whoever shows `token`, under `name`.
    pub fn allow_token(&mut self, name: &str, role: Role, token: &str) {
        self.grants.push(Grant {
            name: name.to_owned(),
            role,
            credential: Credential::Token(sha256(token.as_bytes())),
        });
    }

    /// Who shows this token. Takes as long whatever the token is.
    #[must_use]
    pub fn by_token(&self, token: &str) -> Option<&Grant> {
        if token.len() > TOKEN_BYTES_MAX {
            return None;
        }
        let shown = sha256(token.as_bytes());
        self.find(|credential| matches!(credential, Credential::Token(hash) if same(hash, &shown)))
    }

    /// Who shows this client certificate (DER), whose chain was verified in the handshake.
    #[must_use]
    pub fn by_certificate(&self, certificate: &[u8]) -> Option<&Grant> {
        let shown = sha256(certificate);
        self.find(|credential| matches!(credential, Credential::Certificate(hash) if same(hash, &shown)))
    }

    /// Looks at every grant, so that the time tells nothing of which one fits.
    fn find(&self, fits: impl Fn(&Credential) -> bool) -> Option<&Grant> {
        self.grants
            .iter()
            .fold(None, |found, grant| if fits(&grant.credential) { Some(grant) } else { found })
    }

    fn with_room_for(&self, grant: Grant) -> Result<Grant, &'static str> {
        if self.grants.len() == GRANTS_MAX {
            return Err("more than 1000 grants");
        }
        if self.grants.iter().any(|other| other.credential == grant.credential) {
            return Err("the same hash stands above");
        }
        Ok(grant)
    }
}

impl AccessInForce {
    /// Puts these grants in force, from the next call on.
    pub fn replace(&self, access: Access) {
        self.0.store(Arc::new(access));
    }

    /// Those in force now.
    pub(crate) fn now(&self) -> Arc<Access> {
        self.0.load_full()
    }
}

impl From<Access> for AccessInForce {
    fn from(access: Access) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(access)))
    }
}

/// The line of a file of grants by which `token` is known.
#[must_use]
pub fn grant_line(name: &str, role: Role, token: &str) -> String {
    format!("{name} {role} token:{}", hex(&sha256(token.as_bytes())))
}

/// Whether a grant may have this name: letters, digits, `-`, `_`, `.` and `@`.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.@".contains(&byte);
    (1..=NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(fits)
}

fn grant(line: &str) -> Result<Grant, &'static str> {
    let words: Vec<_> = line.split_ascii_whitespace().collect();
    let [name, role, hash] = words[..] else {
        return Err("a grant is NAME ROLE HASH, as in: ci write token:9f86d0...");
    };
    if !is_name(name) {
        return Err("a name has up to 64 letters, digits, '-', '_', '.' and '@'");
    }
    let role = match role {
        "read" => Role::Read,
        "write" => Role::Write,
        _ => return Err("a role is read or write"),
    };
    let credential = match hash.split_once(':') {
        Some(("token", hash)) => Credential::Token(unhex(hash)?),
        Some(("certificate", hash)) => Credential::Certificate(unhex(hash)?),
        _ => return Err("a hash is token:HEX or certificate:HEX"),
    };
    Ok(Grant { name: name.to_owned(), role, credential })
}

fn same(hash: &[u8; 32], shown: &[u8; 32]) -> bool {
    hash.ct_eq(shown).into()
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    digest(&SHA256, bytes).as_ref().try_into().expect("SHA-256 has 32 bytes")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Result<[u8; 32], &'static str> {
    const PROBLEM: &str = "a SHA-256 has 64 hexadecimal digits";
    let mut bytes = [0; 32];
    // openssl writes colons between the bytes of a fingerprint.
    let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b':').collect();
    if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return Err(PROBLEM);
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
        let pair = std::str::from_utf8(pair).map_err(|_| PROBLEM)?;
        *byte = u8::from_str_radix(pair, 16).map_err(|_| PROBLEM)?;
    }
    Ok(bytes)
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Write => "write",
        })
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Token(_) => "Token",
            Self::Certificate(_) => "Certificate",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "a token of some length";

    fn file() -> String {
        format!(
            "# who may do what\n\n{}\nviewer read certificate:{}\n",
            grant_line("ci", Role::Write, SECRET),
            hex(&sha256(b"der"))
        )
    }

    #[test]
    fn token_and_certificate_are_known_by_their_hashes() {
        let access = Access::parse(&file()).unwrap();
        let ci = access.by_token(SECRET).unwrap();
        assert_eq!((ci.name.as_str(), ci.role), ("ci", Role::Write));
        assert_eq!(access.by_certificate(b"der").unwrap().role, Role::Read);
        for wrong in ["", "a token of some lengtH", &"x".repeat(TOKEN_BYTES_MAX + 1)] {
            assert_eq!(access.by_token(wrong), None, "{wrong}");
        }
        assert_eq!(access.by_token("der"), None, "a certificate's hash is no token's");
        assert!(!format!("{access:?}").contains(&hex(&sha256(b"der"))));
    }

    #[test]
    fn line_that_is_no_grant_is_named_without_repeating_it() {
        let hash = "0".repeat(64);
        let cases = [
            ("ci write", 1),
            (&format!("ci write token:{hash} more"), 1),
            (&format!("# fine\nci admin token:{hash}"), 2),
            (&format!("c/i write token:{hash}"), 1),
            (&format!("{} write token:{hash}", "n".repeat(65)), 1),
            ("ci write hunter2", 1),
            ("ci write token:hunter2", 1),
            (&format!("ci write token:{}", "é".repeat(32)), 1),
            (&format!("ci write token:{hash}\n\nme read token:{hash}"), 3),
        ];
        for (file, line) in cases {
            let error = Access::parse(file).unwrap_err();
            assert_eq!(error.line, line, "{file}");
            assert!(!error.to_string().contains("hunter2"));
        }
    }

    #[test]
    fn fingerprint_may_be_written_as_openssl_writes_it() {
        let hash = hex(&sha256(b"der")).to_uppercase();
        let pairs: Vec<_> = hash.as_bytes().chunks(2).map(String::from_utf8_lossy).collect();
        let colons = pairs.join(":");
        let access = Access::parse(&format!("me read certificate:{colons}")).unwrap();
        assert!(access.by_certificate(b"der").is_some());
    }

    #[test]
    fn grants_are_bounded() {
        let file: String = (0..=GRANTS_MAX).map(|n| format!("n read token:{n:064x}\n")).collect();
        assert_eq!(Access::parse(&file).unwrap_err().line, GRANTS_MAX + 1);
    }
}

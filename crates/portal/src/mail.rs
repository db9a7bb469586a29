//! Mail to those who asked for an override, by SMTP.
//!
//! No address reaches a log: an SMTP server repeats it in its answers, so only their codes are told.

#[cfg(test)]
mod tests;

use std::{
    error::Error as _,
    fmt, io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
    transport::smtp::{
        self,
        authentication::Credentials,
        client::{Certificate, CertificateStore, Tls, TlsParameters},
    },
};
use tokio::sync::Semaphore;
use tollgate_engine::Timestamp;
use tollgate_records::EmailAddress;

/// The longest that connecting may take.
const CONNECTING_MAX: Duration = Duration::from_secs(10);

/// The longest that a mail may take from connecting to the server's last word. The library bounds no more
/// than connecting.
const SENDING_MAX: Duration = Duration::from_secs(60);

/// The wait after the first time that mails were put off; each further one is twice as long.
const REST_MIN: Duration = Duration::from_secs(5);
const REST_MAX: Duration = Duration::from_secs(900);

/// What a server answers that wants a login, another one, or a safer one (RFC 4954, section 6).
const LOGIN_CODES: [u16; 4] = [530, 534, 535, 538];

/// Mails on their way at once; beyond that one is lost, and counted.
const UNDER_WAY_MAX: usize = 16;

/// How a certificate begins in PEM.
const PEM_CERTIFICATE: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// How a mail server is reached.
#[derive(Clone)]
pub struct MailOptions {
    /// Its name.
    pub server: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: MailTls,
    /// The roots that its certificate may chain to, in PEM; `None`: those of this machine.
    pub roots: Option<Vec<u8>>,
    /// Who the mails are from: `Example CA <limits@ca.example>`.
    pub from: String,
    /// Name and password, where it asks for them.
    pub login: Option<(String, String)>,
}

/// How a connection to a mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailTls {
    /// From its first byte.
    Always,
    /// After `STARTTLS`, without which nothing is sent.
    Start,
    /// Not at all.
    Never,
}

/// Why mail cannot be sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MailError {
    /// The sender is no mailbox.
    #[error("the sender of mails must be like Example CA <limits@ca.example>")]
    From,
    /// The server's name, or the root certificates.
    #[error("the mail server cannot be reached over TLS")]
    Tls(#[source] smtp::Error),
    /// There is no certificate among what was given as roots.
    #[error("there is no certificate in the file of roots")]
    NoRoots,
    /// Nothing answers at its address, or it hung up.
    #[error("the mail server cannot be reached, or hung up")]
    Away,
    /// It took a connection and then too long.
    #[error("the mail server did not answer within {} s", SENDING_MAX.as_secs())]
    Silent,
    /// Its certificate, for one.
    #[error("no TLS with the mail server: {problem}")]
    Handshake {
        /// What the handshake broke off for; of the server's certificate, nothing of a mail.
        problem: String,
    },
    /// It would have read everything in the clear.
    #[error("the mail server offers no STARTTLS: nothing was sent")]
    NoStartTls,
    /// Name and password, or that there are none.
    #[error("the mail server refused the login{}: see portal.mail.username and password-file", smtp_code(*code))]
    Login {
        /// SMTP's; `None` where it knows no way to log in that we know.
        code: Option<u16>,
    },
    /// The recipient is no mailbox.
    #[error("the recipient is no mailbox")]
    Recipient,
    /// The server will never take it.
    #[error("the mail server refused it{}", smtp_code(*code))]
    Refused {
        /// SMTP's, where it was given.
        code: Option<u16>,
    },
    /// The server may take it later.
    #[error("the mail server did not take it{}", smtp_code(*code))]
    Later {
        /// SMTP's, where it was given.
        code: Option<u16>,
    },
}

/// Sends mails. Share it by `Arc`.
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    under_way: Arc<Semaphore>,
    rest: Mutex<Rest>,
}

/// How long mails that were put off wait.
#[derive(Default)]
struct Rest {
    failures: u32,
    until: Option<Timestamp>,
}

/// One mail, as plain text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mail {
    pub(crate) to: EmailAddress,
    pub(crate) subject: String,
    pub(crate) text: String,
}

impl MailError {
    /// Whether trying again may help: when the server is back, or an operator has mended what is wrong.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(self, Self::Later { .. }) || self.is_of_every_mail()
    }

    /// Whether another mail would fare no better now.
    pub(crate) fn is_of_every_mail(&self) -> bool {
        matches!(
            self,
            Self::Away | Self::Silent | Self::Handshake { .. } | Self::NoStartTls | Self::Login { .. }
        )
    }
}

impl From<smtp::Error> for MailError {
    fn from(error: smtp::Error) -> Self {
        let code = error.status().map(u16::from);
        let cause = error.source();
        let io = std::iter::successors(cause, |&cause| cause.source())
            .find_map(|cause| cause.downcast_ref::<io::Error>());
        match code {
            Some(refused) if LOGIN_CODES.contains(&refused) => Self::Login { code },
            Some(_) if error.is_permanent() => Self::Refused { code },
            Some(_) => Self::Later { code },
            // The library has words of its own for both, and nothing else.
            None if error.is_client() => match cause.map(ToString::to_string).unwrap_or_default() {
                words if words.contains("STARTTLS") => Self::NoStartTls,
                words if words.contains("authentication") => Self::Login { code },
                _ => Self::Refused { code },
            },
            // So rustls tells what it makes of a certificate.
            None if io.is_some_and(|io| io.kind() == io::ErrorKind::InvalidData) => {
                Self::Handshake { problem: io.map(ToString::to_string).unwrap_or_default() }
            }
            None => Self::Away,
        }
    }
}

impl Mailer {
    /// A mailer; nothing is connected yet.
    ///
    /// # Errors
    ///
    /// [`MailError::From`], [`MailError::Tls`] and [`MailError::NoRoots`].
    pub fn new(options: MailOptions) -> Result<Self, MailError> {
        let from = options.from.parse().map_err(|_| MailError::From)?;
        let parameters = || tls_parameters(&options.server, options.roots.as_deref());
        let tls = match options.tls {
            MailTls::Always => Tls::Wrapper(parameters()?),
            MailTls::Start => Tls::Required(parameters()?),
            MailTls::Never => Tls::None,
        };
        let builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&options.server)
            .port(options.port)
            .tls(tls)
            .timeout(Some(CONNECTING_MAX));
        let builder = match options.login {
            Some((name, password)) => builder.credentials(Credentials::new(name, password)),
            None => builder,
        };
        Ok(Self {
            transport: builder.build(),
            from,
            under_way: Arc::new(Semaphore::new(UNDER_WAY_MAX)),
            rest: Mutex::default(),
        })
    }

    /// Whether mails can be from this: `Example CA <limits@ca.example>`.
    #[must_use]
    pub fn is_sender(from: &str) -> bool {
        from.parse::<Mailbox>().is_ok()
    }

    /// Sends a mail beside what else is done. One that is lost is counted and logged; the page that it
    /// repeats is there all the same.
    pub(crate) fn post(self: &Arc<Self>, mail: Mail) {
        let Ok(place) = Arc::clone(&self.under_way).try_acquire_owned() else {
            count("lost");
            tracing::warn!("a mail is lost: {UNDER_WAY_MAX} are on their way");
            return;
        };
        let mailer = Arc::clone(self);
        tokio::spawn(async move {
            if let Err(error) = mailer.send(mail).await {
                tracing::warn!(%error, "a mail is lost");
            }
            drop(place);
        });
    }

    /// Whether mails that were put off wait still.
    pub(crate) fn rests(&self, now: Timestamp) -> bool {
        let rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        rest.until.is_some_and(|until| now < until)
    }

    /// Mails were put off, or all went well.
    pub(crate) fn rest(&self, put_off: bool, now: Timestamp) {
        let mut rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        if !put_off {
            *rest = Rest::default();
            return;
        }
        let wait = REST_MIN.saturating_mul(1 << rest.failures.min(16)).min(REST_MAX);
        *rest = Rest { failures: rest.failures.saturating_add(1), until: Some(now.saturating_add(wait)) };
    }

    /// Sends a mail. Dropped half way, it may have been sent.
    pub(crate) async fn send(&self, mail: Mail) -> Result<(), MailError> {
        let sent = self.try_to_send(mail).await;
        count(match &sent {
            Ok(()) => "sent",
            Err(error) if error.is_passing() => "put-off",
            Err(_) => "lost",
        });
        sent
    }

    async fn try_to_send(&self, mail: Mail) -> Result<(), MailError> {
        let to: Address = mail.to.0.parse().map_err(|_| MailError::Recipient)?;
        let message = Message::builder()
            .from(self.from.clone())
            .to(to.into())
            .subject(mail.subject)
            .header(ContentType::TEXT_PLAIN)
            .body(mail.text)
            .map_err(|_| MailError::Recipient)?;
        match tokio::time::timeout(SENDING_MAX, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(error.into()),
            Err(_) => Err(MailError::Silent),
        }
    }
}

fn tls_parameters(server: &str, roots: Option<&[u8]>) -> Result<TlsParameters, MailError> {
    let builder = TlsParameters::builder(server.to_owned());
    let builder = match roots {
        Some(pem) => {
            // A file without any is read as no certificates, with which nothing would be trusted.
            if !pem.windows(PEM_CERTIFICATE.len()).any(|part| part == PEM_CERTIFICATE) {
                return Err(MailError::NoRoots);
            }
            let roots = Certificate::from_pem(pem).map_err(MailError::Tls)?;
            builder.certificate_store(CertificateStore::None).add_root_certificate(roots)
        }
        None => builder,
    };
    builder.build().map_err(MailError::Tls)
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailer").finish_non_exhaustive()
    }
}

/// The password is not shown.
impl fmt::Debug for MailOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailOptions")
            .field("server", &self.server)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

/// Whether a mail server can be told this address.
pub(crate) fn is_address(text: &str) -> bool {
    text.parse::<Address>().is_ok()
}

fn smtp_code(code: Option<u16>) -> String {
    code.map(|code| format!(" (SMTP code {code})")).unwrap_or_default()
}

fn count(outcome: &'static str) {
    metrics::counter!("tollgate_mails_total", "outcome" => outcome).increment(1);
}

//! Mail to those who asked for an override, by SMTP.
//!
//! No address reaches a log: an SMTP server repeats it in its answers, so only their codes are told.

use std::{fmt, sync::Arc, time::Duration};

use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
    transport::smtp::{
        self,
        authentication::Credentials,
        client::{Tls, TlsParameters},
    },
};
use tokio::sync::Semaphore;
use tollgate_records::EmailAddress;

/// The longest that a server may take for one step.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Mails on their way at once; beyond that one is lost, and counted.
const UNDER_WAY_MAX: usize = 16;

/// How a mail server is reached.
#[derive(Clone)]
pub struct MailOptions {
    /// Its name.
    pub server: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: MailTls,
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
    /// The server's name, or the machine's root certificates.
    #[error("the mail server cannot be reached over TLS")]
    Tls(#[source] smtp::Error),
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
}

/// One mail, as plain text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mail {
    pub(crate) to: EmailAddress,
    pub(crate) subject: String,
    pub(crate) text: String,
}

impl MailError {
    /// Whether trying again may help.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(self, Self::Later { .. })
    }
}

impl Mailer {
    /// A mailer; nothing is connected yet.
    ///
    /// # Errors
    ///
    /// [`MailError::From`] and [`MailError::Tls`].
    pub fn new(options: MailOptions) -> Result<Self, MailError> {
        let from = options.from.parse().map_err(|_| MailError::From)?;
        let parameters = || TlsParameters::new(options.server.clone()).map_err(MailError::Tls);
        let tls = match options.tls {
            MailTls::Always => Tls::Wrapper(parameters()?),
            MailTls::Start => Tls::Required(parameters()?),
            MailTls::Never => Tls::None,
        };
        let builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&options.server)
            .port(options.port)
            .tls(tls)
            .timeout(Some(TIMEOUT));
        let builder = match options.login {
            Some((name, password)) => builder.credentials(Credentials::new(name, password)),
            None => builder,
        };
        Ok(Self { transport: builder.build(), from, under_way: Arc::new(Semaphore::new(UNDER_WAY_MAX)) })
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
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            Err(error) => {
                let code = error.status().map(u16::from);
                Err(if error.is_permanent() {
                    MailError::Refused { code }
                } else {
                    MailError::Later { code }
                })
            }
        }
    }
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

//! A mail server that keeps what it is sent.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::Notify,
};
use tokio_rustls::TlsAcceptor;
use tollgate_test_servers::certificates::Certificates;

/// One mail: whom it is for, and all of its text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Received {
    pub(crate) to: String,
    pub(crate) text: String,
}

/// What the server asks for.
#[derive(Default)]
pub(crate) struct SmtpOptions<'a> {
    pub(crate) protection: Protection<'a>,
    /// Where it listens; 0: anywhere.
    pub(crate) port: u16,
    /// The name and password without which it takes no mail.
    pub(crate) login: Option<(&'static str, &'static str)>,
}

/// How its connections are protected.
#[derive(Clone, Copy, Default)]
pub(crate) enum Protection<'a> {
    /// Not at all, and it knows of no `STARTTLS`.
    #[default]
    Never,
    /// After `STARTTLS`.
    Start(&'a Certificates),
    /// From the first byte.
    Always(&'a Certificates),
}

/// A mail server on a free port of this machine.
pub(crate) struct SmtpSink {
    pub(crate) address: SocketAddr,
    kept: Arc<Kept>,
}

/// What all connections share.
struct Kept {
    mails: Mutex<Vec<Received>>,
    arrived: Notify,
    /// What it answers to every recipient; 250 is yes.
    verdict: Mutex<&'static str>,
    /// The address that it takes no mail for.
    put_off: Mutex<Option<&'static str>>,
    /// Every line that was not encrypted.
    in_the_clear: Mutex<Vec<String>>,
    /// As base64 of AUTH PLAIN (RFC 4616).
    login: Option<String>,
    acceptor: Option<TlsAcceptor>,
    tls_from_the_start: bool,
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

impl SmtpSink {
    pub(crate) async fn start() -> Self {
        Self::start_with(SmtpOptions::default()).await
    }

    pub(crate) async fn start_on(port: u16) -> Self {
        Self::start_with(SmtpOptions { port, ..SmtpOptions::default() }).await
    }

    pub(crate) async fn start_with(options: SmtpOptions<'_>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", options.port)).await.unwrap();
        let kept = Arc::new(Kept {
            mails: Mutex::default(),
            arrived: Notify::new(),
            verdict: Mutex::new("250 yes"),
            put_off: Mutex::default(),
            in_the_clear: Mutex::default(),
            login: options.login.map(|(name, password)| STANDARD.encode(format!("\0{name}\0{password}"))),
            acceptor: match options.protection {
                Protection::Never => None,
                Protection::Start(certificates) | Protection::Always(certificates) => {
                    Some(acceptor(certificates))
                }
            },
            tls_from_the_start: matches!(options.protection, Protection::Always(_)),
        });
        let sink = Self { address: listener.local_addr().unwrap(), kept: kept.clone() };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, kept.clone()));
            }
        });
        sink
    }

    pub(crate) fn answer_recipients(&self, verdict: &'static str) {
        *self.kept.verdict.lock().unwrap() = verdict;
    }

    /// Takes no mail for this address, for now.
    pub(crate) fn put_off(&self, address: &'static str) {
        *self.kept.put_off.lock().unwrap() = Some(address);
    }

    /// The next mail, waited for.
    pub(crate) async fn next(&self) -> Received {
        loop {
            let arrived = self.kept.arrived.notified();
            if let Some(mail) = self.take() {
                return mail;
            }
            arrived.await;
        }
    }

    pub(crate) fn take(&self) -> Option<Received> {
        let mut mails = self.kept.mails.lock().unwrap();
        (!mails.is_empty()).then(|| mails.remove(0))
    }

    /// Every line that whoever listens on the way could read.
    pub(crate) fn heard_in_the_clear(&self) -> Vec<String> {
        self.kept.in_the_clear.lock().unwrap().clone()
    }
}

fn acceptor(certificates: &Certificates) -> TlsAcceptor {
    let chain = CertificateDer::pem_slice_iter(certificates.chain.as_bytes()).collect::<Result<_, _>>();
    let key = PrivateKeyDer::from_pem_slice(certificates.key.as_bytes()).unwrap();
    let config =
        rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain.unwrap(), key)
            .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

async fn serve(stream: TcpStream, kept: Arc<Kept>) -> Option<()> {
    let mut stream: Box<dyn Stream> = Box::new(stream);
    let mut encrypted = false;
    if kept.tls_from_the_start {
        stream = Box::new(kept.acceptor.as_ref()?.accept(stream).await.ok()?);
        encrypted = true;
    }
    let mut stream = BufReader::new(stream);
    say(&mut stream, "220 sink").await?;
    while talk(&mut stream, &kept, encrypted).await? == Then::StartTls {
        stream = BufReader::new(Box::new(kept.acceptor.as_ref()?.accept(stream.into_inner()).await.ok()?));
        encrypted = true;
    }
    Some(())
}

#[derive(PartialEq, Eq)]
enum Then {
    StartTls,
    End,
}

async fn talk(stream: &mut BufReader<Box<dyn Stream>>, kept: &Kept, encrypted: bool) -> Option<Then> {
    let mut mail = Received::default();
    let mut known = kept.login.is_none();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return Some(Then::End);
        }
        let line = line.trim();
        if !encrypted {
            kept.in_the_clear.lock().unwrap().push(line.to_owned());
        }
        let answer = match line.split([' ', ':']).next()?.to_ascii_uppercase().as_str() {
            "EHLO" if kept.acceptor.is_some() && !encrypted => "250-sink\r\n250 STARTTLS",
            "EHLO" if kept.login.is_some() => "250-sink\r\n250 AUTH PLAIN",
            "STARTTLS" if kept.acceptor.is_some() && !encrypted => {
                say(stream, "220 go on").await?;
                return Some(Then::StartTls);
            }
            "AUTH" => {
                known = kept.login.as_deref() == line.split(' ').nth(2);
                if known { "235 welcome" } else { "535 wrong" }
            }
            "MAIL" | "RCPT" | "DATA" if !known => "530 who are you",
            "EHLO" | "HELO" | "MAIL" | "RSET" | "NOOP" => "250 yes",
            "RCPT" => {
                mail.to = line.to_owned();
                let put_off = kept.put_off.lock().unwrap().is_some_and(|address| line.contains(address));
                if put_off { "452 its mailbox is full" } else { *kept.verdict.lock().unwrap() }
            }
            "DATA" => {
                say(stream, "354 go on").await?;
                loop {
                    let mut line = String::new();
                    stream.read_line(&mut line).await.ok()?;
                    if line == ".\r\n" {
                        break;
                    }
                    mail.text.push_str(&line);
                }
                kept.mails.lock().unwrap().push(mail.clone());
                mail.text.clear();
                kept.arrived.notify_one();
                "250 yes"
            }
            "QUIT" => "221 bye",
            _ => "500 what",
        };
        say(stream, answer).await?;
    }
}

async fn say(stream: &mut BufReader<Box<dyn Stream>>, line: &str) -> Option<()> {
    stream.write_all(format!("{line}\r\n").as_bytes()).await.ok()?;
    stream.flush().await.ok()
}

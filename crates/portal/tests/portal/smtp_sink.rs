//! A mail server that keeps what it is sent.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

/// One mail: whom it is for, and all of its text.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) to: String,
    pub(crate) text: String,
}

/// A mail server on a free port of this machine.
pub(crate) struct SmtpSink {
    pub(crate) address: SocketAddr,
    mails: Arc<Mutex<Vec<Received>>>,
    arrived: Arc<Notify>,
    /// What it answers to every recipient; 250 is yes.
    verdict: Arc<Mutex<&'static str>>,
}

impl SmtpSink {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sink = Self {
            address: listener.local_addr().unwrap(),
            mails: Arc::default(),
            arrived: Arc::default(),
            verdict: Arc::new(Mutex::new("250 yes")),
        };
        let (mails, arrived, verdict) = (sink.mails.clone(), sink.arrived.clone(), sink.verdict.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(talk(stream, mails.clone(), arrived.clone(), verdict.clone()));
            }
        });
        sink
    }

    pub(crate) fn answer_recipients(&self, verdict: &'static str) {
        *self.verdict.lock().unwrap() = verdict;
    }

    /// The next mail, waited for.
    pub(crate) async fn next(&self) -> Received {
        loop {
            let arrived = self.arrived.notified();
            if let Some(mail) = self.take() {
                return mail;
            }
            arrived.await;
        }
    }

    pub(crate) fn take(&self) -> Option<Received> {
        let mut mails = self.mails.lock().unwrap();
        (!mails.is_empty()).then(|| mails.remove(0))
    }
}

async fn talk(
    stream: TcpStream,
    mails: Arc<Mutex<Vec<Received>>>,
    arrived: Arc<Notify>,
    verdict: Arc<Mutex<&'static str>>,
) -> Option<()> {
    let mut stream = BufReader::new(stream);
    say(&mut stream, "220 sink").await?;
    let mut mail = Received { to: String::new(), text: String::new() };
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let answer = match line.split([' ', ':']).next()?.trim().to_ascii_uppercase().as_str() {
            "EHLO" | "HELO" | "MAIL" | "RSET" | "NOOP" => "250 yes",
            "RCPT" => {
                mail.to = line.trim().to_owned();
                *verdict.lock().unwrap()
            }
            "DATA" => {
                say(&mut stream, "354 go on").await?;
                loop {
                    let mut line = String::new();
                    stream.read_line(&mut line).await.ok()?;
                    if line == ".\r\n" {
                        break;
                    }
                    mail.text.push_str(&line);
                }
                mails.lock().unwrap().push(mail.clone());
                mail.text.clear();
                arrived.notify_one();
                "250 yes"
            }
            "QUIT" => "221 bye",
            _ => "500 what",
        };
        say(&mut stream, answer).await?;
    }
}

async fn say(stream: &mut BufReader<TcpStream>, line: &str) -> Option<()> {
    stream.write_all(format!("{line}\r\n").as_bytes()).await.ok()
}

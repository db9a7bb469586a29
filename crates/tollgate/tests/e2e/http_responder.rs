//! A web server that answers http-01 challenges, once it is told what to answer.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// Answers every request with one body; with 404 until it has one.
#[derive(Debug)]
pub(crate) struct HttpResponder {
    body: Arc<Mutex<Option<String>>>,
    task: JoinHandle<()>,
}

impl HttpResponder {
    pub(crate) async fn start(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.expect("the port is free");
        let body = Arc::new(Mutex::new(None));
        let task = tokio::spawn(serve(listener, Arc::clone(&body)));
        Self { body, task }
    }

    /// From now on every request gets this body, or 404.
    pub(crate) fn answer(&self, body: Option<String>) {
        *self.body.lock().expect("nobody panics holding it") = body;
    }
}

impl Drop for HttpResponder {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, body: Arc<Mutex<Option<String>>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let body = body.lock().expect("nobody panics holding it").clone();
        // A validator that breaks off early is its own affair.
        let _ = respond(stream, body).await;
    }
}

async fn respond(mut stream: TcpStream, body: Option<String>) -> std::io::Result<()> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") && stream.read_buf(&mut request).await? > 0 {}

    let (status, body) = body.map_or(("404 Not Found", String::new()), |body| ("200 OK", body));
    let answer =
        format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}

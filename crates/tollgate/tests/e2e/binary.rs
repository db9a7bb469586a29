//! The built program.

use std::{
    io,
    path::Path,
    process::{ExitStatus, Output, Stdio},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader, Lines},
    process::{Child, ChildStdout},
    time::timeout,
};

use crate::process::{command, finish};

/// How long `serve` may take to print its next line, or to end.
const DEADLINE: Duration = Duration::from_secs(60);

/// Runs `tollgate` to its end.
pub(crate) async fn tollgate(arguments: &[&str], folder: &Path) -> Output {
    finish(command(env!("CARGO_BIN_EXE_tollgate"), folder).args(arguments)).await
}

/// A running `tollgate serve`; killed when dropped.
#[derive(Debug)]
pub(crate) struct Serve {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    printed: String,
}

impl Serve {
    /// Starts it in `folder`, logging to standard error.
    pub(crate) fn start(arguments: &[&str], folder: &Path) -> io::Result<Self> {
        Self::start_with(&[], arguments, folder)
    }

    /// The same by way of another program, named with its own arguments.
    pub(crate) fn start_with(before: &[&str], arguments: &[&str], folder: &Path) -> io::Result<Self> {
        let words = [before, &[env!("CARGO_BIN_EXE_tollgate"), "serve"], arguments].concat();
        let mut serve = command(words[0], folder);
        serve.args(&words[1..]).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = serve.spawn()?;
        let stdout = child.stdout.take().expect("standard output is piped");
        Ok(Self { child, lines: BufReader::new(stdout).lines(), printed: String::new() })
    }

    /// Everything printed up to and with the first line that contains `text`.
    pub(crate) async fn printed_until(&mut self, text: &str) -> &str {
        loop {
            match timeout(DEADLINE, self.lines.next_line()).await {
                Ok(Ok(Some(line))) => {
                    self.printed.push_str(&line);
                    self.printed.push('\n');
                    if line.contains(text) {
                        return &self.printed;
                    }
                }
                Ok(Ok(None)) => {
                    let errors = self.errors().await;
                    panic!("it ended without {text:?}:\n{}\n{errors}", self.printed)
                }
                other => panic!("no line with {text:?} ({other:?}):\n{}", self.printed),
            }
        }
    }

    /// Sends SIGINT, as Ctrl-C does, and waits for the end.
    pub(crate) async fn interrupt(mut self) -> (ExitStatus, String) {
        let id = self.child.id().expect("it has not ended").to_string();
        let sent = finish(command("kill", Path::new("/")).args(["-INT", &id])).await;
        assert!(sent.status.success(), "{sent:?}");
        let status =
            timeout(DEADLINE, self.child.wait()).await.expect("it ends").expect("it can be waited for");
        (status, self.errors().await)
    }

    /// Kills it (SIGKILL), as a crash would.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.expect("it is our child");
    }

    async fn errors(&mut self) -> String {
        let mut text = String::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            let _ = stderr.read_to_string(&mut text).await;
        }
        text
    }
}

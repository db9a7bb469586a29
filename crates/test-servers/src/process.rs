//! Programs the tests run: cut off from this process's environment, stopped when dropped.

use std::{
    ffi::OsStr,
    path::Path,
    process::{Output, Stdio},
    time::Duration,
};

use rustix::process::{Pid, kill_process};
use tokio::{
    net::TcpStream,
    process::{Child, Command},
    time,
};

pub use rustix::process::Signal;

/// How long a client may take for one certificate, on a machine busy with other tests.
const CLIENT_DEADLINE: Duration = Duration::from_secs(120);
/// How long a server may take until it accepts connections.
const START_DEADLINE: Duration = Duration::from_secs(60);

/// A command in a folder of its own. The environment is emptied: proxies would answer in place of the
/// gateway, and `SSL_CERT_FILE` and its like beat what a client is told.
pub fn command(program: impl AsRef<OsStr>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        .env("HOME", folder)
        .env("LC_ALL", "C.UTF-8")
        .current_dir(folder)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

/// Runs a command to its end.
pub async fn finish(command: &mut Command) -> Output {
    let program = command.as_std().get_program().to_owned();
    match time::timeout(CLIENT_DEADLINE, command.output()).await {
        Ok(Ok(output)) => output,
        Ok(Err(error)) => panic!("{program:?} cannot be run ({error}): `cargo xtask peers` installs it"),
        Err(_) => panic!("{program:?} did not end within {CLIENT_DEADLINE:?}"),
    }
}

/// What a program printed, standard output first.
pub fn printed(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes)).concat()
}

/// A server in a process of its own; stopped when dropped, on panic too.
#[derive(Debug)]
pub struct Server {
    child: Child,
}

impl Server {
    /// Starts a server and waits until it accepts connections at `port`. What it prints goes to `server.log`
    /// in its folder.
    pub async fn start(command: &mut Command, folder: &Path, port: u16) -> Self {
        let program = command.as_std().get_program().to_owned();
        let path = folder.join("server.log");
        let log = std::fs::File::create(&path).expect("the folder is the test's own");
        command.stderr(log.try_clone().expect("a file handle can be cloned")).stdout(log);
        let mut child = command.spawn().unwrap_or_else(|error| {
            panic!("{program:?} cannot be run ({error}): `cargo xtask peers` installs it")
        });

        if let Err(why) = accepts_connections(&mut child, port).await {
            let log = std::fs::read_to_string(path).unwrap_or_default();
            panic!("{program:?} {why}:\n{log}");
        }
        Self { child }
    }

    /// Sends a signal to the process: `Kill` for a crash, `Stop` and `Cont` for one that hangs for a while.
    pub fn signal(&self, signal: Signal) {
        let pid = self.child.id().and_then(|id| Pid::from_raw(id.try_into().expect("process ids are small")));
        kill_process(pid.expect("the process has not been waited for"), signal).expect("it is our child");
    }

    /// Kills the process and waits until it is gone.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("it is our child");
    }
}

async fn accepts_connections(child: &mut Child, port: u16) -> Result<(), String> {
    let connect = async {
        // There is no event to wait for: the port is asked until it answers.
        let mut again = time::interval(Duration::from_millis(20));
        loop {
            again.tick().await;
            if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                return;
            }
        }
    };
    tokio::select! {
        answer = time::timeout(START_DEADLINE, connect) => {
            answer.map_err(|_| format!("does not listen at port {port} after {START_DEADLINE:?}"))
        }
        status = child.wait() => Err(format!("ended at once: {status:?}")),
    }
}

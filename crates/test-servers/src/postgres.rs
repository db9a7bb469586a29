//! A PostgreSQL server of the test's own.

use std::{
    fs,
    os::unix::fs::chown,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, geteuid, kill_process};
use tempfile::TempDir;

use crate::ports;

/// Debian's place for them; a newer version is taken before an older one.
const VERSIONS: &str = "/usr/lib/postgresql";

/// The user without rights: the server refuses to run as root.
const NOBODY: u32 = 65_534;

/// `postgres` on a free port of the loopback. It sorts text by language where nothing else is said, as
/// many installations do, and keeps nothing through a crash of the machine.
#[derive(Debug)]
pub struct PostgresServer {
    process: Option<Child>,
    folder: TempDir,
    port: u16,
    arguments: Vec<String>,
    databases: AtomicU32,
}

impl PostgresServer {
    /// Makes a cluster and starts its server, with further arguments as on its command line.
    ///
    /// It takes a second of work, which no test does at the same time: to be called where blocking is allowed.
    #[must_use]
    pub fn start(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        if geteuid().is_root() {
            chown(folder.path(), Some(NOBODY), Some(NOBODY)).expect("root may give a folder away");
        }
        let made = command("initdb", folder.path())
            .args(["-D", "data", "-U", "tollgate", "-A", "trust", "-E", "UTF8", "--no-sync"])
            .args(["--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en"])
            .output()
            .expect("initdb can be run");
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let mut server = Self {
            process: None,
            folder,
            port: ports::free(),
            arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
            databases: AtomicU32::new(0),
        };
        server.restart();
        server
    }

    /// The server that the tests of this process share; each takes a [database](Self::database) of its own.
    /// It stops when nobody holds it.
    #[must_use]
    pub fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<PostgresServer>> = Mutex::new(Weak::new());

        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let server = Arc::new(Self::start(&[]));
            *shared = Arc::downgrade(&server);
            server
        })
    }

    /// Makes an empty database and gives its URL.
    #[must_use]
    pub fn database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let server = format!("postgresql://tollgate@127.0.0.1:{}", self.port);
        Self::sql(&format!("{server}/postgres"), &format!("CREATE DATABASE {name}"));
        format!("{server}/{name}")
    }

    /// Does SQL in the database of a URL.
    pub fn sql(url: &str, sql: &str) {
        let done = command("psql", Path::new("/"))
            .args(["-q", "-d", url, "-c", sql])
            .output()
            .expect("psql can be run");
        assert!(done.status.success(), "{sql}: {}", String::from_utf8_lossy(&done.stderr));
    }

    /// The port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Writes a file that only the server may read, for an argument to name.
    #[must_use]
    pub fn private_file(&self, name: &str, content: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;

        let path = self.folder.path().join(name);
        fs::write(&path, content).expect("the folder is the server's own");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("the file is ours");
        if geteuid().is_root() {
            chown(&path, Some(NOBODY), Some(NOBODY)).expect("root may give a file away");
        }
        path
    }

    /// Adds arguments for the next [restart](Self::restart).
    pub fn add_arguments(&mut self, arguments: &[&str]) {
        self.arguments.extend(arguments.iter().map(|argument| (*argument).to_owned()));
    }

    /// Stops every process of the server where it stands, or lets them go on: one that hangs for a while.
    pub fn hang(&self, hangs: bool) {
        let signal = if hangs { Signal::STOP } else { Signal::CONT };
        for pid in self.processes() {
            // A process that serves a connection may end meanwhile.
            let _ = kill_process(pid, signal);
        }
    }

    /// Stops the server without waiting for its clients; its data stays.
    pub fn stop(&mut self) {
        let Some(mut process) = self.process.take() else { return };
        let pid = Pid::from_child(&process);
        for signal in [Signal::CONT, Signal::QUIT] {
            for child in self.children_of(pid).into_iter().chain([pid]) {
                let _ = kill_process(child, signal);
            }
        }
        process.wait().expect("it is our child");
    }

    /// Starts the server at the same port over the same data, stopping it first if it runs.
    pub fn restart(&mut self) {
        self.stop();
        let folder = self.folder.path();
        let log = fs::File::create(folder.join("server.log")).expect("the folder is the test's own");
        let port = self.port.to_string();
        let process = command("postgres", folder)
            .args(["-D", "data", "-p", &port, "-c", "listen_addresses=127.0.0.1"])
            .args(["-c", "unix_socket_directories=", "-c", "max_connections=200"])
            .args(["-c", "fsync=off", "-c", "full_page_writes=off"])
            .args(&self.arguments)
            .stdout(log.try_clone().expect("a file handle can be cloned"))
            .stderr(log)
            .spawn()
            .expect("postgres can be run");
        self.process = Some(process);
        // There is no event to wait for: the port is asked until it answers.
        for _ in 0..3_000 {
            let ready = command("pg_isready", folder).args(["-q", "-h", "127.0.0.1", "-p", &port]).status();
            if ready.is_ok_and(|status| status.success()) {
                return;
            }
            pause();
        }
        panic!(
            "postgres does not answer: {}",
            fs::read_to_string(folder.join("server.log")).unwrap_or_default()
        );
    }

    fn processes(&self) -> Vec<Pid> {
        let pid = self.process.as_ref().map(Pid::from_child);
        pid.into_iter().flat_map(|pid| self.children_of(pid).into_iter().chain([pid])).collect()
    }

    fn children_of(&self, pid: Pid) -> Vec<Pid> {
        let raw = pid.as_raw_nonzero();
        let list = fs::read_to_string(format!("/proc/{raw}/task/{raw}/children")).unwrap_or_default();
        list.split_whitespace().filter_map(|pid| Pid::from_raw(pid.parse().ok()?)).collect()
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        self.stop();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a server of others has no clock to move and no event to await"
)]
fn pause() {
    thread::sleep(Duration::from_millis(20));
}

/// A program of PostgreSQL, never run as root, and cut off from this process's environment.
fn command(program: &str, folder: &Path) -> Command {
    let path = programs().join(program);
    let mut command = if geteuid().is_root() {
        let mut command = Command::new("setpriv");
        command.arg(format!("--reuid={NOBODY}")).arg(format!("--regid={NOBODY}"));
        command.args(["--clear-groups", "--"]).arg(path);
        command
    } else {
        Command::new(path)
    };
    command.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", folder).env("LC_ALL", "C.UTF-8");
    command.current_dir(folder).stdin(Stdio::null());
    command
}

fn programs() -> PathBuf {
    let versions = fs::read_dir(VERSIONS).into_iter().flatten().flatten();
    let newest = versions.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()).max();
    let newest =
        newest.unwrap_or_else(|| panic!("no PostgreSQL in {VERSIONS}: `cargo xtask peers` installs it"));
    Path::new(VERSIONS).join(newest.to_string()).join("bin")
}

//! Programs the tests run, and where `cargo xtask peers` put the Python ones among them.

use std::path::{Path, PathBuf};

pub(crate) use tollgate_test_servers::process::{Server, command, finish, printed};

/// A program of a Python environment that `cargo xtask peers` made.
pub(crate) fn python_peer(environment: &str, program: &str) -> PathBuf {
    // Cargo gives integration tests a folder below its target folder.
    let target =
        Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it is a folder of the target folder");
    target.join("peers").join(environment).join("bin").join(program)
}

/// The flags with which `unshare` gives a view of the file system of one's own here, if any do.
pub(crate) async fn mount_namespace(folder: &Path) -> Option<&'static str> {
    for flags in ["-m", "-rm"] {
        if finish(command("unshare", folder).args([flags, "true"])).await.status.success() {
            return Some(flags);
        }
    }
    None
}

//! `tollgate buckets export` and `import`: what was used up here is used up there.

use std::{fs, path::Path};

use tempfile::TempDir;

use crate::{
    binary::{Serve, tollgate},
    clients::{Client, Program},
    ports,
    process::printed,
    site::Site,
};

/// Two installations in one folder, each with a configuration and a data directory.
struct Machines {
    folder: TempDir,
    port: u16,
}

impl Machines {
    fn new() -> Self {
        let (folder, port) = (tempfile::tempdir().expect("a temporary folder can be made"), ports::free());
        for name in ["old", "new"] {
            let text = format!(
                "data-dir = \"{name}\"\n[test-ca]\nvalidation = \"always-valid\"\n\
                 [limits.certificates-per-exact-set]\nburst = 1\ncount = 1\n\
                 [listen]\naddresses = [\"127.0.0.1:{port}\"]\n[management]\naddress = \"127.0.0.1:{}\"\n",
                ports::free()
            );
            fs::write(folder.path().join(format!("{name}.toml")), text).expect("it is ours");
        }
        Self { folder, port }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    async fn serve(&self, name: &str) -> (Serve, Site) {
        let mut serve =
            Serve::start(&["--config", &format!("{name}.toml")], self.path()).expect("it was built");
        let told = serve.printed_until("Ctrl-C").await.to_owned();
        let root = told.split_whitespace().find(|word| word.ends_with(".pem")).expect("it is printed");
        let directory = format!("https://localhost:{}/directory", self.port);
        (serve, Site { directory, root: self.path().join(root) })
    }

    /// Uses up what there is for example.com, and stops.
    async fn use_up(&self, name: &str) {
        let (serve, site) = self.serve(name).await;
        let client = Client::new(Program::InstantAcme);
        client.obtain(&site, &["example.com"]).await.expect_certificate(&["example.com"]);
        let (status, errors) = serve.interrupt().await;
        assert!(status.success(), "{errors}");
    }

    async fn buckets(&self, way: &str, file: &str, name: &str) -> (Option<i32>, String) {
        let output =
            tollgate(&["buckets", way, file, "--config", &format!("{name}.toml")], self.path()).await;
        (output.status.code(), printed(&output))
    }

    fn copy_key(&self) {
        fs::create_dir_all(self.path().join("new")).expect("it is ours");
        fs::copy(self.path().join("old/bucket-hash.key"), self.path().join("new/bucket-hash.key"))
            .expect("it is there");
    }
}

#[tokio::test]
async fn a_limit_used_up_on_one_machine_is_used_up_on_the_next() {
    let machines = Machines::new();
    machines.use_up("old").await;
    let (code, said) = machines.buckets("export", "moved", "old").await;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("buckets exported to moved"), "{said}");

    machines.copy_key();
    for _ in 0..2 {
        let (code, said) = machines.buckets("import", "moved", "new").await;
        assert_eq!(code, Some(0), "also when it is imported again: {said}");
        assert!(said.contains("buckets imported"), "{said}");
    }

    let (serve, site) = machines.serve("new").await;
    let refused = Client::new(Program::InstantAcme).obtain(&site, &["example.com"]).await;
    assert!(refused.expect_refusal().contains("too many certificates (1)"), "{}", refused.expect_refusal());
    serve.kill().await;
}

#[tokio::test]
async fn buckets_of_another_key_are_refused_and_a_torn_stream_is_told_with_its_place() {
    let machines = Machines::new();
    machines.use_up("old").await;
    machines.buckets("export", "moved", "old").await;
    let (code, said) = machines.buckets("import", "moved", "new").await;
    assert_eq!(code, Some(2), "no key is made: {said}");
    assert!(said.contains("new/bucket-hash.key is missing: copy the one"), "{said}");
    fs::write(machines.path().join("new/bucket-hash.key"), [7; 16]).expect("it is ours");
    let (code, said) = machines.buckets("import", "moved", "new").await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("moved: ") && said.contains("another bucket-hash key"), "{said}");

    machines.copy_key();
    let whole = fs::read(machines.path().join("moved")).expect("it was exported");
    fs::write(machines.path().join("torn"), &whole[..60]).expect("it is ours");
    let (code, said) = machines.buckets("import", "torn", "new").await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("ends at byte 60, in block 1"), "{said}");

    let (code, said) = machines.buckets("export", "moved", "old").await;
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("moved is there already"), "{said}");
    assert_eq!(fs::read(machines.path().join("moved")).expect("it is there"), whole, "it is left alone");
}

#[tokio::test]
async fn buckets_of_a_running_tollgate_are_not_moved() {
    let machines = Machines::new();
    let (serve, _site) = machines.serve("old").await;
    for way in ["export", "import"] {
        fs::write(machines.path().join("import"), "").expect("it is ours");
        let (code, said) = machines.buckets(way, way, "old").await;
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("in use by another tollgate: stop it"), "{said}");
    }
    serve.kill().await;
}

#[tokio::test]
async fn where_nothing_is_kept_there_is_nothing_to_move() {
    let machines = Machines::new();
    let (code, said) = machines.buckets("export", "-", "old").await;
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("old/bucket-hash.key is missing"), "{said}");

    fs::write(machines.path().join("memory.toml"), "[store]\nbackend = \"memory\"\n").expect("it is ours");
    let (code, said) = machines.buckets("export", "-", "memory").await;
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("no bucket outlives the process"), "{said}");
}

//! A Tollgate that serves while the disk of its buckets is really full: each limit does what it says, and all goes on once
//! there is space, with no restart.

use std::{fs, path::Path};

use tollgate::client::AcmeClient;

use crate::{
    binary::Serve,
    ports,
    process::mount_namespace,
    volume::{NO_OVERALL_LIMITS, order_afresh, order_until},
};

/// Runs a command with a small disk for the buckets, which is full from when the file `fill` is there until `free` is.
const WITH_SMALL_DISK: &str = r#"mkdir -p data/buckets && mount -t tmpfs -o size=6m tmpfs data/buckets || exit
"$@" &
until [ -e fill ]; do sleep 0.05; done
dd if=/dev/zero of=data/buckets/filler bs=4096 2>/dev/null
until [ -e free ]; do sleep 0.05; done
rm data/buckets/filler
wait"#;

#[tokio::test]
async fn a_full_disk_closes_the_limits_that_say_so_and_opens_again_by_itself() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path();
    let (port, management) = (ports::free(), ports::free());
    let config = format!(
        "data-dir = \"data\"\n[store]\ninterval = \"1ms\"\n[test-ca]\nvalidation = \"always-valid\"\n{NO_OVERALL_LIMITS}\
         [limits.new-orders-per-account]\ncount = 100000\nburst = 100000\non-store-failure = \"deny\"\n\
         [listen]\naddresses = [\"127.0.0.1:{port}\"]\n[management]\naddress = \"127.0.0.1:{management}\"\n"
    );
    fs::write(path.join("tollgate.toml"), config).expect("the folder is the test's own");

    let flags = mount_namespace(path).await.expect("this test mounts a disk, as root or in a user namespace");
    let before = ["unshare", flags, "--pid", "--fork", "--kill-child", "sh", "-c", WITH_SMALL_DISK, "sh"];
    let mut serve = Serve::start_with(&before, &["--config", "tollgate.toml"], path).expect("it was built");
    let printed = serve.printed_until("Ctrl-C").await.to_owned();
    let root = printed.split_whitespace().find(|word| word.ends_with(".pem")).expect("it is printed");
    let root = fs::read_to_string(path.join(root)).expect("it is there");
    let directory = format!("https://localhost:{port}/directory");
    let connect = async || AcmeClient::connect(&directory, &root).await.expect("the gateway answers");
    let mut client = connect().await;
    client.register().await.expect("the account is made");
    assert_eq!(order_afresh(&mut client, &["a.example.com"]).await.status(), 201);

    tell(path, "fill");
    let name = |number| format!("{number}.example.com");
    let (refused, _) = order_until(&mut client, 503, name).await;
    assert!(refused.contains("cannot be checked at the moment"), "{refused}");
    // This one's limits say nothing, and the preset lets through.
    connect().await.register().await.expect("an account is made all the same");

    tell(path, "free");
    order_until(&mut client, 201, name).await;
    serve.kill().await;
}

fn tell(folder: &Path, what: &str) {
    fs::write(folder.join(what), "").expect("the folder is the test's own");
}

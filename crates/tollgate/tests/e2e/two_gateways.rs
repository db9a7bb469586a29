//! Two gateways before one CA, with one Redis and one PostgreSQL between them: for clients they are one.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use http::Method;
use tempfile::TempDir;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
    time::{interval, timeout},
};
use tollgate::{client::AcmeClient, secrets::Secrets};
use tollgate_acme::{identifier::Identifier, resource::AccountId};
use tollgate_engine::Quota;
use tollgate_policy::{limit::LimitName, overrides::Subject};
use tollgate_records::{PostgresqlOptions, Records, StoredOverride};
use tollgate_test_servers::{postgres::PostgresServer, redis::RedisServer, redis_cluster::RedisCluster};

use crate::{
    binary::Serve,
    ca::{Pebble, Validation, write_certificates},
    clients::{Client, Program},
    ports,
    site::Site,
    volume::{NO_OVERALL_LIMITS, order, order_afresh},
};

/// The promise: five seconds from a change to every gateway.
const IN_FORCE_WITHIN: Duration = Duration::from_secs(5);

/// Two processes behind one name, and what they share.
struct Cluster {
    gateways: Vec<Option<Serve>>,
    balancer: Balancer,
    site: Site,
    records: Records,
    _pebble: Pebble,
    _buckets: Buckets,
    _postgres: Arc<PostgresServer>,
    _folder: TempDir,
}

/// Where their buckets are.
enum Buckets {
    OneServer(RedisServer),
    Cluster(RedisCluster),
}

impl Buckets {
    fn setting(&self) -> String {
        match self {
            Self::OneServer(server) => format!("url = \"{}\"", server.url()),
            Self::Cluster(cluster) => format!("cluster-nodes = {:?}", cluster.urls()),
        }
    }
}

impl Cluster {
    /// With one key above the tables, and tables of limits.
    async fn start(key: &str, limits: &str, validation: Validation) -> Self {
        Self::start_on(Buckets::OneServer(RedisServer::start(&[]).await), key, limits, validation).await
    }

    async fn start_on(buckets: Buckets, key: &str, limits: &str, validation: Validation) -> Self {
        let pebble = Pebble::start(validation).await;
        let postgres = PostgresServer::shared();
        let database = postgres.database();
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let root = folder.path().join(write_certificates(&folder));
        Secrets::make(&folder.path().join("secrets")).expect("the folder is the test's own");

        let ports = [ports::free(), ports::free()];
        let balancer = Balancer::start(&ports).await;
        let mut gateways = Vec::new();
        for (n, port) in ports.into_iter().enumerate() {
            let text = format!(
                "data-dir = \"data-{n}\"\nsecrets-dir = \"secrets\"\n{key}\n\
                 [listen]\naddresses = [\"127.0.0.1:{port}\"]\npublic-url = \"https://localhost:{}\"\n\
                 certificate = \"tls.pem\"\nkey = \"tls.key\"\n\
                 [management]\naddress = \"127.0.0.1:{}\"\n\
                 [upstream]\ndirectory = \"{}\"\nroots = \"{}\"\n\
                 [store]\nbackend = \"redis\"\ndeadline = \"5s\"\n[store.redis]\n{}\n\
                 [records]\nbackend = \"postgresql\"\n\
                 [records.postgresql]\nurl = \"{database}\"\ndeadline = \"5s\"\n{limits}",
                balancer.port,
                ports::free(),
                pebble.site().directory,
                pebble.site().root.display(),
                buckets.setting(),
            );
            let config = format!("gateway-{n}.toml");
            fs::write(folder.path().join(&config), text).expect("the folder is the test's own");
            gateways.push(Serve::start(&["--config", &config], folder.path()).expect("it was built"));
        }
        for gateway in &mut gateways {
            gateway.printed_until("Ctrl-C").await;
        }
        let options = PostgresqlOptions {
            url: database.parse().expect("it is a URL"),
            password: None,
            tls_ca: None,
            connections_max: std::num::NonZeroU32::MIN,
            deadline: Duration::from_secs(5),
        };
        Self {
            gateways: gateways.into_iter().map(Some).collect(),
            site: Site { directory: format!("https://localhost:{}/dir", balancer.port), root },
            balancer,
            records: Records::connect(&options).await.expect("the gateways made it"),
            _pebble: pebble,
            _buckets: buckets,
            _postgres: postgres,
            _folder: folder,
        }
    }

    /// What clients are told, whose connections lead to the one or the other from now on.
    fn at(&self, gateway: usize) -> &Site {
        self.balancer.lead_to(Target::Only(gateway));
        &self.site
    }

    /// Leads a client to the one or the other. The connection it has is cut, which it may notice only when it
    /// uses it: it asks for something harmless until it is answered.
    async fn turn(&self, client: &mut AcmeClient, gateway: usize) {
        let site = self.at(gateway);
        client.forget_nonce();
        let asking = async { while client.send(Method::GET, &site.directory, None).await.is_err() {} };
        timeout(IN_FORCE_WITHIN, asking).await.expect("the gateway answers");
    }

    /// A crash.
    async fn kill(&mut self, gateway: usize) {
        self.gateways[gateway].take().expect("it runs").kill().await;
    }

    /// A client of our own, registered by way of the one or the other.
    async fn client_at(&self, gateway: usize) -> AcmeClient {
        self.at(gateway);
        self.client().await
    }

    /// The same, wherever its connection leads.
    async fn client(&self) -> AcmeClient {
        let site = &self.site;
        let root = fs::read_to_string(&site.root).expect("it was written");
        let mut client = AcmeClient::connect(&site.directory, &root).await.expect("the gateway answers");
        client.register().await.expect("the account is made");
        client
    }
}

/// Passes connections on to one of the gateways, or to both by turns; turned elsewhere, it breaks those it has.
struct Balancer {
    port: u16,
    target: watch::Sender<Target>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    Only(usize),
    Both,
}

impl Balancer {
    async fn start(ports: &[u16; 2]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("some port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let (target, mut targets) = watch::channel(Target::Only(0));
        let ports = *ports;
        tokio::spawn(async move {
            let mut turns = [0, 1].into_iter().cycle();
            while let Ok((client, _)) = listener.accept().await {
                let gateway = match *targets.borrow_and_update() {
                    Target::Only(gateway) => gateway,
                    Target::Both => turns.next().expect("turns do not end"),
                };
                tokio::spawn(pass_on(client, ports[gateway], targets.clone()));
            }
        });
        Self { port, target }
    }

    fn lead_to(&self, target: Target) {
        self.target.send_if_modified(|current| std::mem::replace(current, target) != target);
    }
}

async fn pass_on(mut client: TcpStream, port: u16, mut targets: watch::Receiver<Target>) {
    let Ok(mut gateway) = TcpStream::connect(("127.0.0.1", port)).await else { return };
    tokio::select! {
        _ = copy_bidirectional(&mut client, &mut gateway) => {}
        _ = targets.changed() => {}
    }
}

#[tokio::test]
async fn a_limit_holds_across_both_for_real_clients() {
    let limits = "[limits.certificates-per-registered-domain]\nburst = 2\ncount = 2\n";
    let cluster = Cluster::start("", limits, Validation::AlwaysValid).await;
    let lego = Client::new(Program::Lego);
    lego.obtain(cluster.at(0), &["a.example.com"]).await.expect_certificate(&["a.example.com"]);
    let certbot = Client::new(Program::Certbot);
    certbot.obtain(cluster.at(1), &["b.example.com"]).await.expect_certificate(&["b.example.com"]);
    for (gateway, program) in [(0, Program::InstantAcme), (1, Program::Lego)] {
        let refused = Client::new(program).obtain(cluster.at(gateway), &["c.example.com"]).await;
        assert!(
            refused.expect_refusal().contains("too many certificates (2) already issued"),
            "{}",
            refused.text
        );
    }
}

#[tokio::test]
async fn an_account_made_at_one_is_known_to_the_other_by_its_key() {
    let limits = "[limits.new-orders-per-account]\nburst = 3\ncount = 3\n";
    let cluster = Cluster::start("", limits, Validation::AlwaysValid).await;
    let mut client = cluster.client_at(0).await;
    let account = client.account().expect("it is registered").to_owned();

    // Its claim is not proven at the other gateway either, so it spends nothing of the account's.
    let mut forger = cluster.client_at(1).await.with_fresh_key();
    forger.claim_account(&account);
    for _ in 0..4 {
        assert!(order(&mut forger, &["www.example.com"]).await.status().is_client_error());
    }
    for (gateway, expected) in [(1, 201), (0, 201), (1, 201), (0, 429), (1, 429)] {
        cluster.turn(&mut client, gateway).await;
        let answer = order(&mut client, &["www.example.com"]).await;
        assert_eq!(answer.status(), expected, "gateway {gateway}: {}", answer.detail());
    }

    // A program that keeps its account goes on with it at the other.
    let lego = Client::new(Program::Lego);
    for (gateway, name) in [(0, "a.example.com"), (1, "b.example.com")] {
        lego.obtain(cluster.at(gateway), &[name]).await.expect_certificate(&[name]);
    }
}

#[tokio::test]
async fn an_override_and_a_pause_reach_both_within_five_seconds() {
    let limits = "[limits.new-orders-per-account]\nburst = 1\ncount = 1\n";
    let cluster = Cluster::start("", limits, Validation::AlwaysValid).await;
    let mut client = cluster.client_at(0).await;
    for (gateway, expected) in [(0, 201), (1, 429)] {
        cluster.turn(&mut client, gateway).await;
        assert_eq!(order_afresh(&mut client, &["www.example.com"]).await.status(), expected);
    }

    let limit = LimitName::NewOrdersPerAccount;
    let account = client.account().expect("it is registered").to_owned();
    let now = jiff::Timestamp::UNIX_EPOCH;
    let granted = StoredOverride {
        limit,
        subject: Subject::parse(limit, &account).expect("an account's URL is a subject"),
        quota: Quota::new(10, Duration::from_secs(3 * 3600), 1000).expect("representable"),
        author: "operator".to_owned(),
        reason: "a test".to_owned(),
        expires: None,
        changed: now,
    };
    cluster.records.put_override(granted, false, "operator", now).await.expect("it is written");
    answered_by_both(&cluster, &mut client, 201).await;

    let account = AccountId::of(&account).expect("it is a URL");
    let name = Identifier::from_text("www.example.com").expect("it is a name");
    cluster.records.pause(&account, &name, now, now).await.expect("it is written");
    answered_by_both(&cluster, &mut client, 429).await;
}

/// Orders at both until both answer `status`.
async fn answered_by_both(cluster: &Cluster, client: &mut AcmeClient, status: u16) {
    let asking = async {
        let mut again = interval(Duration::from_millis(50));
        for gateway in [0, 1] {
            cluster.turn(client, gateway).await;
            while order_afresh(client, &["www.example.com"]).await.status() != status {
                again.tick().await;
            }
        }
    };
    timeout(IN_FORCE_WITHIN, asking)
        .await
        .unwrap_or_else(|_| panic!("no {status} within {IN_FORCE_WITHIN:?}"));
}

#[tokio::test]
async fn an_order_whose_gateway_is_killed_goes_on_at_the_other_and_is_counted_once() {
    for accounting in ["issuance", "order"] {
        let limits = "[limits.certificates-per-registered-domain]\nburst = 2\ncount = 2\n";
        let key = format!("accounting = \"{accounting}\"");
        let mut cluster = Cluster::start(&key, limits, Validation::AlwaysValid).await;
        let mut client = cluster.client_at(0).await;
        let made = order(&mut client, &["www.example.com"]).await;
        assert_eq!(made.status(), 201, "{}", made.detail());
        let authorization = made.json()["authorizations"][0].as_str().expect("it has one").to_owned();
        client.answer_challenge(&authorization).await.expect("the challenge is taken");

        cluster.kill(0).await;
        cluster.turn(&mut client, 1).await;
        client.complete(&made, &["www.example.com"]).await.expect("it goes on");
        // The same order seen again is not counted again: there is room for one more, and for one only.
        let url = made.header("location").expect("an order has a URL").to_owned();
        client.post(&url, "").await.expect("the gateway answers");
        client.obtain(&["b.example.com"]).await.expect("there is room for one more");
        let refused = order(&mut client, &["c.example.com"]).await;
        assert_eq!(refused.status(), 429, "{accounting}: {}", refused.detail());
    }
}

#[tokio::test]
async fn what_an_order_reserved_at_a_killed_gateway_comes_back_when_it_ends_at_the_other() {
    let limits = "[limits.certificates-per-registered-domain]\nburst = 1\ncount = 1\n";
    // Nobody answers there: every validation fails.
    let nobody = Validation::Http { port: ports::free() };
    let mut cluster = Cluster::start("accounting = \"order\"", limits, nobody).await;
    let mut client = cluster.client_at(0).await;
    let made = order(&mut client, &["www.example.com"]).await;
    assert_eq!(made.status(), 201, "{}", made.detail());
    let url = made.header("location").expect("an order has a URL").to_owned();
    // A crash at once could lose it: the gateway answers this when it is written.
    client.post(&url, "").await.expect("the gateway answers");
    cluster.kill(0).await;
    cluster.turn(&mut client, 1).await;
    let refused = order(&mut client, &["b.example.com"]).await;
    assert_eq!(refused.status(), 429, "it is reserved: {}", refused.detail());

    let authorization = made.json()["authorizations"][0].as_str().expect("it has one").to_owned();
    client.answer_challenge(&authorization).await.expect("the challenge is taken");
    client.poll(&authorization, "authorization", "valid").await.expect_err("nobody answers it");
    client.poll(&url, "order", "ready").await.expect_err("it is invalid");
    let answer = order(&mut client, &["b.example.com"]).await;
    assert_eq!(answer.status(), 201, "{}", answer.detail());
}

#[tokio::test]
async fn a_limit_on_a_redis_cluster_holds_for_callers_of_both_at_once_also_when_one_is_killed() {
    const BURST: usize = 40;
    const CALLERS: usize = 8;
    let limits = format!(
        "{NO_OVERALL_LIMITS}[limits.certificates-per-registered-domain]\nburst = {BURST}\ncount = {BURST}\n"
    );
    let buckets = Buckets::Cluster(RedisCluster::start(3, false, &[]).await);
    // Each order spends of its account and of the domain, on whichever nodes those are.
    let mut cluster =
        Cluster::start_on(buckets, "accounting = \"order\"", &limits, Validation::AlwaysValid).await;
    cluster.balancer.lead_to(Target::Both);
    let (made, (progress, mut seen)) = (Arc::new(AtomicUsize::new(0)), watch::channel(()));
    let mut callers = Vec::new();
    for caller in 0..CALLERS {
        let mut client = cluster.client().await;
        let (made, progress) = (made.clone(), progress.clone());
        callers.push(tokio::spawn(async move {
            for number in 0.. {
                // Until its gateway is killed, or there is no room any more.
                let name = format!("{caller}-{number}.example.com");
                match client.try_order(&[&name]).await {
                    Ok(answer) if answer.status() == 201 => _ = made.fetch_add(1, Ordering::SeqCst),
                    _ => break,
                }
                let _ = progress.send(());
            }
        }));
    }
    let half = seen.wait_for(|()| made.load(Ordering::SeqCst) >= BURST / 2);
    drop(timeout(IN_FORCE_WITHIN * 6, half).await.expect("orders are made").expect("callers go on"));
    cluster.kill(0).await;
    for caller in callers {
        caller.await.expect("no caller panics");
    }

    // What is left now, one after the other.
    let mut client = cluster.client_at(1).await;
    let mut made = made.load(Ordering::SeqCst);
    while order_afresh(&mut client, &[&format!("last-{made}.example.com")]).await.status() == 201 {
        made += 1;
    }
    assert!(made <= BURST, "{made} orders");
    assert!(made >= BURST - CALLERS, "{made} orders: each caller loses one at most");
}

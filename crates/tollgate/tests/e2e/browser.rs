//! A real browser: Debian's chromium, driven by its chromedriver, and what axe-core says of a page.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use fantoccini::{Client, ClientBuilder, Locator, elements::Element};
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use crate::{
    ports,
    process::{Server, command},
};

/// The longest that a page is waited for.
const WAIT_MAX: Duration = Duration::from_secs(30);

/// What kind of browser it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// 1280 pixels wide.
    Desk,
    /// 360 pixels wide.
    Telephone,
    /// 1280 pixels wide, and no script of a page runs.
    DeskWithoutScript,
    /// 360 pixels wide, and no script of a page runs.
    TelephoneWithoutScript,
}

impl Kind {
    pub(crate) fn is_telephone(self) -> bool {
        matches!(self, Self::Telephone | Self::TelephoneWithoutScript)
    }

    fn runs_scripts(self) -> bool {
        matches!(self, Self::Desk | Self::Telephone)
    }
}

/// A browser with a profile of its own.
pub(crate) struct Browser {
    client: Client,
    kind: Kind,
    _driver: Server,
    _profile: TempDir,
}

impl Browser {
    pub(crate) async fn start(kind: Kind) -> Self {
        let profile = tempfile::tempdir().expect("a temporary folder can be made");
        let port = ports::free();
        let mut driver = command("chromedriver", profile.path());
        driver.arg(format!("--port={port}"));
        let driver = Server::start(&mut driver, profile.path(), port).await;
        let client = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
            .capabilities(capabilities(kind, profile.path()))
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("chromedriver starts a browser");
        Self { client, kind, _driver: driver, _profile: profile }
    }

    pub(crate) async fn go(&self, url: &str) {
        self.client.goto(url).await.unwrap_or_else(|error| panic!("{url}: {error}"));
    }

    /// The element, waited for: a click may still be leading to its page.
    pub(crate) async fn find(&self, css: &str) -> Element {
        let found = self.client.wait().at_most(WAIT_MAX).for_element(Locator::Css(css)).await;
        found.unwrap_or_else(|error| panic!("{css}: {error}"))
    }

    /// Waits until a text is in the element, and says what is there when it never comes.
    pub(crate) async fn expect(&self, css: &str, text: &str) {
        let told = async {
            loop {
                let there = match self.client.find(Locator::Css(css)).await {
                    Ok(element) => element.text().await.unwrap_or_default(),
                    Err(_) => String::new(),
                };
                if there.contains(text) {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        if tokio::time::timeout(WAIT_MAX, told).await.is_err() {
            panic!("{css} is {:?} and never has {text:?}", self.text(css).await);
        }
    }

    pub(crate) async fn text(&self, css: &str) -> String {
        self.find(css).await.text().await.expect("an element has a text")
    }

    pub(crate) async fn click(&self, css: &str) {
        self.find(css).await.click().await.unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    /// Types over what stands in a field.
    pub(crate) async fn fill(&self, css: &str, text: &str) {
        let field = self.find(css).await;
        field.clear().await.unwrap_or_else(|error| panic!("{css}: {error}"));
        field.send_keys(text).await.unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    pub(crate) async fn property(&self, css: &str, name: &str) -> String {
        let property = self.find(css).await.prop(name).await.unwrap_or_else(|error| panic!("{css}: {error}"));
        property.unwrap_or_default()
    }

    pub(crate) async fn attribute(&self, css: &str, name: &str) -> String {
        let attribute =
            self.find(css).await.attr(name).await.unwrap_or_else(|error| panic!("{css}: {error}"));
        attribute.unwrap_or_default()
    }

    /// Waits until the page of this element has made room for the next.
    pub(crate) async fn expect_gone(&self, element: Element) {
        let gone = async {
            while element.tag_name().await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(WAIT_MAX, gone).await.expect("the next page comes");
    }

    pub(crate) async fn address(&self) -> String {
        self.client.current_url().await.expect("a page has an address").to_string()
    }

    pub(crate) async fn evaluate(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Keeps what is on the screen as an artefact under cargo's target folder.
    pub(crate) async fn picture(&self, name: &str) {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("screenshots");
        fs::create_dir_all(&folder).expect("the target folder is ours");
        let picture = self.client.screenshot().await.expect("a page can be pictured");
        let width = if self.kind.is_telephone() { 360 } else { 1280 };
        fs::write(folder.join(format!("{name}-{width}.png")), picture).expect("the target folder is ours");
    }

    /// Asserts that everybody can use the page: axe-core finds nothing, and it is no wider than the screen. Where no
    /// script runs, axe-core does not either; the page is the same.
    pub(crate) async fn expect_usable(&self) {
        let address = self.address().await;
        let overflow = self
            .evaluate("return document.documentElement.scrollWidth - document.documentElement.clientWidth")
            .await;
        assert_eq!(overflow, 0, "{address} is wider than the screen");
        if !self.kind.runs_scripts() {
            return;
        }
        let _nothing = self.evaluate(&axe()).await;
        let run = "const done = arguments[arguments.length - 1];
                   axe.run().then(found => done(found.violations.map(one =>
                       one.id + ': ' + one.nodes.map(node => node.html).join(' | '))), failed => done([String(failed)]));";
        let violations = self.client.execute_async(run, Vec::new()).await;
        let violations = violations.unwrap_or_else(|error| panic!("{address}: {error}"));
        assert_eq!(violations, json!([]), "{address}");
    }

    /// Asserts that nobody has to scroll from the top of the page to see all of these elements.
    pub(crate) async fn expect_on_first_screen(&self, elements: &[&str]) {
        let address = self.address().await;
        for css in elements {
            let script = format!(
                "scrollTo(0, 0);
                 const found = [...document.querySelectorAll('{css}')].map(one => one.getBoundingClientRect());
                 return found.length == 0 ? 'missing' : found.filter(one => one.top < 0 || one.height == 0 ||
                     one.bottom > innerHeight).map(one => one.bottom + ' of ' + innerHeight).join();"
            );
            assert_eq!(self.evaluate(&script).await, "", "{address}: {css}");
        }
    }

    pub(crate) async fn close(self) {
        self.client.close().await.expect("the browser ends");
    }
}

fn capabilities(kind: Kind, profile: &Path) -> Map<String, Value> {
    let mut options = json!({
        "args": [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--lang=en",
            "--window-size=1280,900", "--force-device-scale-factor=1",
            format!("--user-data-dir={}", profile.join("profile").display()),
        ],
    });
    if kind.is_telephone() {
        // Where no script runs, chromedriver never comes back from a tap: there the finger is a mouse.
        let touch = kind.runs_scripts();
        options["mobileEmulation"] = json!({
            "deviceMetrics": { "width": 360, "height": 740, "pixelRatio": 1.0, "touch": touch, "mobile": touch },
        });
    }
    if !kind.runs_scripts() {
        options["prefs"] = json!({ "profile.managed_default_content_settings.javascript": 2 });
    }
    let mut capabilities = Map::new();
    capabilities.insert("goog:chromeOptions".to_owned(), options);
    // The gateway's certificate is under a root of its own, which no browser has.
    capabilities.insert("acceptInsecureCerts".to_owned(), true.into());
    capabilities
}

/// axe-core, as `cargo xtask peers` fetched it.
fn axe() -> String {
    let target =
        Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it is a folder of the target folder");
    let path: PathBuf = target.join("peers/axe/node_modules/axe-core/axe.min.js");
    fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}; `cargo xtask peers` fetches it", path.display()))
}

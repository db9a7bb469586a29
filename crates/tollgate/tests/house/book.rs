//! The documents say what the code does.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use tollgate::{config::Config, reference};

#[test]
fn generated_pages_are_what_the_program_prints() {
    let pages = [
        ("reference-limits.md", reference::limits()),
        ("reference-configuration.md", reference::configuration()),
        ("reference-commands.md", reference::commands()),
        ("configuration.schema.json", reference::schema()),
    ];
    for (name, generated) in pages {
        let committed = fs::read_to_string(root().join("docs").join(name)).unwrap_or_default();
        assert!(committed == generated, "docs/{name} is out of step: run `cargo xtask docs`");
    }
}

#[test]
fn every_link_leads_somewhere() {
    let mut broken = Vec::new();
    for document in documents() {
        for link in links(&document.prose()) {
            if !leads_somewhere(&document.path, &link) {
                broken.push(format!("{}: {link}", document.path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn every_chapter_is_in_the_summary() {
    let docs = root().join("docs");
    let summary = fs::read_to_string(docs.join("SUMMARY.md")).expect("the book has a summary");
    let named: BTreeSet<_> = links(&summary).into_iter().collect();
    for document in documents().iter().filter(|document| document.path.parent() == Some(&docs)) {
        let name = document.name();
        assert!(name == "SUMMARY.md" || named.contains(&name), "docs/{name} is not in SUMMARY.md");
    }
}

#[test]
fn every_configuration_shown_is_one() {
    let mut shown = 0;
    for document in documents() {
        for text in document.blocks("toml") {
            shown += 1;
            if let Err(error) = Config::parse(&text, Path::new("tollgate.toml")) {
                panic!("{}:\n{text}\n{error}", document.path.display());
            }
        }
    }
    assert!(shown > 3, "only {shown} configurations are shown");
}

#[test]
fn every_metric_is_documented_and_every_documented_metric_exists() {
    let recorded: BTreeSet<_> = sources().iter().flat_map(|source| metrics_recorded(source)).collect();
    let page = fs::read_to_string(root().join("docs/management-api.md")).expect("the page exists");
    let documented: BTreeSet<_> =
        page.split('`').filter(|word| word.starts_with("tollgate_")).map(ToOwned::to_owned).collect();
    assert!(recorded.len() > 10, "only {recorded:?} were found");
    assert_eq!(recorded, documented);
}

/// The workspace's folder.
fn root() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    folder.canonicalize().expect("the workspace is there")
}

/// A Markdown file.
struct Document {
    path: PathBuf,
    text: String,
}

impl Document {
    fn name(&self) -> String {
        self.path.file_name().expect("it is a file").to_string_lossy().into_owned()
    }

    /// Everything outside of code blocks.
    fn prose(&self) -> String {
        let outside = self.text.split("\n```").step_by(2);
        outside.collect::<Vec<_>>().join("\n")
    }

    /// The code blocks in a language.
    fn blocks(&self, language: &str) -> Vec<String> {
        let inside = self.text.split("\n```").skip(1).step_by(2);
        inside
            .filter_map(|block| block.strip_prefix(language)?.strip_prefix('\n'))
            .map(str::to_owned)
            .collect()
    }
}

/// The documents beside the code, and the book.
fn documents() -> Vec<Document> {
    let folders = [root(), root().join("docs")];
    let files = folders.iter().flat_map(|folder| files_in(folder));
    let markdown = files.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    markdown
        .map(|path| Document { text: fs::read_to_string(&path).expect("a document is text"), path })
        .collect()
}

/// What `[text](target)` leads to.
fn links(text: &str) -> Vec<String> {
    let targets = text.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0));
    targets.map(str::to_owned).collect()
}

/// Whether a link inside the repository has a file, and a heading or anchor, to lead to.
fn leads_somewhere(from: &Path, link: &str) -> bool {
    if link.starts_with("https://") {
        return true;
    }
    let (file, fragment) = link.split_once('#').unwrap_or((link, ""));
    let path = match file {
        "" => from.to_owned(),
        file => from.parent().expect("it is a file in a folder").join(file),
    };
    if fragment.is_empty() {
        return path.exists();
    }
    let text = fs::read_to_string(path).unwrap_or_default();
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings.map(slug).any(|slug| slug == fragment) || text.contains(&format!("<a id=\"{fragment}\">"))
}

/// As GitHub and mdBook name the anchor of a heading.
fn slug(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = words.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// The text of every source file that ends up in the program.
fn sources() -> Vec<String> {
    let crates = fs::read_dir(root().join("crates")).expect("the workspace has crates");
    let mut folders: Vec<_> = crates.filter_map(|entry| Some(entry.ok()?.path().join("src"))).collect();
    let mut texts = Vec::new();
    while let Some(folder) = folders.pop() {
        for path in files_in(&folder) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                texts.push(fs::read_to_string(path).expect("a source is text"));
            }
        }
    }
    texts
}

/// The names after `counter!(`, `gauge!(` and `histogram!(`.
fn metrics_recorded(source: &str) -> Vec<String> {
    let calls =
        ["counter!(", "gauge!(", "histogram!("].into_iter().flat_map(|call| source.split(call).skip(1));
    let names = calls.filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next());
    names.filter(|name| name.starts_with("tollgate_")).map(str::to_owned).collect()
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    paths
}

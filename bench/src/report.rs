//! Tables, and where they are kept.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

/// The middle of the figures.
pub fn median(figures: &mut [f64]) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// A Markdown table.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let head: Vec<_> = head.iter().map(|cell| (*cell).to_owned()).collect();
    let rule = format!("|{}\n", "---|".repeat(head.len()));
    line(&head) + &rule + &rows.iter().map(|row| line(row)).collect::<String>()
}

/// The folder of plots and results.
pub fn figures() -> PathBuf {
    docs().join("figures")
}

/// Replaces what stands between the markers of `section` in docs/performance.md.
pub fn keep(section: &str, text: &str, results: &serde_json::Value) -> Result<()> {
    let (begin, end) = (format!("<!-- bench {section} -->"), format!("<!-- end bench {section} -->"));
    let file = docs().join("performance.md");
    let page = fs::read_to_string(&file)?;
    let (before, rest) = page.split_once(&begin).with_context(|| format!("{begin} is missing"))?;
    let (_, after) = rest.split_once(&end).with_context(|| format!("{end} is missing"))?;
    fs::write(&file, format!("{before}{begin}\n\n{}\n\n{end}{after}", text.trim()))?;

    fs::create_dir_all(figures())?;
    let results = serde_json::to_string_pretty(results)? + "\n";
    Ok(fs::write(figures().join(format!("{section}.json")), results)?)
}

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs")
}

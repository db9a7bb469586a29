//! The pages of the book that are made from the program itself, so that they cannot be wrong.

use std::{collections::BTreeSet, fmt::Write as _};

use clap::CommandFactory;
use serde_json::{Map, Value};
use tollgate_policy::{Policy, limit::LimitName, preset::Preset, view::LimitInForce};

use crate::{cli::Cli, config::RawConfig};

const GENERATED: &str = "<!-- Made by `cargo xtask docs`; change the code instead. -->\n\n";

/// Every limit, and its numbers in each preset.
#[must_use]
pub fn limits() -> String {
    let mut page = format!("# Limits\n\n{GENERATED}");
    page.push_str(
        "A number is written `count / period`: so many units come back in every period, one by one; `burst` is the most that \
         can be spent at once and equals the count where it is not named. A refusal links to the section named here.\n",
    );
    let mut anchors = BTreeSet::new();
    for name in LimitName::ALL {
        // Two limits share a section where a client cannot tell them apart.
        if anchors.insert(name.reference().anchor) {
            let _ = writeln!(page, "\n<a id=\"{}\"></a>", name.reference().anchor);
        }
        limit(&mut page, name);
    }
    requests(&mut page);
    page
}

fn limit(page: &mut String, name: LimitName) {
    let about = name.reference();
    let _ = writeln!(page, "\n## {}\n\n{}\n", about.title, about.counts);
    let _ = writeln!(page, "| | |\n|---|---|\n| configuration | `[limits.{}]` |", about.name);
    let _ = writeln!(page, "| counted by | {} |", about.key);
    let _ = writeln!(page, "| checked at | {} |\n| spent at | {} |", about.checked_at, about.spent_at);
    let _ =
        writeln!(page, "| override | {} |", about.overridable_per.unwrap_or("none in the published policy"));
    for preset in Preset::ALL {
        let in_force = Policy::preset(preset).limits_in_force();
        let numbers = in_force.limits.iter().find(|limit| limit.name == name).map_or("–".to_owned(), numbers);
        let _ = writeln!(page, "| `{}` | {numbers} |", preset.as_str());
    }
}

fn numbers(limit: &LimitInForce) -> String {
    let mut text = format!("{} / {}", limit.count, limit.period.text);
    if limit.burst != limit.count {
        let _ = write!(text, ", burst {}", limit.burst);
    }
    text
}

fn requests(page: &mut String) {
    page.push_str("\n## Overall requests\n\nPer client address and second, `rate / burst`, answered with the status beside it.\n\n| resource |");
    for preset in Preset::ALL {
        let _ = write!(page, " `{}` |", preset.as_str());
    }
    let _ = writeln!(page, "\n|---|{}", "---|".repeat(Preset::ALL.len()));
    let presets = Preset::ALL.map(|preset| Policy::preset(preset).limits_in_force().requests);
    for row in &presets[0] {
        let _ = write!(page, "| `[requests.{}]` |", row.resource.as_str());
        for preset in &presets {
            let same = preset.iter().find(|other| other.resource == row.resource);
            let cell =
                same.map_or("–".to_owned(), |it| format!("{} / {}, {}", it.rate, it.burst, it.status));
            let _ = write!(page, " {cell} |");
        }
        page.push('\n');
    }
}

/// The configuration's JSON Schema.
#[must_use]
pub fn schema() -> String {
    let schema = schemars::schema_for!(RawConfig);
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is plain JSON");
    text.push('\n');
    text
}

/// The order in which a reader wants the tables; one that is not here comes after them.
const TABLES: [&str; 13] = [
    "upstream",
    "listen",
    "management",
    "limits",
    "requests",
    "renewals",
    "pausing",
    "overrides",
    "profiles",
    "messages",
    "test-ca",
    "store",
    "log",
];

/// Every key of the configuration, from the schema.
#[must_use]
pub fn configuration() -> String {
    let schema = schemars::schema_for!(RawConfig).to_value();
    let mut page = format!("# Configuration\n\n{GENERATED}{}\n", description(&schema));
    page.push_str(
        "\n`tollgate check FILE` names every mistake with file, line and key. Editors that know JSON Schema can complete and \
         check the file with [configuration.schema.json](configuration.schema.json).\n",
    );
    keys_and_tables(&mut page, &schema, &schema, "");
    page
}

/// The keys of one table, then the tables in it.
fn keys_and_tables(page: &mut String, root: &Value, object: &Value, path: &str) {
    let empty = Map::new();
    let properties = object["properties"].as_object().unwrap_or(&empty);
    let (mut tables, keys): (Vec<_>, Vec<_>) =
        properties.iter().partition(|(_, property)| Table::of(root, property).is_some());
    if !keys.is_empty() {
        page.push_str("\n| key | value | meaning |\n|---|---|---|\n");
    }
    for (key, property) in keys {
        let required = object["required"].as_array().is_some_and(|keys| keys.iter().any(|it| it == key));
        let required = if required { ", required" } else { "" };
        let kind = kind(root, property);
        let _ = writeln!(page, "| `{key}` | {kind}{required} | {} |", description(property));
    }
    if let Some(alike) = alike(root, &tables) {
        let names: Vec<_> = tables.iter().map(|(key, _)| format!("`{key}`")).collect();
        let _ = writeln!(
            page,
            "\n## `[{path}.NAME]`\n\n{} NAME is one of {}.",
            description(alike),
            names.join(", ")
        );
        keys_and_tables(page, root, alike, path);
        return;
    }
    tables.sort_by_key(|(key, _)| TABLES.iter().position(|table| table == key).unwrap_or(TABLES.len()));
    for (key, property) in tables {
        let Some(table) = Table::of(root, property) else { continue };
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        let header = match table {
            Table::One(_) => format!("[{path}]"),
            Table::Named(_) => format!("[{path}.NAME]"),
            Table::Listed(_) => format!("[[{path}]]"),
        };
        let (Table::One(inner) | Table::Named(inner) | Table::Listed(inner)) = table;
        // Where only tables follow, their heading says it all.
        if alike_inside(root, inner).is_none() {
            let _ = writeln!(page, "\n## `{header}`\n\n{}", description(property));
        }
        keys_and_tables(page, root, inner, &path);
    }
}

/// A table in the configuration file, and how its header is written.
enum Table<'a> {
    /// `[key]`
    One(&'a Value),
    /// `[key.NAME]`
    Named(&'a Value),
    /// `[[key]]`
    Listed(&'a Value),
}

impl<'a> Table<'a> {
    /// The table that a key holds, if it does.
    fn of(root: &'a Value, property: &'a Value) -> Option<Self> {
        let property = resolved(root, property);
        let object = |inner: &'a Value| Some(resolved(root, inner)).filter(|it| it["properties"].is_object());
        object(property)
            .map(Self::One)
            .or_else(|| object(&property["additionalProperties"]).map(Self::Named))
            .or_else(|| object(&property["items"]).map(Self::Listed))
    }
}

/// What several tables have in common: all of them are described by one definition.
fn alike<'a>(root: &'a Value, tables: &[(&String, &'a Value)]) -> Option<&'a Value> {
    let mut definitions = tables.iter().map(|(_, property)| resolved(root, property));
    let first = definitions.next()?;
    (tables.len() > 1 && definitions.all(|other| std::ptr::eq(first, other))).then_some(first)
}

/// The same for a table that has no keys of its own.
fn alike_inside<'a>(root: &'a Value, object: &'a Value) -> Option<&'a Value> {
    alike(root, &object["properties"].as_object()?.iter().collect::<Vec<_>>())
}

/// Behind a reference, or behind `anyOf` with null.
fn resolved<'a>(root: &'a Value, value: &'a Value) -> &'a Value {
    let value = value["anyOf"].as_array().and_then(|any| any.first()).unwrap_or(value);
    match value["$ref"].as_str().and_then(|path| path.strip_prefix('#')) {
        Some(pointer) => root.pointer(pointer).unwrap_or(value),
        None => value,
    }
}

/// In one line, fit for the cell of a table.
fn description(value: &Value) -> String {
    value["description"].as_str().unwrap_or_default().replace('\n', " ").replace('|', "\\|")
}

/// What may be written as the value of a key.
fn kind(root: &Value, property: &Value) -> String {
    let property = resolved(root, property);
    if let Some(words) = words(property) {
        return words;
    }
    match type_name(property) {
        Some("array") => format!("list of {}s", kind(root, &property["items"])),
        Some("object") => format!("table of {}", kind(root, &property["additionalProperties"])),
        Some(name) => name.to_owned(),
        None => "string".to_owned(),
    }
}

/// The words of an enumeration.
fn words(property: &Value) -> Option<String> {
    let of_each = property["oneOf"].as_array().map(|each| each.iter().map(|one| &one["const"]).collect());
    let words: Vec<_> =
        of_each.or_else(|| property["enum"].as_array().map(|words| words.iter().collect()))?;
    let quoted = words.into_iter().filter_map(Value::as_str).map(|word| format!("`\"{word}\"`"));
    Some(quoted.collect::<Vec<_>>().join(", "))
}

/// The JSON type, null aside.
fn type_name(property: &Value) -> Option<&str> {
    match &property["type"] {
        Value::Array(names) => names.iter().filter_map(Value::as_str).find(|name| *name != "null"),
        name => name.as_str(),
    }
}

/// Every command and its help, as the program prints it.
#[must_use]
pub fn commands() -> String {
    let mut page = format!("# Commands\n\n{GENERATED}");
    let mut cli = Cli::command().term_width(100);
    cli.build();
    command(&mut page, &mut cli, 2);
    page
}

fn command(page: &mut String, command: &mut clap::Command, level: usize) {
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name()).to_owned();
    let help = command.render_long_help().to_string();
    let help: Vec<_> = help.lines().map(str::trim_end).collect();
    let _ = writeln!(page, "{} {name}\n\n```text\n{}\n```\n", "#".repeat(level), help.join("\n").trim_end());
    for inner in
        command.get_subcommands_mut().filter(|inner| !inner.is_hide_set() && inner.get_name() != "help")
    {
        self::command(page, inner, level + 1);
    }
}

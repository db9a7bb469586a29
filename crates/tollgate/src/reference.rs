//! The pages of the book that are made from the program itself, so that they cannot be wrong.

use std::fmt::Write as _;

use clap::CommandFactory;
use serde_json::{Map, Value};
use tollgate_policy::{Policy, limit::LimitName, preset::Preset, view::LimitInForce};

use crate::{cli::Cli, config::RawConfig};

const GENERATED: &str = "<!-- Made by `cargo xtask docs`; change the code instead. -->\n\n";

/// Every limit, and its numbers in each preset.
pub(crate) fn limits() -> String {
    let mut page = format!("# Limits\n\n{GENERATED}");
    page.push_str(
        "A number is written `count / period`: so many units come back in every period, one by one; `burst` is the most that \
         can be spent at once and equals the count where it is not named. A refusal links to the section named here.\n",
    );
    for name in LimitName::ALL {
        limit(&mut page, name);
    }
    requests(&mut page);
    page
}

fn limit(page: &mut String, name: LimitName) {
    let about = name.reference();
    let _ = writeln!(page, "\n<a id=\"{}\"></a>\n\n## {}\n\n{}\n", about.anchor, about.title, about.counts);
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
pub(crate) fn schema() -> String {
    let schema = schemars::schema_for!(RawConfig);
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is plain JSON");
    text.push('\n');
    text
}

/// Every key of the configuration, from the schema.
pub(crate) fn configuration() -> String {
    let schema = schemars::schema_for!(RawConfig).to_value();
    let mut page = format!("# Configuration\n\n{GENERATED}{}\n", description(&schema));
    page.push_str("\n`tollgate check FILE` names every mistake with file, line and key.\n");
    section(&mut page, &schema, &schema, "");
    page
}

/// The keys of one table, then its tables.
fn section(page: &mut String, root: &Value, object: &Value, path: &str) {
    let empty = Map::new();
    let properties = object["properties"].as_object().unwrap_or(&empty);
    let (tables, keys): (Vec<_>, Vec<_>) =
        properties.iter().partition(|(_, property)| table_of(root, property).is_some());
    if !keys.is_empty() {
        page.push_str("\n| key | type | meaning |\n|---|---|---|\n");
        for (key, property) in keys {
            let meaning = description(property).replace('\n', " ");
            let _ = writeln!(page, "| `{key}` | {} | {meaning} |", kind(root, property));
        }
    }
    for (key, property) in tables {
        let Some((inner, suffix)) = table_of(root, property) else { continue };
        let path = if path.is_empty() { format!("{key}{suffix}") } else { format!("{path}.{key}{suffix}") };
        let header =
            if suffix == "[]" { format!("[[{}]]", path.trim_end_matches("[]")) } else { format!("[{path}]") };
        let _ = writeln!(page, "\n## `{header}`\n\n{}", description(property));
        section(page, root, inner, &path);
    }
}

/// The table a key holds, and what follows the key in its header: nothing, `.NAME` for a map, `[]` for a list.
fn table_of<'a>(root: &'a Value, property: &'a Value) -> Option<(&'a Value, &'static str)> {
    let property = resolved(root, property);
    if property["properties"].is_object() {
        return Some((property, ""));
    }
    let of = |inner: &'a Value| Some(resolved(root, inner)).filter(|inner| inner["properties"].is_object());
    let map = of(&property["additionalProperties"]).map(|inner| (inner, ".NAME"));
    map.or_else(|| of(&property["items"]).map(|inner| (inner, "[]")))
}

/// Behind a reference, or behind `anyOf` with null.
fn resolved<'a>(root: &'a Value, value: &'a Value) -> &'a Value {
    let value = value["anyOf"].as_array().and_then(|any| any.first()).unwrap_or(value);
    match value["$ref"].as_str().and_then(|path| path.strip_prefix('#')) {
        Some(pointer) => root.pointer(pointer).unwrap_or(value),
        None => value,
    }
}

fn description(value: &Value) -> String {
    value["description"].as_str().unwrap_or_default().to_owned()
}

fn kind(root: &Value, property: &Value) -> String {
    let property = resolved(root, property);
    let words = |value: &Value| value.as_str().map(|word| format!("`\"{word}\"`"));
    if let Some(choices) = property["oneOf"].as_array() {
        return choices.iter().filter_map(|choice| words(&choice["const"])).collect::<Vec<_>>().join(", ");
    }
    if let Some(choices) = property["enum"].as_array() {
        return choices.iter().filter_map(words).collect::<Vec<_>>().join(", ");
    }
    match &property["type"] {
        Value::String(kind) if kind == "array" => format!("list of {}", kind_of_items(root, property)),
        Value::String(kind) if kind == "object" => "table".to_owned(),
        Value::String(kind) => kind.clone(),
        Value::Array(kinds) => kinds
            .iter()
            .filter_map(Value::as_str)
            .find(|kind| *kind != "null")
            .map_or_else(String::new, |kind| {
                if kind == "array" {
                    format!("list of {}", kind_of_items(root, property))
                } else {
                    kind.to_owned()
                }
            }),
        _ => "string".to_owned(),
    }
}

fn kind_of_items(root: &Value, property: &Value) -> String {
    kind(root, &property["items"])
}

/// Every command and its help, as the program prints it.
pub(crate) fn commands() -> String {
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

//! What people read in a terminal instead of JSON.

use std::fmt::Write as _;

use serde_json::Value;
use tollgate_policy::view::{LimitInForce, LimitsInForce};
use tollgate_service::api::{AuditView, OverrideView, PauseView, RequestView};

/// The limits in force.
pub(crate) fn limits(limits: &LimitsInForce) -> String {
    let mut text = format!("preset {}, explained on {}\n\n", limits.preset.as_str(), limits.docs);
    let header = ["LIMIT", "COUNTED BY", "NUMBER", "BURST", "SPENT AT", "WITHOUT STORE"];
    let rows: Vec<_> = limits.limits.iter().map(limit_row).collect();
    text.push_str(&aligned(header, &rows));
    text.push('\n');

    let header = ["REQUESTS", "A SECOND", "BURST", "ANSWER", ""];
    let rows = limits.requests.iter().map(|limit| {
        let observed = if limit.enforced { "" } else { "only observed" };
        [
            limit.resource.as_str().to_owned(),
            limit.rate.to_string(),
            limit.burst.to_string(),
            limit.status.to_string(),
            observed.to_owned(),
        ]
    });
    text.push_str(&aligned(header, &rows.collect::<Vec<_>>()));
    let _ = writeln!(
        text,
        "\nRequests count by client address, IPv6 by /{}. An order may have {} identifiers.",
        limits.requests_ipv6_prefix, limits.identifiers_per_certificate
    );
    text
}

fn limit_row(limit: &LimitInForce) -> [String; 6] {
    let number = format!("{} / {}", limit.count, limit.period.text);
    let number = if limit.enforced { number } else { format!("{number} (only observed)") };
    let away = format!("{:?}", limit.on_store_failure).to_lowercase();
    [
        limit.name.as_str().to_owned(),
        limit.key.to_owned(),
        number,
        limit.burst.to_string(),
        limit.spent_at.to_owned(),
        away,
    ]
}

/// The faults in waiting, as the management API lists them.
pub(crate) fn faults(faults: &[Value]) -> String {
    if faults.is_empty() {
        return "no faults wait\n".to_owned();
    }
    let rows: Vec<_> = faults
        .iter()
        .map(|waiting| {
            let fault = &waiting["fault"];
            let what = fault.as_object().into_iter().flatten();
            let what = what.filter(|(key, _)| !["on", "times", "after"].contains(&key.as_str()));
            let what: Vec<_> = what.map(|(key, value)| format!("{key}={value}")).collect();
            [
                waiting["id"].to_string(),
                fault["on"].as_str().unwrap_or_default().to_owned(),
                what.join(" "),
                waiting["letsThrough"].to_string(),
                waiting["strikes"].to_string(),
            ]
        })
        .collect();
    aligned(["ID", "ON", "WHAT", "LETS THROUGH", "STRIKES"], &rows)
}

/// Overrides, one to a line.
pub(crate) fn overrides(overrides: &[OverrideView]) -> String {
    if overrides.is_empty() {
        return "no overrides are stored\n".to_owned();
    }
    let rows: Vec<_> = overrides
        .iter()
        .map(|it| {
            [
                it.limit.clone(),
                plain(&it.subject),
                format!("{} / {}", it.count, it.period),
                it.burst.to_string(),
                it.expires.map_or_else(|| "never".to_owned(), moment),
                plain(&it.author),
                plain(&it.reason),
            ]
        })
        .collect();
    aligned(["LIMIT", "SUBJECT", "NUMBER", "BURST", "EXPIRES", "AUTHOR", "REASON"], &rows)
}

/// One override, a line for each of its parts.
pub(crate) fn r#override(it: &OverrideView) -> String {
    lines(&[
        ("limit", it.limit.clone()),
        ("subject", it.subject.clone()),
        ("number", format!("{} / {}, burst {}", it.count, it.period, it.burst)),
        ("expires", it.expires.map_or_else(|| "never".to_owned(), moment)),
        ("author", it.author.clone()),
        ("reason", it.reason.clone()),
        ("changed", moment(it.changed)),
    ])
}

/// Override requests, one to a line.
pub(crate) fn requests(requests: &[RequestView]) -> String {
    if requests.is_empty() {
        return "no override requests wait\n".to_owned();
    }
    let rows: Vec<_> = requests
        .iter()
        .map(|it| {
            [
                it.id.to_string(),
                it.state.clone(),
                moment(it.requested),
                it.limit.clone(),
                plain(&it.subject),
                it.tier.to_string(),
                plain(&it.organisation),
            ]
        })
        .collect();
    aligned(["ID", "STATE", "REQUESTED", "LIMIT", "SUBJECT", "TIER", "ORGANISATION"], &rows)
}

/// One override request, a line for each of its parts.
pub(crate) fn request(it: &RequestView) -> String {
    let mut parts = vec![
        ("id", it.id.to_string()),
        ("state", it.state.clone()),
        ("limit", it.limit.clone()),
        ("subject", it.subject.clone()),
        ("tier", format!("{} / 7d", it.tier)),
        ("requested", moment(it.requested)),
        ("e-mail", it.email.clone()),
        ("organisation", it.organisation.clone()),
        ("use case", it.use_case.clone()),
    ];
    if let (Some(decided), Some(author), Some(reason)) = (it.decided, &it.author, &it.reason) {
        parts.extend([("decided", moment(decided)), ("by", author.clone()), ("reason", reason.clone())]);
    }
    lines(&parts)
}

/// Paused pairs.
pub(crate) fn pauses(pauses: &[PauseView]) -> String {
    if pauses.is_empty() {
        return "nothing is paused\n".to_owned();
    }
    let rows: Vec<_> =
        pauses.iter().map(|it| [plain(&it.account), it.identifier.clone(), moment(it.since)]).collect();
    aligned(["ACCOUNT", "IDENTIFIER", "SINCE"], &rows)
}

/// Changes, the latest first.
pub(crate) fn audit(entries: &[AuditView]) -> String {
    if entries.is_empty() {
        return "nothing was changed yet\n".to_owned();
    }
    let json = |value: &Option<Value>| value.as_ref().map_or_else(|| "-".to_owned(), Value::to_string);
    let rows: Vec<_> = entries
        .iter()
        .map(|it| {
            [
                it.id.to_string(),
                moment(it.at),
                plain(&it.who),
                it.what.clone(),
                plain(&it.subject),
                plain(&it.why),
                json(&it.before),
                json(&it.after),
            ]
        })
        .collect();
    aligned(["ID", "AT", "WHO", "WHAT", "SUBJECT", "WHY", "BEFORE", "AFTER"], &rows)
}

fn moment(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// Text of strangers on one line, which can neither move the cursor nor start a new row.
fn plain(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

fn lines(parts: &[(&str, String)]) -> String {
    let mut text = String::new();
    for (name, value) in parts {
        let _ = writeln!(text, "{name:<13} {}", plain(value));
    }
    text
}

/// Columns as wide as their widest cell, two spaces apart.
fn aligned<const N: usize>(header: [&str; N], rows: &[[String; N]]) -> String {
    let widths: [usize; N] = std::array::from_fn(|column| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([header[column].len()]).max().unwrap_or(0)
    });
    let mut text = String::new();
    for row in std::iter::once(header.map(str::to_owned)).chain(rows.iter().cloned()) {
        let line: Vec<_> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        text.push_str(line.join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use tollgate_policy::{Policy, preset::Preset};

    use super::*;

    #[test]
    fn the_limits_of_each_preset_are_read_in_two_tables() {
        for preset in Preset::ALL {
            insta::assert_snapshot!(preset.as_str(), limits(&Policy::preset(preset).limits_in_force()));
        }
    }

    #[test]
    fn faults_in_waiting_are_read_in_a_table() {
        let waiting = serde_json::json!([
            {"id": 1, "fault": {"on": "newOrder", "status": 503, "times": 2, "after": 1}, "letsThrough": 1, "strikes": 2},
            {"id": 12, "fault": {"on": "any", "badNonce": true, "times": 3, "after": 0}, "letsThrough": 0, "strikes": 3},
        ]);
        insta::assert_snapshot!(faults(waiting.as_array().unwrap()), @r"
        ID  ON        WHAT           LETS THROUGH  STRIKES
        1   newOrder  status=503     1             2
        12  any       badNonce=true  0             3
        ");
        assert_eq!(faults(&[]), "no faults wait\n");
    }
}

//! Overrides as CSV (RFC 4180), one to a line under a header.
//!
//! `limit,subject,count,burst,period,author,reason,expires`; the last three may be missing or empty.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tollgate_engine::Quota;
use tollgate_policy::{
    duration::{go_duration, parse_duration},
    limit::LimitName,
};

use super::{Place, Read, ReadError, Row, Skipped, expiry, within_bounds};

/// A line, as written.
#[derive(Debug, Deserialize, Serialize)]
struct Line {
    limit: String,
    subject: String,
    count: String,
    burst: String,
    period: String,
    #[serde(default)]
    author: Option<String>,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    expires: Option<String>,
}

/// Reads a CSV file.
///
/// # Errors
///
/// [`ReadError`]: it is too large, or its header lacks a column.
pub fn read_overrides(file: &str) -> Result<Read, ReadError> {
    within_bounds(file)?;
    let mut read = Read::default();
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(file.as_bytes());
    let header = reader.headers().map_err(|error| ReadError::Form { problem: error.to_string() })?.clone();
    if header.is_empty() {
        return Ok(read);
    }
    for column in ["limit", "subject", "count", "burst", "period"] {
        if !header.iter().any(|name| name == column) {
            return Err(ReadError::Form { problem: format!("line 1: the column {column:?} is missing") });
        }
    }
    for record in reader.records() {
        let record = record.map_err(|error| ReadError::Form { problem: error.to_string() })?;
        let line = record.position().map_or(0, csv::Position::line);
        let name = record.get(1).filter(|name| !name.is_empty()).map(str::to_owned);
        let place = Place { line, name };
        let written = record.deserialize::<Line>(Some(&header)).map_err(|error| error.to_string());
        match written.and_then(|written| row(&written, place.clone())) {
            Ok(row) => read.rows.push(row),
            Err(problem) => read.skipped.push(Skipped { place, problem }),
        }
    }
    Ok(read)
}

/// Writes overrides, header first.
#[must_use]
pub fn write_overrides(rows: &[Row]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        let line = Line {
            limit: row.limit.to_string(),
            subject: row.subject.clone(),
            count: row.count.to_string(),
            burst: row.burst.to_string(),
            period: go_duration(row.period),
            author: row.author.as_deref().map(inert),
            reason: Some(inert(&row.reason)),
            expires: row.expires.map(|expires| expires.to_string()),
        };
        writer.serialize(line).expect("memory takes everything");
    }
    let bytes = writer.into_inner().expect("memory takes everything");
    String::from_utf8(bytes).expect("it was written from strings")
}

/// Free text that a spreadsheet would take for a formula, made plain text by a leading apostrophe.
fn inert(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

fn row(written: &Line, place: Place) -> Result<Row, String> {
    let limit =
        LimitName::of(&written.limit).ok_or_else(|| format!("there is no limit {:?}", written.limit))?;
    if written.subject.is_empty() {
        return Err("the subject is missing".to_owned());
    }
    let (count, burst) = (number("count", &written.count)?, number("burst", &written.burst)?);
    let period = period(&written.period)?;
    Quota::new(count, period, burst).map_err(|error| error.to_string())?;
    let given = |field: &Option<String>| field.clone().filter(|text| !text.is_empty());
    Ok(Row {
        place,
        limit,
        subject: written.subject.clone(),
        count,
        burst,
        period,
        author: given(&written.author),
        reason: given(&written.reason).unwrap_or_default(),
        expires: given(&written.expires).map(|text| expiry(&text)).transpose()?,
    })
}

fn number(column: &str, text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("{column}: {text:?} is no whole number"))
}

fn period(text: &str) -> Result<Duration, String> {
    parse_duration(text).map_err(|error| format!("period: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
limit,subject,count,burst,period,author,reason,expires
new-orders-per-account,/acme/acct/7,1000,1000,7d,the desk,\"a hoster, large\",2027-06-30
certificates-per-registered-domain,example.com,300,300,168h0m0s,,,
";

    #[test]
    fn lines_are_read_with_their_quotes_and_dates() {
        let read = read_overrides(FILE).unwrap();
        assert_eq!(read.skipped, []);
        assert_eq!(read.rows.len(), 2);
        let first = &read.rows[0];
        assert_eq!((first.count, first.period), (1000, Duration::from_secs(7 * 86_400)));
        assert_eq!((first.author.as_deref(), first.reason.as_str()), (Some("the desk"), "a hoster, large"));
        assert_eq!(first.expires.unwrap().to_string(), "2027-06-30T00:00:00Z");
        assert_eq!((&read.rows[1].author, read.rows[1].expires), (&None, None));
    }

    #[test]
    fn columns_may_stand_in_another_order_and_the_last_three_be_missing() {
        let file =
            "subject,limit,period,burst,count\nexample.com,certificates-per-registered-domain,7d,2,1\n";
        let row = read_overrides(file).unwrap().rows.remove(0);
        assert_eq!((row.count, row.burst, row.subject.as_str()), (1, 2, "example.com"));
    }

    #[test]
    fn bad_line_is_named_and_skipped_and_the_rest_is_taken() {
        let file = "limit,subject,count,burst,period\nnope,a,1,1,7d\nnew-orders-per-account,/a/1,x,1,7d\n\
                    new-orders-per-account,/a/2,1,1,7\nnew-orders-per-account,,1,1,7d\nshort\n\
                    new-orders-per-account,/a/3,0,1,7d\nnew-orders-per-account,/a/4,1,1,7d\n";
        let read = read_overrides(file).unwrap();
        assert_eq!(read.rows.iter().map(|row| row.subject.as_str()).collect::<Vec<_>>(), ["/a/4"]);
        let lines: Vec<_> = read.skipped.iter().map(|skipped| skipped.place.line).collect();
        assert_eq!(lines, [2, 3, 4, 5, 6, 7]);
        assert_eq!(read.skipped[1].to_string(), "line 3 (/a/1): count: \"x\" is no whole number");
    }

    #[test]
    fn empty_file_holds_nothing_and_a_missing_column_is_named() {
        for empty in ["", "limit,subject,count,burst,period\n"] {
            assert_eq!(read_overrides(empty).unwrap(), Read::default());
        }
        let error = read_overrides("limit,count\n").unwrap_err();
        assert_eq!(error.to_string(), "line 1: the column \"subject\" is missing");
    }

    #[test]
    fn what_is_written_is_read_again_the_same_and_starts_no_formula() {
        let mut rows = read_overrides(FILE).unwrap().rows;
        assert_eq!(read_overrides(&write_overrides(&rows)).unwrap().rows, rows);
        rows[0].reason = "=cmd()".to_owned();
        assert!(write_overrides(&rows).contains(",'=cmd(),"));
    }
}

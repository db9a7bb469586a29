//! Refusals over time, as a picture.

use std::collections::BTreeMap;

use jiff::Timestamp;
use plotters::prelude::*;

const SIZE: (u32, u32) = (1000, 320);
const HOUR_SECONDS: i64 = 3600;

/// A stacked bar for each hour, a colour for each limit; SVG. Nothing in it comes from a client: limits have
/// names of ours.
pub(super) fn refusals(hours: &[(Timestamp, String, u64)], since: Timestamp, now: Timestamp) -> String {
    let mut svg = String::new();
    if draw(&mut svg, hours, since, now).is_err() {
        // Memory takes every drawing; the table below tells the same numbers.
        return String::new();
    }
    svg.replacen("<svg ", "<svg role=\"img\" aria-label=\"Refusals by hour and limit\" ", 1)
}

type Drawn = Result<(), Box<dyn std::error::Error>>;

fn draw(svg: &mut String, hours: &[(Timestamp, String, u64)], since: Timestamp, now: Timestamp) -> Drawn {
    let hour = |moment: Timestamp| moment.as_second().div_euclid(HOUR_SECONDS);
    let mut totals: BTreeMap<i64, u64> = BTreeMap::new();
    for (at, _, number) in hours {
        *totals.entry(hour(*at)).or_default() += number;
    }
    let most = totals.values().copied().max().unwrap_or(0).max(1);

    let root = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .margin(8)
        .x_label_area_size(28)
        .y_label_area_size(56)
        .build_cartesian_2d(hour(since)..hour(now) + 1, 0..most + most / 8 + 1)?;
    let day = |hour: &i64| {
        let moment = Timestamp::from_second(hour * HOUR_SECONDS).unwrap_or(Timestamp::UNIX_EPOCH);
        moment.strftime("%d %b %H:00").to_string()
    };
    chart.configure_mesh().disable_x_mesh().x_labels(8).x_label_formatter(&day).draw()?;

    let mut limits: Vec<&str> = hours.iter().map(|(_, limit, _)| limit.as_str()).collect();
    limits.sort_unstable();
    limits.dedup();
    let mut base: BTreeMap<i64, u64> = BTreeMap::new();
    for (index, limit) in limits.iter().enumerate() {
        let colour = Palette99::pick(index).filled();
        let bars: Vec<_> = hours
            .iter()
            .filter(|(_, name, _)| name == limit)
            .map(|(at, _, number)| {
                let from = base.entry(hour(*at)).or_default();
                let bar = Rectangle::new([(hour(*at), *from), (hour(*at) + 1, *from + number)], colour);
                *from += number;
                bar
            })
            .collect();
        chart
            .draw_series(bars)?
            .label(*limit)
            .legend(move |(x, y)| Rectangle::new([(x, y - 5), (x + 10, y + 5)], colour));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.85))
        .border_style(BLACK.mix(0.2))
        .draw()?;
    root.present()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_hour_has_a_bar_and_each_limit_a_colour() {
        let at = |hour: i64| Timestamp::from_second(1_795_428_000 + hour * HOUR_SECONDS).unwrap();
        let hours = [
            (at(0), "new-orders-per-account".to_owned(), 3),
            (at(0), "paused".to_owned(), 1),
            (at(5), "paused".to_owned(), 9),
        ];
        let svg = refusals(&hours, at(-100), at(6));
        assert!(svg.starts_with("<svg role=\"img\"") && svg.trim_end().ends_with("</svg>"), "{svg}");
        for told in ["new-orders-per-account", "paused"] {
            assert_eq!(svg.matches(told).count(), 1, "{told} in the legend: {svg}");
        }
        assert!(!svg.contains("style="), "the page's policy forbids it: {svg}");
        assert!(refusals(&[], at(-100), at(6)).contains("</svg>"));
    }
}

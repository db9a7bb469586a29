//! What a decision costs from one to a hundred million buckets, and how long an insertion stalls.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, anyhow};
use plotters::prelude::*;
use serde_json::json;
use tollgate_engine::Timestamp;

use crate::{
    contestant::Tollgate,
    machine,
    report::{self, median},
};

const DECISIONS: u64 = 200_000;
const ROUNDS: usize = 5;

/// Buckets, before each of which it is filled further.
const SIZES: [u64; 7] = [1_000_000, 3_000_000, 10_000_000, 20_000_000, 30_000_000, 60_000_000, 100_000_000];

/// Buckets of a batch and threads, and how the plot names them.
const SERIES: [(usize, usize, &str); 4] = [
    (1, 1, "one bucket, one thread"),
    (1, 2, "one bucket, two threads"),
    (4, 1, "batch of 4, one thread"),
    (4, 2, "batch of 4, two threads"),
];

struct Point {
    buckets: u64,
    nanos: [f64; SERIES.len()],
    bytes: f64,
    stall: Duration,
    stall_999: Duration,
}

pub fn run(quick: bool) -> Result<()> {
    let sizes = if quick { &[20_000, 50_000][..] } else { &SIZES };
    let machine = machine::describe();
    let points = measure(sizes);

    let head = [
        "buckets",
        "one, 1 thread",
        "one, 2",
        "batch of 4, 1",
        "batch of 4, 2",
        "bytes a bucket",
        "longest insertion",
        "99.9 %",
    ];
    let rows: Vec<_> = points.iter().map(Point::row).collect();
    let page = format!(
        "{machine}. Uniform access, every bucket is spent from.\n\n{}\nLoad average at the end {:.2}.\n\n\
         ![The cost of a decision](figures/scale.svg)\n",
        report::table(&head, &rows),
        machine::load()
    );
    println!("{page}");
    if quick {
        return Ok(());
    }
    let figures: Vec<_> = points
        .iter()
        .map(|point| {
            json!({
                "buckets": point.buckets, "ns": point.nanos, "bytes_per_bucket": point.bytes,
                "longest_insertion_us": point.stall.as_micros(),
                "insertion_p999_us": point.stall_999.as_secs_f64() * 1e6,
            })
        })
        .collect();
    report::keep("scale", &page, &json!({"machine": machine, "figures": figures}))?;
    plot(&points)
}

impl Point {
    fn row(&self) -> Vec<String> {
        let mut row = vec![format!("{} M", self.buckets as f64 / 1e6)];
        row.extend(self.nanos.iter().map(|nanos| format!("{nanos:.0} ns")));
        row.push(format!("{:.1}", self.bytes));
        row.push(format!("{:.2} ms", self.stall.as_secs_f64() * 1e3));
        row.push(format!("{:.1} µs", self.stall_999.as_secs_f64() * 1e6));
        row
    }
}

fn measure(sizes: &[u64]) -> Vec<Point> {
    let before = machine::resident();
    let tollgate = Tollgate::new(*sizes.last().expect("there are sizes"));
    let (mut filled, mut points) = (0, Vec::new());
    for buckets in sizes.iter().copied() {
        let (stall, stall_999) = fill(&tollgate, filled, buckets);
        filled = buckets;
        let bytes = (machine::resident() - before) as f64 / buckets as f64;
        let mut samples = [const { Vec::new() }; SERIES.len()];
        for round in 0..ROUNDS {
            for (series, (batch, threads, _)) in SERIES.into_iter().enumerate() {
                samples[series].push(timed(&tollgate, buckets, batch, threads, round as u64));
            }
        }
        let point =
            Point { buckets, nanos: samples.map(|mut all| median(&mut all)), bytes, stall, stall_999 };
        println!("{}", point.row().join("  "));
        points.push(point);
    }
    points
}

/// A moment that stands still, so that no bucket expires while the others are filled in.
const T0: Timestamp = Timestamp::from_secs(1_795_000_000);

/// Inserts buckets and says how long the longest insertion took, and 99.9 % of them at most.
fn fill(tollgate: &Tollgate, from: u64, to: u64) -> (Duration, Duration) {
    // Microseconds, by twentieths; the last holds everything longer.
    let (mut longest, mut histogram) = (Duration::ZERO, vec![0_u64; 20_000]);
    for number in from..to {
        let start = Instant::now();
        tollgate.decide_all(&[tollgate.entry(number)], T0);
        let took = start.elapsed();
        longest = longest.max(took);
        histogram[(took.as_nanos() as usize / 50).min(19_999)] += 1;
    }
    let (mut above, mut slot) = ((to - from) / 1000, histogram.len());
    while slot > 0 && histogram[slot - 1] <= above {
        slot -= 1;
        above -= histogram[slot];
    }
    (longest, Duration::from_nanos(slot as u64 * 50))
}

fn timed(tollgate: &Tollgate, buckets: u64, batch: usize, threads: usize, seed: u64) -> f64 {
    let start = Instant::now();
    thread::scope(|scope| {
        for thread in 0..threads as u64 {
            scope.spawn(move || {
                let mut random = fastrand::Rng::with_seed(seed * 2 + thread);
                for _ in 0..DECISIONS {
                    // A clock read is part of a decision, whatever the time it is told.
                    std::hint::black_box(crate::contestant::now());
                    if batch == 1 {
                        tollgate.decide_all(&[tollgate.entry(random.u64(..buckets))], T0);
                    } else {
                        let first = random.u64(..buckets);
                        let numbers = [0, 1, 2, 3].map(|step| (first + step * (buckets / 5)) % buckets);
                        tollgate.decide_all(&numbers.map(|number| tollgate.entry(number)), T0);
                    }
                }
            });
        }
    });
    start.elapsed().as_nanos() as f64 / DECISIONS as f64
}

fn plot(points: &[Point]) -> Result<()> {
    draw(points).map_err(|error| anyhow!("the plot cannot be drawn: {error}"))
}

fn draw(points: &[Point]) -> Result<(), Box<dyn std::error::Error>> {
    let file = report::figures().join("scale.svg");
    let root = SVGBackend::new(&file, (860, 500)).into_drawing_area();
    root.fill(&WHITE)?;
    // Room for the legend above the lines, which are flat.
    let highest = points.iter().flat_map(|point| point.nanos).fold(0.0, f64::max) * 1.5;
    let millions = |point: &Point| point.buckets as f64 / 1e6;
    let (first, last) = (millions(&points[0]), millions(&points[points.len() - 1]));
    let mut chart = ChartBuilder::on(&root)
        .margin(16)
        .caption("Nanoseconds a decision takes one thread", ("sans-serif", 20))
        .x_label_area_size(48)
        .y_label_area_size(64)
        .build_cartesian_2d((first..last * 1.05).log_scale(), 0.0..highest)?;
    chart
        .configure_mesh()
        .x_desc("live buckets, millions")
        .y_desc("ns")
        .label_style(("sans-serif", 15))
        .x_label_formatter(&|millions| format!("{millions:.0}"))
        .y_label_formatter(&|nanos| format!("{nanos:.0}"))
        .light_line_style(WHITE)
        .draw()?;
    let colours =
        [RGBColor(31, 119, 180), RGBColor(23, 190, 207), RGBColor(214, 39, 40), RGBColor(255, 152, 80)];
    for (series, (colour, (_, _, name))) in colours.into_iter().zip(SERIES).enumerate() {
        let line: Vec<_> = points.iter().map(|point| (millions(point), point.nanos[series])).collect();
        chart
            .draw_series(LineSeries::new(line.clone(), colour.stroke_width(2)).point_size(3))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], colour.stroke_width(3)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .label_font(("sans-serif", 15))
        .background_style(WHITE)
        .border_style(RGBColor(200, 200, 200))
        .draw()?;
    root.present()?;
    Ok(())
}

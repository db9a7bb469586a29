//! The project's figures, beside the peers' in one run, and the soak: `cargo xtask bench`, `cargo xtask soak`.

mod contest;
mod contestant;
mod embedded;
mod engines;
mod machine;
mod one_redis;
mod report;
mod scale;
mod soak;

use std::{path::PathBuf, time::Duration};

use anyhow::Result;
use clap::{Parser, Subcommand, ValueEnum};

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measures, prints tables, and writes docs/figures/ and the marked parts of docs/performance.md
    Bench {
        /// All when none is named
        sections: Vec<Section>,
        /// Small and short: shows that it works, writes nothing
        #[arg(long)]
        quick: bool,
    },
    /// Mixed load against a model of the store
    Soak {
        #[arg(long, default_value_t = 10.0)]
        minutes: f64,
        /// Only these, and writes nothing; all when none is named
        #[arg(long = "backend")]
        backends: Vec<soak::Backend>,
    },
    /// Opens an embedded store and prints the seconds it takes; in a process of its own
    #[command(hide = true)]
    Open { folder: PathBuf },
    /// One step of an engine's measuring; in a process of its own
    #[command(hide = true)]
    Engine(engines::StepArguments),
    /// Fills one contestant and prints its bytes a key; in a process of its own
    #[command(hide = true)]
    Bytes { contestant: String, keys: u64 },
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Section {
    /// The cost of a decision from 1 M to 100 M buckets; first, while nobody else has used this process's memory
    Scale,
    /// The memory store beside governor, gcra and limitador
    Memory,
    /// The embedded store: decisions, bytes written, restart
    Embedded,
    /// redb, fjall, SQLite and LMDB as the disk behind the buckets
    Engines,
    /// The same decisions on one Redis: as the peer makes them, and by our store
    Redis,
}

fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Bench { sections, quick } => {
            machine::introduce();
            for section in Section::value_variants() {
                if sections.is_empty() || sections.contains(section) {
                    match section {
                        Section::Memory => contest::run(quick)?,
                        Section::Scale => scale::run(quick)?,
                        Section::Embedded => embedded::run(quick)?,
                        Section::Engines => engines::run(quick)?,
                        Section::Redis => one_redis::run(quick)?,
                    }
                }
            }
            Ok(())
        }
        Command::Soak { minutes, backends } => soak::run(Duration::from_secs_f64(minutes * 60.0), &backends),
        Command::Open { folder } => embedded::print_opening(&folder),
        Command::Engine(arguments) => engines::step(&arguments),
        Command::Bytes { contestant, keys } => contest::print_bytes(&contestant, keys),
    }
}

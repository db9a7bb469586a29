//! `tollgate buckets`.

use std::{
    error::Error,
    fs::File,
    io::{self, BufReader, BufWriter, Read, Write},
    path::Path,
};

use tempfile::NamedTempFile;
use tollgate_store::transfer;

use super::{Failure, runtime};
use crate::{
    config::{Config, StoreConfig},
    data_dir::DataDirError,
    server::{StartError, moving::MovingBuckets, with_causes},
};

/// A file of this name is standard input or output.
const STANDARD: &str = "-";

/// `tollgate buckets export`.
pub(super) fn export(file: &Path, mut config: Config, out: &mut dyn Write) -> Result<(), Failure> {
    refuse_memory(&config)?;
    if let StoreConfig::Embedded { buckets_max, .. } = &mut config.store {
        // What was kept under a higher cap can be moved, too.
        *buckets_max = usize::MAX;
    }
    if file.as_os_str() == STANDARD {
        let count = write_buckets(&config, out)?;
        eprintln!("{count} buckets exported");
        return Ok(());
    }

    let name = file.display();
    if file.exists() {
        return Err(Failure::could_not_start(format!("{name} is there already; export to another file")));
    }
    let about = |error: &dyn Error| Failure::failed(format!("{name}: {}", with_causes(error)));
    // Under its name only when it is whole; readable by its owner only.
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut partial = NamedTempFile::new_in(parent).map_err(|error| about(&error))?;
    let count = write_buckets(&config, &mut partial)?;
    partial.as_file().sync_all().map_err(|error| about(&error))?;
    partial.persist_noclobber(file).map_err(|error| about(&error))?;
    Ok(writeln!(out, "{count} buckets exported to {name}")?)
}

fn write_buckets(config: &Config, to: &mut dyn Write) -> Result<u64, Failure> {
    runtime()?.block_on(async {
        let buckets = MovingBuckets::open(config).await.map_err(unavailable)?;
        transfer::export(&*buckets.store(), &buckets.hash_key, BufWriter::new(to), buckets.now)
            .await
            .map_err(|error| Failure::failed(with_causes(&error)))
    })
}

/// `tollgate buckets import`.
pub(super) fn import(file: &Path, config: &Config, out: &mut dyn Write) -> Result<(), Failure> {
    refuse_memory(config)?;
    let name = file.display().to_string();
    let from: Box<dyn Read> = if name == STANDARD {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(file).map_err(|error| Failure::could_not_start(format!("{name}: {error}")))?)
    };
    let imported = runtime()?.block_on(async {
        let buckets = MovingBuckets::open(config).await.map_err(unavailable)?;
        transfer::import(&*buckets.store(), &buckets.hash_key, BufReader::new(from), buckets.now)
            .await
            .map_err(|error| Failure::failed(format!("{name}: {}", with_causes(&error))))
    })?;
    writeln!(out, "{} buckets imported", imported.taken)?;
    if imported.full > 0 {
        writeln!(out, "{} more are full by now and need not be kept", imported.full)?;
    }
    Ok(())
}

fn refuse_memory(config: &Config) -> Result<(), Failure> {
    if matches!(config.store, StoreConfig::Memory { .. }) {
        return Err(Failure::could_not_start(
            "with store.backend = \"memory\" no bucket outlives the process, so there is none to move",
        ));
    }
    Ok(())
}

fn unavailable(error: StartError) -> Failure {
    let remedy = match error {
        StartError::DataDir(DataDirError::InUse { .. }) => {
            ": stop it, so that nothing spends while buckets are moved"
        }
        _ => "",
    };
    Failure::could_not_start(format!("{error}{remedy}"))
}

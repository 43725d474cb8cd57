//! The flags that narrow a search.

use crate::args::SearchArgs;
use crate::config::Layers;
use crate::exit::Failure;

/// Lays the filters that were given over the configuration.
pub(super) fn apply(layers: &mut Layers, search: &SearchArgs) -> Result<(), Failure> {
    let flags = [
        ("search.size", &search.size),
        ("search.type", &search.kind),
        ("search.color", &search.color),
        ("search.safe", &search.safe),
    ];
    for (key, value) in flags {
        if let Some(value) = value {
            layers.flag(key, value.as_str())?;
        }
    }
    if let Some(list) = &search.license {
        let entries: Vec<&str> = list.split(',').map(str::trim).collect();
        layers.flag("search.license", entries)?;
    }
    Ok(())
}

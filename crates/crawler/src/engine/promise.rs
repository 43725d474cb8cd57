use crate::{License, Licenses};

/// Is a value of an engine's licence filter, and what it promises of everything that it lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Promise {
    /// What the engine calls it.
    pub(super) value: &'static str,
    /// The licence in words that [`License::read`] knows; `None` when too little is promised to say so.
    pub(super) license: Option<&'static str>,
}

impl Promise {
    /// Picks the first of an engine's filters, widest first, whose promise is enough for the licences that are wanted.
    ///
    /// When none is, the last one that still narrows the search towards them; `any` is that for every list.
    pub(super) fn pick(wanted: &Licenses, filters: &[Self], any: Self) -> Option<Self> {
        if wanted.is_any() {
            return None;
        }
        let is_enough = |filter: &&Self| wanted.allow(License::read(filter.license, None));
        let is_nearer = |filter: &&Self| match License::read(filter.license, None) {
            Some(License::PublicDomain { .. }) => wanted.is_public_domain(),
            Some(License::Told { commercial, modify }) => {
                commercial <= wanted.is_commercial() && modify <= wanted.is_modifiable()
            }
            _ => false,
        };
        let picked = filters.iter().find(is_enough);
        let picked = picked.or_else(|| filters.iter().rev().find(is_nearer));
        Some(*picked.unwrap_or(&any))
    }

    /// Says what the filter promises, and that only the filter says so.
    pub(super) fn said(self, engine: &str) -> Option<String> {
        let license = self.license?;
        Some(format!("{license} (by {engine}'s filter)"))
    }
}

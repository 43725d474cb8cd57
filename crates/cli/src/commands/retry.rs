//! `--retry-failed`: what failed for a reason that may have passed is asked for again.

use std::collections::BTreeMap;

use trawl_crawler::Crawl;
use trawl_dataset::{Dataset, Intake, Progress};

use crate::exit::Failure;
use crate::output::Output;

/// Takes failed downloads back on both sides, the catalog first, and says how many; gives where the labels stand then.
pub(super) fn take_back(
    crawl: &mut Crawl,
    dataset: &mut Dataset,
    intakes: &[Intake],
    output: Output,
) -> Result<Vec<Progress>, Failure> {
    let counts = crawl.retry_failed(|urls| -> Result<(), Failure> {
        dataset.reopen(urls)?;
        Ok(())
    })?;
    output.note(line(&counts));
    Ok(dataset.begin(intakes)?)
}

fn line(counts: &BTreeMap<&'static str, u64>) -> String {
    let total: u64 = counts.values().sum();
    if total == 0 {
        return "no failed download to try again: none failed for a reason that may have passed"
            .to_owned();
    }
    let mut reasons: Vec<_> = counts.iter().collect();
    reasons.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    let reasons: Vec<String> = reasons
        .iter()
        .map(|(reason, count)| format!("{count} {reason}"))
        .collect();
    let noun = if total == 1 { "download" } else { "downloads" };
    format!(
        "trying {total} failed {noun} again ({})",
        reasons.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_counts_by_reason_the_most_first() {
        let counts = BTreeMap::from([("connection", 2), ("dns", 1), ("timeout-idle", 9)]);
        assert_eq!(
            line(&counts),
            "trying 12 failed downloads again (9 timeout-idle, 2 connection, 1 dns)"
        );
        assert_eq!(
            line(&BTreeMap::from([("dns", 1)])),
            "trying 1 failed download again (1 dns)"
        );
        assert!(line(&BTreeMap::new()).starts_with("no failed download"));
    }
}

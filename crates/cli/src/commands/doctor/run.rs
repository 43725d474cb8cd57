//! The command: configuration first, then the machine, then the engines.

use serde_json::json;

use super::check::{Check, Level};
use super::{engines, machine};
use crate::args::{CrawlCommon, DoctorArgs};
use crate::commands::{crawl, runtime};
use crate::config::{Config, Layers};
use crate::exit::{Exit, Failure};
use crate::output::Output;

pub(in crate::commands) fn run(args: &DoctorArgs, output: Output) -> Result<Exit, Failure> {
    let mut checks = machine::folder();
    match configure(args) {
        Ok(config) => {
            checks.push(machine::configuration(args.config.as_deref()));
            checks.push(machine::contact(&config));
            checks.push(machine::proxy(&config));
            checks.extend(machine::devices(&config));
            let runtime = runtime()?;
            let asked = runtime.block_on(engines::ask(args, &config, output));
            // A name server that does not answer must not hold up the end.
            runtime.shutdown_background();
            let asked = asked?;
            checks.push(machine::clock(&asked.clocks));
            checks.push(asked.robots);
            checks.extend(asked.checks);
        }
        Err(failure) => {
            checks.push(
                Check::machine("configuration", Level::Fail, failure.to_string())
                    .next("mend that first; the engines are not asked before"),
            );
            checks.push(machine::clock(&[]));
        }
    }
    let failed = show(&checks, output);
    output.object(&json!({ "well": failed == 0, "checks": checks }));
    Ok(if failed == 0 {
        Exit::Done
    } else {
        Exit::Failed
    })
}

/// The configuration as a crawl with these flags would have it.
fn configure(args: &DoctorArgs) -> Result<Config, Failure> {
    let mut layers = Layers::defaults();
    let common = CrawlCommon {
        config: args.config.clone(),
        contact: args.contact.clone(),
        allow_private_hosts: args.allow_private_hosts,
        ..CrawlCommon::default()
    };
    crawl::apply_common(&mut layers, &common)?;
    layers.finish()
}

/// Shows everything, and returns how many checks failed.
fn show(checks: &[Check], output: Output) -> usize {
    let names = checks.iter().map(|check| check.name.chars().count());
    let pad = names.max().unwrap_or_default();
    let mut area = "";
    for check in checks {
        if check.area != area {
            let gap = if area.is_empty() { "" } else { "\n" };
            area = check.area;
            let heading = if area == "engine" { "engines" } else { area };
            output.line(format!("{gap}{heading}"));
        }
        for line in check.lines(pad) {
            if check.level == Level::Fail {
                output.problem(line);
            } else {
                output.line(line);
            }
        }
    }
    let failed = checks.iter().filter(|check| check.level == Level::Fail);
    let failed: Vec<&str> = failed.map(|check| check.name.as_str()).collect();
    if failed.is_empty() {
        output.line("\nall well");
    } else {
        output.problem(format!("\nnot working: {}", failed.join(", ")));
    }
    failed.len()
}

//! `trawl doctor`: what works on this machine and with these engines, and what to do where something does not.
//!
//! | module | owns |
//! | --- | --- |
//! | [`run`](mod@run) | the command: configuration, then machine and engines |
//! | [`check`] | one line of the answer: level, what was found, what to do next |
//! | [`machine`] | folder, room, clock, configuration, contact, proxy, device |
//! | [`roster`] | which engines are asked and why |
//! | [`engines`] | asking them, all at the same time |
//! | [`verdict`] | an engine's outcome in words |

mod check;
mod engines;
mod machine;
mod roster;
mod run;
mod verdict;

pub(super) use run::run;

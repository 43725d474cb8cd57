//! Whole crawls against a scripted server on loopback.
//!
//! - `optouts`: what websites say against crawling and training, obeyed before a URL is asked or its body read
//! - `order`: the same candidates in the same order, whatever the timing
//! - `politeness`: retries, pauses and limits, counted at the server
//! - `fallbacks`: other copies of what cannot be had, and licences that are not wanted
//! - `hostile`: every kind of bad answer ends with its own reason; `hostile_redirects`: where answers may lead;
//!   `hostile_hosts`: all of them at once, beside hosts that behave
//! - `versions`: what is asked again only if it is another version by now
//! - `resume`: interruptions, refreshes and shared URLs
//! - `many_hosts`: what hosts see when there are many of them
//! - `retry`: failures that are taken back
//! - `kill`: what a kill between any two steps costs
//! - `load`: how much memory and time ten million candidates take
//! - `engines`: pages, their states and local sources; `standins`: each engine against what is known of its interface
//! - `documented`: sessions, keys and allowances of documented interfaces
//! - `probe`: an engine tried out, in each of its states
//! - `unofficial`: the conversations with Baidu, Bing and `DuckDuckGo`

mod documented;
mod engines;
mod fallbacks;
mod hostile;
mod hostile_hosts;
mod hostile_redirects;
mod kill;
mod load;
mod many_hosts;
mod optouts;
mod order;
mod politeness;
mod probe;
mod resume;
mod retry;
mod standins;
mod unofficial;
mod versions;

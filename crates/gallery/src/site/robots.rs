//! `robots.txt` of every port: everyone may fetch everything.

/// The file's path, which no latency holds back.
pub(super) const PATH: &str = "/robots.txt";

/// Serves the file.
pub(super) async fn answer() -> &'static str {
    "User-agent: *\nAllow: /\n"
}

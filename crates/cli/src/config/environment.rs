//! What of the environment is told to a person; values are not.

/// Variables that name a proxy for other programs.
const PROXIES: [&str; 6] = [
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "ALL_PROXY",
    "https_proxy",
    "http_proxy",
    "all_proxy",
];

/// Names the proxy variables that are set, and which trawl does not use.
pub(crate) fn proxy_variables() -> Vec<&'static str> {
    let is_set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    PROXIES.into_iter().filter(is_set).collect()
}

/// Names the variables of trawl's own that are set, in order.
pub(crate) fn own_variables() -> Vec<String> {
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let mut names: Vec<String> = names.filter(|name| name.starts_with("TRAWL_")).collect();
    names.sort();
    names
}

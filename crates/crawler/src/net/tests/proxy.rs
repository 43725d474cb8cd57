use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::{client, fetch};
use crate::CrawlSettings;
use crate::net::Client;
use crate::net::resolver::{self, Lookup};
use crate::testing::{Server, ok, settings};

#[tokio::test]
async fn a_configured_proxy_gets_every_request_and_resolves_the_names() {
    let proxy = Server::start(|_, _| (Duration::ZERO, ok(b"body"))).await;
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    let lookup: Lookup = Arc::new(move |host| {
        log.lock().unwrap().push(host);
        Box::pin(async { Ok(vec!["127.0.0.1:0".parse().unwrap()]) })
    });
    let port = proxy.host().split(':').nth(1).unwrap().to_owned();
    let limits = CrawlSettings {
        allow_private_hosts: false,
        proxy: Some(format!("http://me:secret@proxy.example:{port}")),
        ..settings()
    };
    let client = client(&limits, &lookup, |builder| builder);
    assert_eq!(fetch(&client, "http://image.example/a.jpg").await.0, "body");
    let seen = proxy.seen();
    assert_eq!(seen[0].path, "http://image.example/a.jpg");
    let head = seen[0].head.to_lowercase();
    assert!(head.contains("proxy-authorization: basic "), "{head}");
    assert_eq!(*asked.lock().unwrap(), ["proxy.example"]);
    for (url, code) in [
        ("http://10.0.0.1/", "private-address"),
        ("http://localhost/", "private-address"),
        ("http://image.example:22/", "bad-port"),
    ] {
        assert_eq!(fetch(&client, url).await.0, code, "{url}");
    }
    assert_eq!(proxy.seen().len(), 1, "what is refused is not sent there");
}

#[tokio::test]
async fn a_tunnel_is_asked_for_https() {
    let refusal = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n".to_vec();
    let proxy =
        Server::start(move |_, _| (Duration::ZERO, crate::testing::Reply::Raw(refusal.clone())))
            .await;
    let limits = CrawlSettings {
        proxy: Some(proxy.url("")),
        ..settings()
    };
    let client = client(&limits, &resolver::system(), |builder| builder);
    assert_eq!(
        fetch(&client, "https://image.example/").await.0,
        "connection"
    );
    assert!(
        proxy.seen()[0]
            .head
            .starts_with("CONNECT image.example:443 ")
    );
}

#[tokio::test]
#[ignore = "slow: run by the next test in a process of its own, with proxies in its environment"]
async fn asks_without_a_proxy() {
    let server = Server::start(|_, _| (Duration::ZERO, ok(b"body"))).await;
    let client = Client::new(&settings()).unwrap();
    assert_eq!(fetch(&client, &server.url("/")).await.0, "body");
    let named = server.url("/").replace("127.0.0.1", "loopback.test");
    assert_eq!(fetch(&client, &named).await.0, "body");
}

#[test]
fn proxies_of_the_environment_are_not_used() {
    let name = "net::tests::proxy::asks_without_a_proxy";
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", name, "--include-ignored"]);
    for variable in [
        "HTTP_PROXY",
        "http_proxy",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "all_proxy",
    ] {
        child.env(variable, "http://127.0.0.1:9");
    }
    let ended = child
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&ended.stdout);
    assert!(
        ended.status.success() && text.contains("1 passed"),
        "{text}"
    );
}

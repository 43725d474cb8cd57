use std::future::{Ready, ready};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use tower_layer::Layer;
use tower_service::Service;

use super::{client, fetch};
use crate::CrawlSettings;
use crate::net::Client;
use crate::net::resolver::Lookup;
use crate::testing::{Reply, Server, ok, settings};

/// Counts connections that are asked for, and makes none.
#[derive(Debug, Clone, Default)]
struct NoDialling(Arc<AtomicUsize>);

/// Is a connector that [`NoDialling`] stands before.
#[derive(Debug, Clone)]
struct Severed<S> {
    count: Arc<AtomicUsize>,
    inner: std::marker::PhantomData<fn() -> S>,
}

impl<S> Layer<S> for NoDialling {
    type Service = Severed<S>;

    fn layer(&self, _: S) -> Severed<S> {
        Severed {
            count: Arc::clone(&self.0),
            inner: std::marker::PhantomData,
        }
    }
}

impl<S, R> Service<R> for Severed<S>
where
    S: Service<R, Error = Box<dyn std::error::Error + Send + Sync>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Ready<Result<S::Response, S::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: R) -> Self::Future {
        self.count.fetch_add(1, Ordering::SeqCst);
        ready(Err("never dialled".into()))
    }
}

fn limits(allow_private_hosts: bool) -> CrawlSettings {
    CrawlSettings {
        allow_private_hosts,
        loopback_only: false,
        ..settings()
    }
}

/// Gives these answers one after another, then the last one for ever, and records who was asked for.
fn recording(answers: Vec<&'static str>) -> (Lookup, Arc<Mutex<Vec<String>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    let lookup: Lookup = Arc::new(move |host| {
        let mut log = log.lock().unwrap();
        let answer = answers[log.len().min(answers.len() - 1)];
        log.push(host);
        let found = answer
            .split(' ')
            .map(|ip| SocketAddr::new(ip.parse().unwrap(), 0));
        let found: Vec<SocketAddr> = found.collect();
        Box::pin(async move { Ok(found) })
    });
    (lookup, asked)
}

#[tokio::test]
async fn a_connector_is_asked_for_what_the_guard_lets_through_only() {
    let (lookup, asked) = recording(vec!["127.0.0.1"]);
    let connector = NoDialling::default();
    let severed = |open: bool| {
        let connector = connector.clone();
        client(&limits(open), &lookup, move |builder| {
            builder.connector_layer(connector.clone())
        })
    };
    let closed = severed(false);
    for (url, code) in [
        ("http://127.0.0.1/", "private-address"),
        ("http://0x7f.1/", "private-address"),
        ("http://169.254.169.254/", "private-address"),
        ("https://[::1]/", "private-address"),
        ("http://localhost/", "private-address"),
        ("http://example.org:22/", "bad-port"),
        ("http://8.8.8.8:22/", "bad-port"),
    ] {
        assert_eq!(fetch(&closed, url).await.0, code, "{url}");
    }
    assert_eq!(connector.0.load(Ordering::SeqCst), 0);
    let open = severed(true);
    assert_eq!(fetch(&open, "http://8.8.8.8:22/").await.0, "bad-port");
    assert_eq!(connector.0.load(Ordering::SeqCst), 0);
    for (n, url) in ["http://127.0.0.1:22/", "http://8.8.8.8/"]
        .iter()
        .enumerate()
    {
        let (code, detail) = fetch(&open, url).await;
        assert_eq!(
            (code.as_str(), detail.as_str()),
            ("connection", "never dialled")
        );
        assert_eq!(connector.0.load(Ordering::SeqCst), n + 1);
    }
    assert!(asked.lock().unwrap().is_empty(), "the connector resolves");
}

#[tokio::test]
async fn names_are_judged_by_their_addresses_and_the_port() {
    let judge = async |open: bool, url: &str, answer: &'static str| {
        let (lookup, asked) = recording(vec![answer]);
        let client = client(&limits(open), &lookup, |builder| builder);
        let (code, _) = fetch(&client, url).await;
        let asked = asked.lock().unwrap().len();
        (code, asked)
    };
    // What is let through is dialled, from an address that the kernel lets reach nothing but loopback.
    let dialled = "connection";
    for (open, url, answer, code) in [
        (false, "http://a.example/", "10.0.0.1", "private-address"),
        (
            false,
            "http://metadata.google.internal/",
            "169.254.169.254",
            "private-address",
        ),
        (false, "http://printer.local/", "fe80::1", "private-address"),
        (
            false,
            "http://a.example/",
            "::ffff:127.0.0.1 64:ff9b::7f00:1",
            "private-address",
        ),
        (false, "http://a.example./", "0.0.0.0", "private-address"),
        (false, "http://a.example/", "8.8.8.8", dialled),
        (true, "http://a.example:8080/", "8.8.8.8", "bad-port"),
        (
            true,
            "http://a.example:8080/",
            "8.8.8.8 2606:4700::1",
            "bad-port",
        ),
        (true, "http://a.example:9/", "127.0.0.1", dialled),
        (true, "http://a.example:9/", "8.8.8.8 127.0.0.1", dialled),
    ] {
        let (got, asked) = judge(open, url, answer).await;
        assert_eq!(
            (got.as_str(), asked),
            (code, 1),
            "{url} is {answer}, {open}"
        );
    }
    let (code, asked) = judge(false, "http://a.example:8080/", "10.0.0.1").await;
    assert_eq!((code.as_str(), asked), ("bad-port", 0));
}

#[tokio::test]
async fn a_name_that_changes_its_address_is_judged_again() {
    let server = Server::start(|_, _| (Duration::ZERO, ok(b"body"))).await;
    let (lookup, asked) = recording(vec!["127.0.0.1", "169.254.169.254"]);
    let client = client(&settings(), &lookup, |builder| builder);
    let url = server.url("/").replace("127.0.0.1", "rebind.example");
    assert_eq!(fetch(&client, &url).await.0, "body");
    assert_eq!(fetch(&client, &url).await.0, "private-address");
    assert_eq!(asked.lock().unwrap().len(), 2);
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn no_test_reaches_another_machine() {
    // Were the guard not there at all: an address for documentation, at which nobody can be.
    let sealed = Client::new(&limits(true)).unwrap();
    let request = sealed.images.get("http://192.0.2.1/".parse().unwrap());
    let error = request.send().await.unwrap_err();
    let cause = crate::net::failure::cause(&error);
    assert!(
        ["Invalid argument", "unreachable"]
            .iter()
            .any(|why| cause.contains(why)),
        "{cause}"
    );
}

#[tokio::test]
async fn a_connection_that_is_kept_serves_its_own_name_only() {
    let reply = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nGIF89a".to_vec();
    let server = Server::start(move |_, _| (Duration::ZERO, Reply::KeepAlive(reply.clone()))).await;
    let (lookup, asked) = recording(vec!["127.0.0.1", "10.0.0.1"]);
    let client = client(&settings(), &lookup, |builder| builder);
    let url = |name: &str| server.url("/").replace("127.0.0.1", name);
    assert_eq!(fetch(&client, &url("a.example")).await.0, "body");
    assert_eq!(fetch(&client, &url("a.example")).await.0, "body");
    assert_eq!(fetch(&client, &url("b.example")).await.0, "private-address");
    assert_eq!(*asked.lock().unwrap(), ["a.example", "b.example"]);
}

use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::{client, fetch};
use crate::CrawlSettings;
use crate::net::resolver;
use crate::testing::{Reply, Server, settings};

type Issuer = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Issuer {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// Serves one picture over TLS with this certificate; returns the port.
async fn serve(certificate: CertificateDer<'static>, key: &KeyPair) -> u16 {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let _ = stream.read(&mut [0; 4096]).await;
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nGIF89a";
            let _ = stream.write_all(answer).await;
            let _ = stream.shutdown().await;
        }
    });
    port
}

/// Asks a server with a certificate of an authority that is trusted; `change` spoils it.
async fn trusted(change: impl Fn(&mut CertificateParams)) -> (String, String) {
    let issuer = authority();
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["loopback.test".to_owned()]).unwrap();
    change(&mut params);
    let leaf = params.signed_by(&key, &issuer).unwrap();
    let port = serve(leaf.der().clone(), &key).await;
    let root = reqwest::Certificate::from_der(issuer.der()).unwrap();
    let client = client(&settings(), &resolver::system(), |builder| {
        builder.tls_certs_only([root.clone()])
    });
    fetch(&client, &format!("https://loopback.test:{port}/a.jpg")).await
}

#[tokio::test]
async fn a_good_certificate_is_trusted() {
    let (code, detail) = trusted(|_| ()).await;
    assert_eq!(code, "body", "{detail}");
}

#[tokio::test]
async fn a_bad_certificate_is_told_by_what_is_wrong_with_it() {
    let old = trusted(|params| {
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(2001, 1, 1);
    });
    let early = trusted(|params| {
        params.not_before = date_time_ymd(4000, 1, 1);
        params.not_after = date_time_ymd(4001, 1, 1);
    });
    let other = trusted(|params| {
        let name = "elsewhere.test".try_into().unwrap();
        params.subject_alt_names = vec![rcgen::SanType::DnsName(name)];
    });
    for (result, words) in [
        (old.await, "has expired"),
        (early.await, "not valid yet"),
        (other.await, "for another name"),
    ] {
        assert_eq!(result.0, "tls");
        assert!(result.1.contains(words), "{}", result.1);
    }
}

#[tokio::test]
async fn a_certificate_that_signs_itself_is_not_trusted() {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["loopback.test".to_owned()]).unwrap();
    let own = params.self_signed(&key).unwrap();
    let port = serve(own.der().clone(), &key).await;
    let client = crate::net::Client::new(&settings()).unwrap();
    let (code, detail) = fetch(&client, &format!("https://loopback.test:{port}/")).await;
    assert_eq!(code, "tls");
    assert!(detail.contains("unknown issuer"), "{detail}");
}

#[tokio::test]
async fn what_is_no_tls_is_refused_or_given_up() {
    let quick = CrawlSettings {
        connect_timeout: Duration::from_millis(150),
        ..settings()
    };
    let client = crate::net::Client::new(&quick).unwrap();
    // The second is an alert: the server speaks no version of TLS that is spoken here.
    for (reply, code) in [
        (
            Reply::Raw(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()),
            "tls",
        ),
        (Reply::Raw(b"\x15\x03\x01\0\x02\x02\x46".to_vec()), "tls"),
        (Reply::Raw(Vec::new()), "connection"),
        (Reply::Stall(Vec::new()), "timeout-connect"),
    ] {
        let server = Server::start_raw(reply).await;
        let url = server.url("/").replace("http:", "https:");
        let (got, detail) = fetch(&client, &url).await;
        assert_eq!(got, code, "{detail}");
    }
}

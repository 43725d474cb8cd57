//! What the dataset reads, the crawler brings: each judges a picture by its first bytes, so the two must agree.

use std::io::{Cursor, Read, Write};
use std::net::TcpListener;

use image::{ImageFormat, Rgb, RgbImage};

use crate::support::Bench;

/// Draws squares that no other seed draws, so that no two pictures are duplicates.
fn picture(seed: u32, format: ImageFormat) -> Vec<u8> {
    let square = |x: u32, y: u32| {
        let mut n = (x / 12 + 64 * (y / 12))
            .wrapping_add(seed * 7919)
            .wrapping_mul(2_654_435_761);
        n ^= n >> 15;
        n = n.wrapping_mul(2_246_822_519);
        let [a, b, c, _] = (n ^ n >> 13).to_le_bytes();
        Rgb([a, b, c])
    };
    let mut out = Cursor::new(Vec::new());
    RgbImage::from_fn(96, 96, square)
        .write_to(&mut out, format)
        .unwrap();
    out.into_inner()
}

/// Serves these bodies as `/0`, `/1` and so on for as long as the test runs; returns the address.
fn serve(bodies: Vec<Vec<u8>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut head = [0; 4096];
            let length = stream.read(&mut head).unwrap_or(0);
            let head = String::from_utf8_lossy(&head[..length]);
            let path = head.split(' ').nth(1).unwrap_or_default();
            let body = path[1..].parse().ok().and_then(|n: usize| bodies.get(n));
            let (status, body) = body.map_or(("404 Not Found", &[][..]), |b| ("200 OK", b));
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(&[head.as_bytes(), body].concat());
        }
    });
    format!("http://{address}")
}

#[test]
fn every_format_that_is_read_is_downloaded() {
    let formats = [
        ImageFormat::Jpeg,
        ImageFormat::Png,
        ImageFormat::Gif,
        ImageFormat::WebP,
        ImageFormat::Bmp,
        ImageFormat::Tiff,
    ];
    let bodies = (0..)
        .zip(formats)
        .map(|(seed, format)| picture(seed, format));
    let address = serve(bodies.collect());
    let bench = Bench::new();
    let lines: Vec<String> = (0..formats.len())
        .map(|n| format!("{address}/{n},square\n"))
        .collect();
    bench.write("list.csv", format!("url,label\n{}", lines.concat()));
    let config = bench.write(
        "config.toml",
        "[crawl]\nallow_private_hosts = true\nmin_per_name = 6\nper_name = 6\ntries = 1\n",
    );
    let result = bench
        .run(&[
            "crawl",
            "--engine",
            "urls:list.csv",
            "--out",
            "data/list",
            "--json",
            "--config",
            config.to_str().unwrap(),
        ])
        .expect(0)
        .json();
    let name = &result["summary"]["names"][0];
    assert_eq!(name["published"], formats.len(), "{name}");
}

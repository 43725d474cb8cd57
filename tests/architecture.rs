//! Holds the edges between the crates and who alone may use what (ARCHITECTURE.md).

use std::collections::BTreeSet;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .no_deps()
        .exec()
        .unwrap()
}

fn dependencies(metadata: &Metadata, package: &str, dev: bool) -> BTreeSet<String> {
    let package = metadata
        .packages
        .iter()
        .find(|p| p.name.as_str() == package)
        .unwrap();
    package
        .dependencies
        .iter()
        .filter(|d| dev || d.kind != DependencyKind::Development)
        .map(|d| d.name.clone())
        .collect()
}

#[test]
fn crates_depend_on_each_other_as_designed() {
    let metadata = metadata();
    let edges = [
        (
            "trawl",
            vec![
                "trawl-crawler",
                "trawl-dataset",
                "trawl-gallery",
                "trawl-training",
            ],
        ),
        ("trawl-training", vec!["trawl-dataset"]),
        ("trawl-crawler", vec![]),
        ("trawl-dataset", vec![]),
        ("trawl-kernels", vec![]),
        ("trawl-gallery", vec![]),
    ];
    assert_eq!(
        metadata.packages.len(),
        edges.len(),
        "a crate is new here: give it its edges"
    );
    for (package, allowed) in edges {
        let ours: Vec<String> = dependencies(&metadata, package, false)
            .into_iter()
            .filter(|d| d.starts_with("trawl"))
            .collect();
        let extra: Vec<_> = ours
            .iter()
            .filter(|d| {
                // Training may use the kernels; it need not, while burn's own convolution does the work.
                let later = package == "trawl-training" && *d == "trawl-kernels";
                !later && !allowed.contains(&d.as_str())
            })
            .collect();
        assert!(extra.is_empty(), "{package} must not depend on {extra:?}");
        for wanted in allowed {
            assert!(
                ours.iter().any(|d| d == wanted),
                "{package} should depend on {wanted}"
            );
        }
    }
}

#[test]
fn exclusive_dependencies_stay_with_their_owner() {
    let metadata = metadata();
    let owners: [(&str, &[&str]); 9] = [
        ("reqwest", &["trawl-crawler"]),
        ("image", &["trawl-dataset", "trawl-gallery"]),
        ("burn", &["trawl-training"]),
        ("burn-flex", &["trawl-training"]),
        ("burn-ndarray", &["trawl-training"]),
        ("clap", &["trawl"]),
        ("anyhow", &["trawl"]),
        ("indicatif", &["trawl"]),
        ("axum", &["trawl-gallery"]),
    ];
    for package in &metadata.packages {
        let used = dependencies(&metadata, package.name.as_str(), false);
        for (dependency, allowed) in owners {
            assert!(
                !used.contains(dependency) || allowed.contains(&package.name.as_str()),
                "{} must not use {dependency}: it belongs to {allowed:?}",
                package.name
            );
        }
    }
}

#[test]
fn nothing_needs_a_system_library_or_another_build_tool() {
    let lock =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock")).unwrap();
    let used = MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .other_options(vec![
            "--offline".to_owned(),
            "--filter-platform".to_owned(),
            "x86_64-unknown-linux-gnu".to_owned(),
        ])
        .exec()
        .unwrap();
    assert!(lock.contains("name = \"ring\""), "TLS is rustls on ring");
    let names: BTreeSet<&str> = used.packages.iter().map(|p| p.name.as_str()).collect();
    for banned in ["openssl-sys", "native-tls", "aws-lc-sys"] {
        assert!(!names.contains(banned), "{banned} crept in");
    }
}

#[test]
fn unsafe_code_is_in_kernels_only_and_lints_are_never_allowed_away() {
    let crates = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let mut stack = vec![crates.to_path_buf()];
    let mut seen = 0;
    while let Some(dir) = stack.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                stack.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                seen += 1;
                let text = std::fs::read_to_string(&path).unwrap();
                let kernels = path.components().any(|c| c.as_os_str() == "kernels");
                assert!(
                    kernels || !text.contains(concat!("unsafe", " {")),
                    "unsafe in {}",
                    path.display()
                );
                assert!(
                    !text.contains(concat!("#[", "allow(")),
                    "use #[expect(.., reason)] in {}",
                    path.display()
                );
            }
        }
    }
    assert!(seen > 50, "the walk found the sources");
}

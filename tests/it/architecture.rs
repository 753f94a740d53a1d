//! The house rules a compiler cannot see: who depends on whom, how long a file may be, what it may be called.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Command,
};

use serde::Deserialize;

const LONGEST_FILE: usize = 450;
/// Words that name no subject.
const EMPTY_WORDS: [&str; 6] = ["utils", "util", "helpers", "helper", "common", "manager"];
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Member>,
}

#[derive(Deserialize)]
struct Member {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
}

/// The file `.deny.toml`, as far as it is checked here.
#[derive(Deserialize)]
struct Policy {
    bans: Bans,
    licenses: Licenses,
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<Ban>,
}

#[derive(Debug, Deserialize)]
struct Ban {
    #[serde(rename = "crate")]
    name: String,
}

#[derive(Deserialize)]
struct Licenses {
    allow: Vec<String>,
}

impl Policy {
    fn read() -> Self {
        toml::from_str(&std::fs::read_to_string(root().join(".deny.toml")).unwrap()).unwrap()
    }
}

/// The direct dependencies of each member, those for its own tests left out.
fn members() -> BTreeMap<String, BTreeSet<String>> {
    let metadata: Metadata =
        serde_json::from_str(&cargo(&["metadata", "--no-deps", "--format-version=1"])).unwrap();
    let shipped = |member: Member| {
        let dependencies = member.dependencies.into_iter();
        dependencies.filter(|it| it.kind.as_deref() != Some("dev")).map(|it| it.name).collect()
    };
    metadata.packages.into_iter().map(|member| (member.name.clone(), shipped(member))).collect()
}

/// Name and licence of every crate that is built, the members themselves left out.
fn built() -> BTreeMap<String, String> {
    let tree = cargo(&["tree", "--workspace", "--all-features", "--prefix=none", "--format={p}|{l}"]);
    let members = members();
    let named = tree.lines().filter_map(|line| {
        let (package, licence) = line.split_once('|')?;
        Some((package.split(' ').next()?.to_owned(), licence.trim_end_matches(" (*)").to_owned()))
    });
    let built: BTreeMap<_, _> = named.filter(|(name, _)| !members.contains_key(name)).collect();
    assert!(built.contains_key("actix-web"));
    built
}

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .args(["--locked", "--offline"])
        .current_dir(root())
        .output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every file of the project that git knows or would add.
fn files() -> Vec<String> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .unwrap();
    let files: Vec<_> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    assert!(files.iter().any(|file| file == "Cargo.toml"), "git lists the project's files");
    files.into_iter().filter(|file| root().join(file).exists()).collect()
}

#[test]
fn dependencies_point_at_the_domain() {
    let members = members();
    let names: BTreeSet<_> = members.keys().map(String::as_str).collect();
    let allowed = BTreeMap::from([
        ("domain", vec![]),
        ("migrations", vec![]),
        ("simulators", vec![]),
        ("infrastructure", vec!["domain", "migrations"]),
        ("api", vec!["domain", "infrastructure", "simulators"]),
        ("tests", vec!["api", "domain", "infrastructure", "migrations", "simulators"]),
    ]);
    for (member, dependencies) in &members {
        let allowed = allowed.get(member.as_str()).unwrap_or_else(|| panic!("{member} has no place yet"));
        let uses: Vec<_> =
            dependencies.iter().map(String::as_str).filter(|name| names.contains(name)).collect();
        assert!(
            uses.iter().all(|used| allowed.contains(used)),
            "{member} uses {uses:?}, allowed: {allowed:?}"
        );
    }
}

#[test]
fn the_domain_knows_no_technology() {
    let members = members();
    for technology in ["actix-web", "sea-orm", "sqlx", "reqwest", "hyper", "tokio", "rand"] {
        assert!(!members["domain"].contains(technology), "domain depends on {technology}");
    }
}

#[test]
fn refused_crates_are_not_built() {
    let built = built();
    let refused: Vec<_> =
        Policy::read().bans.deny.into_iter().filter(|ban| built.contains_key(&ban.name)).collect();
    assert!(refused.is_empty(), "{refused:?}: `cargo tree -i NAME` says who asks for it");
}

#[test]
fn licences_are_allowed() {
    let allowed = Policy::read().licenses.allow;
    // `(A OR B) AND C`, in older manifests `A/B`.
    let fits = |licence: &str| {
        let plain = licence.replace(['(', ')'], "").replace('/', " OR ");
        plain
            .split(" AND ")
            .all(|part| part.split(" OR ").any(|choice| allowed.iter().any(|it| it == choice.trim())))
    };
    let unfit: BTreeMap<_, _> = built().into_iter().filter(|(_, licence)| !fits(licence)).collect();
    assert!(unfit.is_empty(), "{unfit:?}");
}

#[test]
fn files_are_short() {
    let long: Vec<_> = files()
        .into_iter()
        .filter(|file| file.ends_with(".rs") || file.ends_with(".sh") || file == "check")
        .map(|file| (std::fs::read_to_string(root().join(&file)).unwrap().lines().count(), file))
        .filter(|(lines, _)| *lines > LONGEST_FILE)
        .collect();
    assert!(long.is_empty(), "one file, one thing, at most {LONGEST_FILE} lines: {long:?}");
}

#[test]
fn paths_name_their_subject() {
    let empty: Vec<_> = files()
        .into_iter()
        .filter(|file| file.split(|c: char| !c.is_alphanumeric()).any(|word| EMPTY_WORDS.contains(&word)))
        .collect();
    assert!(empty.is_empty(), "{empty:?}");
}

#[test]
fn one_file_knows_how_the_databases_differ() {
    let asks = |file: &String| {
        let text = std::fs::read_to_string(root().join(file)).unwrap();
        text.contains("DbBackend::Postgres") || text.contains("DbBackend::Sqlite")
    };
    let works = |file: &String| {
        ["domain/src/", "infrastructure/src/", "api/src/"].iter().any(|part| file.starts_with(part))
            && file.ends_with(".rs")
    };
    let asking: Vec<_> = files().into_iter().filter(works).filter(asks).collect();
    assert_eq!(asking, ["infrastructure/src/db/dialect.rs"]);
}

//! What a config and its files say.

use std::fs;

use aware_core::enrichment::AddressKind;

use super::*;
use crate::config::parse_config;

fn load(text: &str) -> (Enrichment, Vec<String>) {
    let config = parse_config(text, "aware.toml").unwrap();
    let (known, problems) = load_enrichment(&config.enrichment(), "aware.toml");
    (known, problems.iter().map(ToString::to_string).collect())
}

#[test]
fn everything_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("tor.txt");
    fs::write(&list, "# exits\n198.51.100.7\n\n198.51.100.64/26 relay ; fast\n").unwrap();
    let database = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/addresses.mmdb");
    let text = format!(
        r#"
        account.shop = {{ id = "111122223333", environment = "production", owner = "web" }}
        account.scanner = {{ id = "999988887777", partner = true }}
        organization.id = "o-a1b2c3d4e5"
        principals.break_glass = ["user/emergency-*"]
        [network]
        own.office = ["203.0.113.0/24", "2001:db8::/32"]
        asn = "{database}"
        country = "{database}"
        list.tor = {{ path = "{}", date = "2026-11-28" }}
        "#,
        list.display()
    );
    let (known, problems) = load(&text);
    assert_eq!(problems, [""; 0]);
    assert_eq!(known.accounts.account("111122223333").unwrap().owner.as_deref(), Some("web"));
    assert!(known.accounts.account("999988887777").unwrap().is_partner);
    assert_eq!(known.accounts.organization(), Some("o-a1b2c3d4e5"));
    for (address, kind, note) in [
        ("203.0.113.7", AddressKind::Own, Some("own network office")),
        ("2001:db8::7", AddressKind::Own, Some("own network office")),
        (
            "198.51.100.7",
            AddressKind::Internet,
            Some("AS64500 Example Hosting, DE as of 2026-06-17; on list tor, 2026-11-28"),
        ),
        (
            "198.51.100.70",
            AddressKind::Internet,
            Some("AS64500 Example Hosting, DE as of 2026-06-17; on list tor, 2026-11-28"),
        ),
        (
            "198.51.100.8",
            AddressKind::Internet,
            Some("AS64500 Example Hosting, DE as of 2026-06-17"),
        ),
        ("192.0.2.1", AddressKind::Internet, None),
    ] {
        let facts = known.networks.facts_of(address);
        assert_eq!((facts.kind, facts.note().as_deref()), (kind, note), "{address}");
    }
    assert_eq!(known.principals.classes_of("user/emergency-1", None), [PrincipalClass::BreakGlass]);
}

#[test]
fn what_is_wrong_is_named_and_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let list = path("list.txt", "198.51.100.7\nexit.example.com\n300.1.1.1\n");
    let broken = path("broken.mmdb", "no database");
    let text = format!(
        r#"
        account.a = {{ id = "11112222" }}
        account.b = {{ id = "111122223333" }}
        account.c = {{ id = "111122223333" }}
        [network]
        own.office = ["203.0.113.0/33"]
        list.tor = {{ path = "{list}" }}
        list.none = {{}}
        list.gone = {{ path = "{list}.gone" }}
        country = "{broken}"
        aws_ranges = "{broken}"
        "#
    );
    let (known, problems) = load(&text);
    let begin = |start: &str| problems.iter().any(|problem| problem.starts_with(start));
    for start in [
        "aware.toml [account.a]: `id` `11112222` is not an account id (hint: an account's id has 12 digits)",
        "aware.toml [account.c]: `111122223333` is also the id of `b`",
        "aware.toml [network.own]: `office`: `203.0.113.0/33` is not a network (hint:",
        &format!(
            "aware.toml [network.list.tor]: {list}:2: `exit.example.com` is not a network; 2 such lines"
        ),
        "aware.toml [network.list.none]: has neither `path` nor `networks`",
        &format!(
            "aware.toml [network.list.gone]: `path` is {list}.gone, which cannot be read: No such file"
        ),
        &format!("aware.toml [network]: `country` is {broken}, which cannot be read: "),
        &format!(
            "aware.toml [network]: `aws_ranges` is {broken}, which cannot be read: not the ip-ranges.json"
        ),
    ] {
        assert!(begin(start), "{start}: {problems:#?}");
    }
    assert_eq!(problems.len(), 8);
    assert_eq!(known.networks.facts_of("198.51.100.7").lists.len(), 1, "the rest is used");
}

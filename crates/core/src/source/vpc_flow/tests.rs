//! Flow logs in every format, and what their sums tell.

use serde_json::{Value, json};

use super::*;
use crate::enrichment::Enrichment;
use crate::envelope::decompress::DecompressionLimits;
use crate::envelope::{EnvelopeKind, OpenedBody, RawRecord, open_each_record};
use crate::event::{EventClass, Outcome, PrincipalKind};
use crate::explanation::DenialLayer;

const HEADER: &str = "version account-id vpc-id interface-id instance-id srcaddr dstaddr srcport dstport \
    protocol packets bytes start end action log-status tcp-flags flow-direction region";
/// 29 November 2026, 10:00:00 UTC.
const TEN: i64 = 1_795_946_400;

/// What a body holds: records of lines, sums, and the rest.
fn open_with(
    body: &str,
    known: &Enrichment,
    wanted: &[SourceId],
) -> (Vec<Value>, Vec<Value>, OpenedBody) {
    let (mut lines, mut sums) = (Vec::new(), Vec::new());
    let settings = LineSettings { known, wanted };
    let mut take = |record: RawRecord<'_>| {
        let value = serde_json::from_slice(record.bytes).unwrap();
        if record.is_sum { sums.push(value) } else { lines.push(value) }
    };
    let limits = DecompressionLimits::default();
    let opened = open_each_record(EnvelopeKind::Any, body.as_bytes(), limits, settings, &mut take);
    (lines, sums, opened)
}

fn sums_of(body: &str) -> Vec<Value> {
    let (_, sums, opened) = open_with(body, Enrichment::nothing(), &[]);
    assert!(opened.rejects.is_empty(), "{:?}", opened.rejects);
    sums
}

/// A line: from, to, ports, packets and bytes, seconds after ten, action, flags.
fn line(
    ends: (&str, &str),
    ports: (u16, u16),
    size: (u32, u64),
    at: i64,
    end: (&str, u8),
) -> String {
    let ((from, to), (own, peer)) = (ends, ports);
    let is_own = |address: &str| address.starts_with("10.");
    let (direction, host) = if is_own(from) { ("egress", from) } else { ("ingress", to) };
    let id = host.replace('.', "");
    format!(
        "5 111122223333 vpc-0a1b eni-{id} i-{id} {from} {to} {own} {peer} 6 {} {} {} {} {} OK {} {direction} eu-west-1",
        size.0,
        size.1,
        TEN + at - 5,
        TEN + at,
        end.0,
        end.1
    )
}

fn refused(from: &str, to: &str, port: u16, at: i64) -> String {
    line((from, to), (40_000, port), (1, 44), at, ("REJECT", 2))
}

fn body(lines: impl IntoIterator<Item = String>) -> String {
    let lines: Vec<String> = lines.into_iter().collect();
    format!("{HEADER}\n{}\n", lines.join("\n"))
}

fn kinds(sums: &[Value]) -> Vec<&str> {
    sums.iter().map(|sum| sum["kind"].as_str().unwrap()).collect()
}

fn event(sum: &Value) -> Event {
    VpcTraffic.decode(sum.to_string().as_bytes(), RecordContext::default()).unwrap()
}

#[test]
fn a_sweep_and_a_scan_are_one_sum_each() {
    let sweep = (0..40).map(|n| refused("10.0.0.5", &format!("10.0.1.{n}"), 445, n));
    let sums = sums_of(&body(sweep));
    assert_eq!(kinds(&sums), ["sweep"]);
    assert_eq!(
        (&sums[0]["hosts"], &sums[0]["flows"], &sums[0]["is_admin_port"]),
        (&json!(40), &json!(40), &json!(true))
    );
    let one = event(&sums[0]);
    assert_eq!(
        (one.principal.kind, one.principal.name.as_str()),
        (PrincipalKind::Instance, "i-10005")
    );
    assert_eq!(one.why().unwrap(), "10.0.0.5 tried tcp/445 on 40 internal hosts, and was refused");
    assert_eq!((one.outcome, one.account.as_deref()), (Outcome::Denied, Some("111122223333")));
    let scan = (1..=60).map(|port| refused("10.0.0.5", "10.0.1.7", port, i64::from(port)));
    let sums = sums_of(&body(scan));
    assert_eq!(kinds(&sums), ["port-scan"]);
    assert_eq!(
        event(&sums[0]).why().unwrap(),
        "10.0.0.5 tried 60 ports of 10.0.1.7, and was refused"
    );
    // Nineteen hosts, or more over two windows, are none.
    let few = (0..19).map(|n| refused("10.0.0.5", &format!("10.0.1.{n}"), 445, n));
    let slow = (0..30).map(|n| refused("10.0.0.5", &format!("10.0.2.{n}"), 446, n * 60));
    assert!(sums_of(&body(few.chain(slow))).iter().all(|sum| sum["kind"] == "refused-inside"));
}

#[test]
fn what_lacks_a_rule_gets_one() {
    let lines = (0..9).map(|n| refused("10.0.0.5", "10.0.1.7", 5432, n * 10));
    let sums = sums_of(&body(lines));
    assert_eq!((kinds(&sums), &sums[0]["flows"]), (vec!["refused-inside"], &json!(9)));
    let event = event(&sums[0]);
    assert_eq!((event.action.to_string().as_str(), event.measured()), ("net:tcp/5432", None));
    let why = VpcTraffic.explain(&event).unwrap();
    assert_eq!(
        why.why,
        "a security group or a network ACL refuses tcp/5432 from 10.0.0.5 to 10.0.1.7"
    );
    let cure = &why.remedies[0];
    assert_eq!(cure.attach_to, "a security group of 10.0.1.7, to let 10.0.0.5 in by tcp/5432");
    let texts: Vec<&str> = cure.forms.iter().map(|form| form.text.as_str()).collect();
    assert_eq!(
        texts[0],
        "aws ec2 authorize-security-group-ingress --region eu-west-1 --group-id SECURITY_GROUP_OF_10_0_1_7 \
         --ip-permissions 'IpProtocol=tcp,FromPort=5432,ToPort=5432,IpRanges=[{CidrIp=10.0.0.5/32}]'"
    );
    assert!(
        texts[1].contains("cidr_ipv4 = \"10.0.0.5/32\"")
            && texts[2].contains("CidrIp: 10.0.0.5/32")
    );
    let ping = format!(
        "{HEADER}\n5 111122223333 vpc-0a1b eni-1 i-1 10.0.0.5 10.0.1.7 0 0 1 1 44 {TEN} {TEN} REJECT OK 0 ingress eu-west-1\n"
    );
    let explained = VpcTraffic.explain(&super::tests::event(&sums_of(&ping)[0])).unwrap();
    assert!(explained.remedies.is_empty(), "no rule for a ping");
}

#[test]
fn late_packets_refuse_nothing() {
    let late = (0..50).map(|n| {
        line(("203.0.113.9", "10.0.1.7"), (443, 40_000 + n), (1, 40), i64::from(n), ("REJECT", 4))
    });
    assert_eq!(sums_of(&body(late)), Vec::<Value>::new());
    // Whatever the port of the service, and where there are no flags at all.
    let late = (0..80).map(|n| {
        line(("10.0.2.6", "10.0.1.7"), (5_432, 40_000 + n), (1, 40), i64::from(n), ("REJECT", 0))
    });
    assert_eq!(sums_of(&body(late)), Vec::<Value>::new());
    let late = (0..80).map(|n| {
        format!(
            "2 111122223333 eni-1 10.0.2.6 10.0.1.7 8080 {} 6 1 40 {TEN} {} REJECT OK",
            40_000 + n,
            TEN + 60
        )
    });
    let late: Vec<String> = late.collect();
    assert_eq!(sums_of(&late.join("\n")), Vec::<Value>::new());
    // Of a server to the ports of a load balancer, a NAT gateway, or a host that translates addresses.
    let low = |from: &'static str, to: &'static str, port: u16| {
        (0..400).map(move |n: u16| {
            line((from, to), (port, 1_024 + n * 77), (1, 40), i64::from(n), ("REJECT", 1))
        })
    };
    for (from, to, port) in [
        ("10.0.1.7", "10.0.2.6", 8_080),
        ("10.0.1.7", "10.0.2.6", 50_001),
        ("203.0.113.9", "10.0.2.7", 443),
    ] {
        assert_eq!(sums_of(&body(low(from, to, port))), Vec::<Value>::new(), "{from} {port}");
    }
}

/// The flags of packets that begin no connection: none, ACK, FIN, RST, and FIN with ACK.
const STRAY: [u8; 5] = [0, 16, 1, 4, 17];

/// A packet that begins no connection, from the port of a client.
fn stray(from: &str, to: &str, port: u16, at: i64) -> String {
    let flags = STRAY[usize::from(port) % STRAY.len()];
    line((from, to), (40_000, port), (1, 40), at, ("REJECT", flags))
}

#[test]
fn a_busy_client_may_be_late() {
    let outside = "203.0.113.9";
    let late = |from: &'static str, to: &'static str, port: u16| {
        (0..300).map(move |n: u16| {
            let flags = STRAY[usize::from(n) % STRAY.len()];
            line((from, to), (33_000 + n, port), (1, 40), i64::from(n), ("REJECT", flags))
        })
    };
    // A browser at two ports of a host that lets it in, and an own client of a load balancer.
    let accepted = line((outside, "10.0.1.7"), (51_514, 443), (99, 96_321), 500, ("ACCEPT", 19));
    let inward = late(outside, "10.0.1.7", 443).chain(late(outside, "10.0.1.7", 80));
    let lines = inward.chain([accepted]).chain(late("10.0.1.9", "10.0.2.6", 443));
    assert_eq!(sums_of(&body(lines)), Vec::<Value>::new());
    // Clients of many servers, outside and inside.
    let outward = (0..200).map(|n| stray("10.0.1.9", &format!("198.51.100.{n}"), 443, n));
    let inside = (0..39).map(|n| stray("10.0.1.9", &format!("10.0.2.{n}"), 443, n));
    assert_eq!(sums_of(&body(outward.chain(inside))), Vec::<Value>::new());
    // Where there is a background, they are counted in it.
    let noise = refused(outside, "10.0.1.7", 23, 0);
    let sums = sums_of(&body(late(outside, "10.0.1.7", 443).chain([noise])));
    assert_eq!(kinds(&sums), ["background"]);
    assert_eq!((&sums[0]["flows"], &sums[0]["late"]), (&json!(1), &json!(300)));
}

/// Whoever scans chooses the flags.
#[test]
fn flags_hide_no_sweep_and_no_scan() {
    let with = |flags: u8, from: u16| {
        move |to: String, port: u16, at: i64| {
            line(("10.0.0.5", &to), (from, port), (1, 40), at, ("REJECT", flags))
        }
    };
    for (flags, from) in
        [(18, 40_000), (18, 443), (0, 40_000), (0, 443), (16, 443), (1, 50_000), (41, 80)]
    {
        let one = with(flags, from);
        let sums = sums_of(&body((0..60).map(|n| one(format!("10.0.1.{n}"), 3_389, n))));
        assert_eq!(kinds(&sums), ["sweep"], "{flags} from {from}");
        assert_eq!(
            (&sums[0]["hosts"], &sums[0]["flows"], &sums[0]["is_admin_port"]),
            (&json!(60), &json!(60), &json!(true))
        );
        let ports = (1..=60).chain(3_000..3_020);
        let scan = ports.map(|port| one("10.0.1.7".to_owned(), port, i64::from(port % 600)));
        let sums = sums_of(&body(scan));
        assert_eq!(kinds(&sums), ["port-scan"], "{flags} from {from}");
        assert_eq!((&sums[0]["ports"], &sums[0]["flows"]), (&json!(80), &json!(80)));
    }
    // A sweep of both kinds is one. Nineteen hosts are none, with what is late at them.
    let syn = |count: i64| (0..count).map(|n| refused("10.0.0.5", &format!("10.0.1.{n}"), 22, n));
    let ack = |count: i64| (0..count).map(|n| stray("10.0.0.5", &format!("10.0.1.{n}"), 22, n));
    let other = (100..120).map(|n| stray("10.0.0.5", &format!("10.0.1.{n}"), 22, n));
    let sums = sums_of(&body(syn(10).chain(other)));
    assert_eq!((kinds(&sums), &sums[0]["hosts"]), (vec!["sweep"], &json!(30)));
    let sums = sums_of(&body(syn(19).chain(ack(19))));
    assert_eq!((sums.len(), kinds(&sums)[0]), (19, "refused-inside"));
    assert!(sums.iter().all(|sum| sum["flows"] == 1), "what is late is no refusal: {sums:?}");
}

#[test]
fn flags_hide_no_probing() {
    let outside = "203.0.113.9";
    let accepted = line((outside, "10.0.1.7"), (51_514, 22), (812, 96_321), 60, ("ACCEPT", 19));
    let probes = |from: u16, first: u16, flags: u8| {
        (first..first + 25).map(move |port| {
            line(
                (outside, "10.0.1.7"),
                (from, port),
                (1, 40),
                i64::from(port % 50),
                ("REJECT", flags),
            )
        })
    };
    let all = [
        (40_000, 1, 0),
        (40_000, 8_000, 16),
        (443, 1, 16),
        (40_000, 1, 18),
        (443, 1, 18),
        // To the ports of clients: replies to what nobody asked.
        (443, 40_000, 18),
    ];
    for (from, first, flags) in all {
        let told = format!("{flags} from {from} to {first}");
        let sums = sums_of(&body(probes(from, first, flags)));
        assert_eq!(kinds(&sums), ["probed", "background"], "{told}");
        assert_eq!((&sums[0]["flows"], &sums[1]["flows"]), (&json!(25), &json!(25)), "{told}");
        assert_eq!((&sums[1]["sources"], &sums[1]["ports"]), (&json!(1), &json!(25)), "{told}");
        let sums = sums_of(&body(probes(from, first, flags).chain([accepted.clone()])));
        assert_eq!(kinds(&sums), ["probed-then-accepted", "background"], "{told}");
    }
}

#[test]
fn refused_replies_have_no_cure() {
    let replies = |to: &'static str, port: u16| {
        (0..5).map(move |n: u16| {
            line(("10.0.1.7", to), (port, 40_000 + n), (1, 60), i64::from(n), ("REJECT", 18))
        })
    };
    for (to, port) in [("203.0.113.9", 443), ("10.0.2.6", 5_432)] {
        let sums = sums_of(&body(replies(to, port)));
        assert_eq!((kinds(&sums), &sums[0]["flows"]), (vec!["refused-answer"], &json!(5)));
        let event = event(&sums[0]);
        let told = format!("replies of 10.0.1.7 from tcp/{port} were refused, 5 times");
        assert_eq!(event.why().unwrap(), told);
        let why = VpcTraffic.explain(&event).unwrap();
        let refuses = format!("a network ACL refuses the replies of 10.0.1.7 from tcp/{port}");
        assert_eq!((why.why, why.layer.known()), (refuses, Some(DenialLayer::NetworkAcl)));
        assert!(why.remedies.is_empty());
        let none = why.no_grant.unwrap();
        assert!(none.starts_with("flow logs do not say which network ACL refuses"), "{none}");
    }
}

#[test]
fn what_goes_out() {
    let denied = (0..6).map(|n| refused("10.0.0.5", "203.0.113.66", 3333, n));
    let sums = sums_of(&body(denied));
    assert_eq!(kinds(&sums), ["refused-outward"]);
    assert_eq!(sums[0]["watched_for"], "mining pools");
    assert_eq!(
        event(&sums[0]).why().unwrap(),
        "tcp/3333 (mining pools) from 10.0.0.5 to 203.0.113.66 was refused, 6 times"
    );
    let sent = line(("10.0.0.5", "198.51.100.44"), (41_000, 14_444), (40, 9_000), 0, ("ACCEPT", 0));
    let back = line(("198.51.100.44", "10.0.0.5"), (14_444, 41_000), (40, 7_000), 1, ("ACCEPT", 0));
    let sums = sums_of(&body([back.clone(), sent.clone()]));
    assert_eq!(sums, sums_of(&body([sent, back.clone()])));
    assert!(sums_of(&body([back])).is_empty(), "anybody may send from such a port");
    assert_eq!(kinds(&sums), ["watched-port"]);
    assert_eq!((&sums[0]["bytes_out"], &sums[0]["bytes_in"]), (&json!(9_000), &json!(7_000)));
    let upload = (0..3).map(|n| {
        line(("10.0.0.5", "192.0.2.200"), (5_501, 443), (700_000, 400_000_000), n, ("ACCEPT", 0))
    });
    let sums = sums_of(&body(upload));
    assert_eq!(
        (kinds(&sums), &sums[0]["bytes_out"]),
        (vec!["large-upload"], &json!(1_200_000_000_u64))
    );
}

#[test]
fn who_gets_in_after_probing_and_who_guesses() {
    let probes = (1..=25).map(|port| refused("203.0.113.9", "10.0.1.7", port, i64::from(port)));
    let sums = sums_of(&body(probes.clone()));
    assert_eq!(kinds(&sums), ["probed", "background"]);
    let accepted =
        line(("203.0.113.9", "10.0.1.7"), (51_514, 22), (812, 96_321), 60, ("ACCEPT", 19));
    let sums = sums_of(&body(probes.chain([accepted])));
    assert_eq!(kinds(&sums), ["probed-then-accepted", "background"]);
    let one = event(&sums[0]);
    assert_eq!(
        (one.principal.kind, one.principal.name.as_str()),
        (PrincipalKind::Address, "203.0.113.9")
    );
    assert_eq!(
        one.why().unwrap(),
        "203.0.113.9 was refused 25 times by 10.0.1.7, and then let in by tcp/22: 96 kB"
    );
    let guesses = (0..120).map(|n| {
        line(
            ("203.0.113.9", "10.0.1.7"),
            (2_000 + n, 22),
            (18, 3_000),
            i64::from(n),
            ("ACCEPT", 19),
        )
    });
    assert_eq!(kinds(&sums_of(&body(guesses))), ["guesses"]);
}

/// Short connections and a page view hide nothing, and who was let in before probing was no intruder.
#[test]
fn what_else_a_prober_does_hides_nothing() {
    let source = "203.0.113.9";
    let probes = || (1..=25).map(|port| refused(source, "10.0.1.7", port, 100 + i64::from(port)));
    let accepted = |port, bytes, at| {
        line((source, "10.0.1.7"), (51_514, port), (50, bytes), at, ("ACCEPT", 19))
    };
    let more = (0..9).map(|n| accepted(22, 3_000, 200 + n)).chain([accepted(80, 5_000, 300)]);
    let lines = probes().chain([accepted(8_080, 900_000, 180)]).chain(more);
    let sums = sums_of(&body(lines));
    assert_eq!(kinds(&sums), ["probed-then-accepted", "guesses", "background"]);
    assert_eq!(sums[0]["dstport"], 8_080);
    let before = sums_of(&body(probes().chain([accepted(8_080, 900_000, 0)])));
    assert_eq!(kinds(&before), ["probed", "let-in", "background"]);
}

#[test]
fn the_order_of_lines_decides_nothing() {
    let mut lines: Vec<String> = (0..200)
        .flat_map(|n| {
            let peer = format!("198.51.100.{n}");
            [
                refused("10.0.0.5", &peer, 3_333, n),
                refused(&peer, "10.0.1.7", 23, n),
                line((&peer, "10.0.0.5"), (3_333, 40_000), (1, 90), n, ("ACCEPT", 0)),
                line(("10.0.0.5", &peer), (40_000, 3_333), (1, 90), n, ("ACCEPT", 0)),
                refused("10.0.0.6", &format!("10.0.3.{}", n % 9), 5_432, n),
            ]
        })
        .collect();
    let sums = sums_of(&body(lines.clone()));
    assert!(event(&sums[9]).why().unwrap().contains("more than 64 external addresses"), "{sums:?}");
    for step in [7, 333, 501] {
        lines.rotate_left(step);
        lines.reverse();
        assert_eq!(sums_of(&body(lines.clone())), sums);
    }
}

#[test]
fn long_ids_and_lines_are_cut_and_refused() {
    let long = "v".repeat(8_000);
    let lines: Vec<String> = (0..30)
        .map(|n| refused("10.0.0.5", &format!("10.0.1.{n}"), 22, n).replace("vpc-0a1b", &long))
        .collect();
    let sums = sums_of(&body(lines));
    assert_eq!(kinds(&sums), ["sweep"]);
    assert_eq!(sums[0]["vpc_id"].as_str().unwrap().len(), 128);
    let (_, _, opened) = open_with(&body(["x".repeat(20_000)]), Enrichment::nothing(), &[]);
    assert!(format!("{:?}", opened.rejects).contains("is over the limit"));
}

#[test]
fn the_background_is_one_sum() {
    let noise =
        (0..500).map(|n| refused(&format!("203.0.{}.{}", n % 7, n % 200), "10.0.1.7", 23, n));
    let sums = sums_of(&body(noise));
    assert_eq!(kinds(&sums).last(), Some(&"background"));
    let told = event(sums.last().unwrap()).why().unwrap();
    assert_eq!(told, "500 refusals of 500 external sources; ports tried most: 23");
}

#[test]
fn a_gap_and_settings() {
    let gap = |at: i64| {
        format!(
            "5 111122223333 vpc-0a1b eni-1 i-1 - - - - - - - {} {} - SKIPDATA - - eu-west-1",
            TEN + at,
            TEN + at + 60
        )
    };
    let none = gap(0).replace("SKIPDATA", "NODATA");
    let sums = sums_of(&body([gap(0), gap(60), gap(3_700), none]));
    assert_eq!(kinds(&sums), ["skipped-records", "skipped-records"]);
    assert_eq!((&sums[0]["flows"], event(&sums[0]).principal.name.as_str()), (&json!(2), "eni-1"));
    let bpa = format!(
        "srcaddr dstaddr srcport dstport protocol end action log-status reject-reason\n10.0.0.5 203.0.113.9 4000 443 6 {TEN} REJECT OK BPA\n"
    );
    let sums = sums_of(&bpa);
    assert_eq!(kinds(&sums), ["refused-by-setting"]);
    assert_eq!(
        event(&sums[0]).why().unwrap(),
        "VPC Block Public Access refused traffic once from 10.0.0.5 to 203.0.113.9"
    );
}

#[test]
fn own_hosts_are_inside_and_offices_are_not() {
    let lines = body((0..9).map(|n| refused("203.0.113.9", "10.0.1.7", 5432, n)));
    let mut known = Enrichment::default();
    known.networks.hosts.insert("203.0.113.0/24".parse().unwrap(), ());
    let (_, sums, _) = open_with(&lines, &known, &[]);
    assert_eq!(kinds(&sums), ["refused-inside"]);
    let mut known = Enrichment::default();
    known.networks.own.insert("203.0.113.0/24".parse().unwrap(), "office".to_owned());
    let (_, sums, _) = open_with(&lines, &known, &[]);
    assert_eq!(kinds(&sums), ["background"]);
}

#[test]
fn what_asks_everybody_is_background() {
    let asks = [("0.0.0.0", "255.255.255.255", 67), ("10.0.1.7", "224.0.0.251", 5353)];
    for (from, to, port) in asks {
        let sums = sums_of(&body((0..9).map(|n| refused(from, to, port, n))));
        assert_eq!(kinds(&sums), ["background"], "{from}");
    }
}

#[test]
fn other_lines_are_another_sum_and_the_same_in_another_order_are_not() {
    let lines = |from: i64| (from..from + 9).map(|n| refused("10.0.0.5", "10.0.1.7", 5432, n % 5));
    let id = |lines: &mut dyn Iterator<Item = String>| event(&sums_of(&body(lines))[0]).id;
    let backwards: Vec<String> = lines(0).collect();
    assert_eq!(id(&mut lines(0)), id(&mut backwards.into_iter().rev()));
    assert_ne!(id(&mut lines(0)), id(&mut lines(1)));
}

#[test]
fn any_order_of_fields_and_any_field() {
    let custom = format!(
        "action dstport brand-new-field srcaddr end dstaddr protocol\nREJECT 5432 x 10.0.0.5 {TEN} 10.0.1.7 6\n"
    );
    assert_eq!(kinds(&sums_of(&custom)), ["refused-inside"]);
    let (lines, _, opened) = open_with(&custom, Enrichment::nothing(), &[FLOW]);
    assert_eq!(
        lines,
        [json!({"action": "REJECT", "dstport": 5432, "brand-new-field": "x",
        "srcaddr": "10.0.0.5", "end": TEN, "dstaddr": "10.0.1.7", "protocol": 6})]
    );
    assert_eq!((opened.records_seen(), opened.counted), (1, 0));
    let event = VpcFlow.decode(lines[0].to_string().as_bytes(), RecordContext::default()).unwrap();
    assert_eq!(
        (event.action.to_string().as_str(), event.outcome),
        ("net:tcp/5432", Outcome::Denied)
    );
    assert!(matches!(event.class, EventClass::Flow(_)));
}

#[test]
fn without_a_header() {
    let line =
        format!("2 111122223333 eni-1 10.0.0.5 10.0.1.7 4000 5432 6 1 44 {TEN} {TEN} REJECT OK\n");
    assert_eq!(kinds(&sums_of(&line)), ["refused-inside"]);
    let custom = format!("10.0.0.5 10.0.1.7 5432 REJECT eni-1 {TEN}\n");
    let (_, sums, opened) = open_with(&custom, Enrichment::nothing(), &[]);
    assert!(sums.is_empty());
    let problem = &opened.rejects.iter().next().unwrap().problem;
    assert!(problem.contains("`flow_formats = ["), "{problem}");
    let format = "${srcaddr} ${dstaddr} ${dstport} ${action} ${interface-id} ${end}";
    let known = Enrichment { flow_formats: vec![format.to_owned()], ..Enrichment::default() };
    assert_eq!(kinds(&open_with(&custom, &known, &[]).1), ["refused-inside"]);
}

#[test]
fn sums_balance_and_bad_lines_are_named() {
    let text = format!(
        "{HEADER}\n{}\nshort line\n{}\n\n{}\n",
        refused("10.0.0.5", "10.0.1.7", 5432, 0),
        refused("10.0.0.5", "nowhere", 5432, 0),
        refused("10.0.0.5", "10.0.1.7", 5432, 1).replace("REJECT", "MAYBE")
    );
    let (_, sums, opened) = open_with(&text, Enrichment::nothing(), &[]);
    assert_eq!((opened.records_seen(), opened.counted), (4, 1));
    assert_eq!(kinds(&sums), ["refused-inside"]);
    let problems: Vec<String> = opened.rejects.iter().map(|one| one.problem.clone()).collect();
    assert_eq!(
        problems,
        [
            "line has 2 fields where the flow log's format has 19",
            "`dstaddr` is no address",
            "`action` is neither ACCEPT nor REJECT",
        ]
    );
    let timeless = "srcaddr dstaddr dstport action\n10.0.0.5 10.0.1.7 22 REJECT\n";
    let (_, _, opened) = open_with(timeless, Enrichment::nothing(), &[]);
    assert!(opened.rejects.iter().next().unwrap().problem.contains("add ${start}"));
}

#[test]
fn a_transit_gateway_loses_packets() {
    let text = format!(
        "version resource-type account-id tgw-id srcaddr dstaddr srcport dstport protocol packets bytes start end log-status packets-lost-no-route packets-lost-blackhole\n\
         6 TransitGateway 111122223333 tgw-1 10.0.0.5 10.1.0.7 4000 443 6 9 400 {TEN} {TEN} OK 0 9\n\
         6 TransitGateway 111122223333 tgw-1 10.0.0.5 10.1.0.8 4000 443 6 9 400 {TEN} {TEN} OK 0 0\n"
    );
    let sums = sums_of(&text);
    assert_eq!(
        (kinds(&sums), &sums[0]["reason"]),
        (vec!["refused-by-setting"], &json!("black hole"))
    );
}

#[test]
fn log_events_have_one_line_each() {
    let lines: Vec<String> = (0..9)
        .map(|n| {
            format!(
                "2 111122223333 eni-1 10.0.0.5 10.0.1.7 {} 5432 6 1 44 {TEN} {TEN} REJECT OK",
                4_000 + n
            )
        })
        .collect();
    let events: Vec<Value> = lines.iter().map(|line| json!({"id": "1", "message": line})).collect();
    let data = json!({"messageType": "DATA_MESSAGE", "owner": "111122223333", "logGroup": "flows",
        "logStream": "eni-1", "logEvents": events});
    let sums = sums_of(&data.to_string());
    assert_eq!((kinds(&sums), &sums[0]["flows"]), (vec!["refused-inside"], &json!(9)));
    // Firehose wraps each line.
    let firehose: String =
        lines.iter().map(|line| json!({"message": line}).to_string() + "\n").collect();
    assert_eq!(sums_of(&firehose)[0]["flows"], json!(9));
}

/// Any line is an event or a reject, and never a panic.
#[test]
fn whatever_is_in_a_line() {
    let pieces = [
        "10.0.0.5",
        "203.0.113.9",
        "-",
        "443",
        "65536",
        "18446744073709551616",
        "REJECT",
        "ACCEPT",
        "OK",
        "SKIPDATA",
        "NODATA",
        "6",
        "255",
        "256",
        "egress",
        "1795946400",
        "253402300800",
        "\u{fffd}",
        "",
        " ",
    ];
    let mut seed = 7_u64;
    let mut any = |most: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % most
    };
    for _ in 0..3_000 {
        let lines: Vec<String> = (0..6)
            .map(|_| {
                let mut words: Vec<&str> = refused_words();
                for _ in 0..any(4) {
                    let at = any(words.len());
                    words[at] = pieces[any(pieces.len())];
                }
                words.join(" ")
            })
            .collect();
        let text = format!("{HEADER}\n{}\n", lines.join("\n"));
        for wanted in [&[][..], &[FLOW]] {
            let (records, sums, opened) = open_with(&text, Enrichment::nothing(), wanted);
            let all = records.len() as u64 + opened.counted + opened.rejects.total_count();
            assert_eq!(opened.records_seen(), all, "{text}");
            sums.iter().for_each(|sum| drop(event(sum)));
        }
    }
}

fn refused_words() -> Vec<&'static str> {
    "5 111122223333 vpc-0a1b eni-1 i-1 10.0.0.5 10.0.1.7 40000 5432 6 1 44 1795946400 1795946405 REJECT OK 2 egress eu-west-1"
        .split(' ')
        .collect()
}

//! A flood of flow log lines with nine stories in it, the same bytes for the same seed.
//!
//! Two thirds are the internet's background noise. Own hosts have addresses in 10.20.0.0/16; the
//! outside is noise from anywhere, and the planted peers have addresses for documentation.

use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;

use flate2::{Compression, GzBuilder};

use super::SeededDice;
use crate::run::XtaskError;

const HEADER: &str = "version account-id vpc-id interface-id instance-id srcaddr dstaddr srcport dstport \
    protocol packets bytes start end action log-status tcp-flags flow-direction region";
const HOSTS: u64 = 64;
/// 27 November 2026, 08:00:00 UTC.
const START: u64 = 1_795_766_400;
/// Three hours.
const SPAN: u64 = 10_800;

/// What is planted: the rule that finds it, and whom the case is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlantedStory {
    /// The rule's id.
    pub rule: &'static str,
    /// The instance, the address or the interface.
    pub actor: String,
}

/// A flood and its truth.
pub struct Flood {
    /// The lines, by time, with a header.
    pub text: String,
    /// How many lines there are, without the header.
    pub lines: u64,
    /// The stories, sorted. Nothing else deserves a message, but one line about the background.
    pub stories: Vec<PlantedStory>,
}

struct FloodMaker {
    dice: SeededDice,
    lines: Vec<(u64, String)>,
    stories: Vec<PlantedStory>,
}

/// A flow: from, to, ports, packets, bytes, seconds after the start, end, flags.
struct Planted<'p> {
    ends: (&'p str, &'p str),
    ports: (u64, u64),
    size: (u64, u64),
    at: u64,
    action: &'p str,
    flags: u64,
}

/// Writes a compressed flood.
pub fn write_flood(lines: u64, seed: u64, out: &Path) -> Result<u64, XtaskError> {
    let flood = make_flood(lines, seed);
    let mut gzip = GzBuilder::new().mtime(0).write(Vec::new(), Compression::new(6));
    gzip.write_all(flood.text.as_bytes()).map_err(|error| error.to_string())?;
    let packed = gzip.finish().map_err(|error| error.to_string())?;
    std::fs::write(out, packed).map_err(|error| format!("{}: {error}", out.display()))?;
    Ok(flood.lines)
}

/// Makes a flood of about this many lines.
pub fn make_flood(lines: u64, seed: u64) -> Flood {
    let mut maker =
        FloodMaker { dice: SeededDice::from_seed(seed), lines: Vec::new(), stories: Vec::new() };
    maker.plant_inside();
    maker.plant_outward();
    maker.plant_inward();
    while (maker.lines.len() as u64) < lines {
        maker.add_noise();
    }
    maker.finish()
}

fn host(number: u64) -> String {
    format!("10.20.{}.{}", number % 8, 10 + number)
}

fn instance(address: &str) -> String {
    format!("i-{:017x}", digits_of(address))
}

fn interface(address: &str) -> String {
    format!("eni-{:017x}", digits_of(address))
}

fn digits_of(address: &str) -> u64 {
    // FNV-1a.
    let start = 0xcbf2_9ce4_8422_2325;
    address
        .bytes()
        .fold(start, |sum: u64, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
        >> 8
}

impl FloodMaker {
    fn below(&mut self, n: u64) -> u64 {
        self.dice.roll_below(n)
    }

    fn any_port(&mut self) -> u64 {
        32_768 + self.below(28_000)
    }

    fn put(&mut self, flow: &Planted<'_>) {
        let (from, to) = flow.ends;
        let is_own = from.starts_with("10.");
        let (direction, own) = if is_own { ("egress", from) } else { ("ingress", to) };
        let end = START + flow.at + 5 + self.below(50);
        let line = format!(
            "5 111122223333 vpc-0a1b2c3d4e5f67890 {} {} {from} {to} {} {} 6 {} {} {} {end} {} OK {} {direction} eu-west-1",
            interface(own),
            instance(own),
            flow.ports.0,
            flow.ports.1,
            flow.size.0,
            flow.size.1,
            START + flow.at,
            flow.action,
            flow.flags
        );
        self.lines.push((end, line));
    }

    fn refuse(&mut self, ends: (&str, &str), port: u64, at: u64) {
        let own = self.any_port();
        let (ports, size) = ((own, port), (1, 44));
        self.put(&Planted { ends, ports, size, at, action: "REJECT", flags: 2 });
    }

    fn accept(&mut self, ends: (&str, &str), ports: (u64, u64), size: (u64, u64), at: u64) {
        self.put(&Planted { ends, ports, size, at, action: "ACCEPT", flags: 19 });
    }

    fn story(&mut self, rule: &'static str, actor: String) {
        self.stories.push(PlantedStory { rule, actor });
    }

    /// A sweep, a scan, and a workload that lacks a rule.
    fn plant_inside(&mut self) {
        let (sweeper, scanner, scanned) = (host(30), host(31), host(32));
        let port = *self.dice.pick_one(&[445, 22, 3_389]);
        let begin = 600 * (2 + self.below(9)) + 30;
        for n in 0..260 {
            let target = format!("10.20.{}.{}", 9 + n / 200, n % 200 + 2);
            self.refuse((&sweeper, &target), port, begin + n / 2);
        }
        self.story("aware-flow-sweep", instance(&sweeper));
        for n in 0..700 {
            self.refuse((&scanner, &scanned), 1 + n, begin + n / 4);
        }
        self.story("aware-flow-port-scan", instance(&scanner));
        let (caller, database) = (host(33), host(34));
        for n in 0..360 {
            self.refuse((&caller, &database), 5_432, 20 + n * 29);
        }
        self.story("aware-flow-lacks-rule", instance(&caller));
    }

    /// A miner that is refused, one that is not, a large upload, and a gap.
    fn plant_outward(&mut self) {
        let (refused, miner, sender, blind) = (host(35), host(36), host(37), host(38));
        for n in 0..90 {
            self.refuse((&refused, "203.0.113.66"), 3_333, 300 + n * 60);
        }
        self.story("aware-flow-refused-watched", instance(&refused));
        for n in 0..80 {
            let (out, back) = ((&*miner, "198.51.100.44"), ("198.51.100.44", &*miner));
            self.accept(out, (41_000, 14_444), (40, 9_000), 900 + n * 60);
            self.accept(back, (14_444, 41_000), (40, 4_000), 900 + n * 60);
        }
        self.story("aware-flow-watched-exchange", instance(&miner));
        for n in 0..30 {
            let ends = (&*sender, "192.0.2.200");
            self.accept(ends, (55_012, 443), (700_000, 1_000_000_000), 6_000 + n * 60);
        }
        self.story("aware-flow-large-upload", instance(&sender));
        for n in 0..12 {
            let end = START + 7_400 + n * 60;
            let (card, machine) = (interface(&blind), instance(&blind));
            let line = format!(
                "5 111122223333 vpc-0a1b2c3d4e5f67890 {card} {machine} - - - - - - - {} {end} - SKIPDATA - - eu-west-1",
                end - 60
            );
            self.lines.push((end, line));
        }
        self.story("aware-flow-skipped", interface(&blind));
    }

    /// Somebody who probes and gets in, and somebody who guesses.
    fn plant_inward(&mut self) {
        let (probed, guessed) = (host(3), host(5));
        for n in 0..250 {
            self.refuse(("203.0.113.199", &probed), 1 + 37 * n, 3_600 + n);
        }
        self.accept(("203.0.113.199", &probed), (51_514, 22), (812, 96_321), 3_950);
        self.story("aware-flow-probed-accepted", "203.0.113.199".to_owned());
        for n in 0..400 {
            let port = 2_000 + self.below(50_000);
            self.accept(("198.51.100.77", &guessed), (port, 22), (18, 3_000), 7_300 + n * 8);
        }
        self.story("aware-flow-guessing", "198.51.100.77".to_owned());
    }

    fn add_noise(&mut self) {
        let (at, dice) = (self.below(SPAN), self.below(100));
        let own = host(self.below(HOSTS));
        match dice {
            0..62 => self.add_background(at),
            // After the end of a connection: a refusal that means nothing.
            62..68 => {
                let port = self.any_port();
                let outside = format!("151.101.{}.{}", self.below(4), self.below(250));
                let flags = *self.dice.pick_one(&[4, 1, 0]);
                let (ends, ports, size) = ((&*outside, &*own), (443, port), (2, 80));
                self.put(&Planted { ends, ports, size, at, action: "REJECT", flags });
            }
            68..97 => {
                let to = match self.below(10) {
                    0..6 => host(self.below(HOSTS)),
                    _ => format!("151.101.{}.{}", self.below(4), self.below(250)),
                };
                let (port, service) =
                    (self.any_port(), *self.dice.pick_one(&[443, 5_432, 6_379, 53]));
                let size = (5 + self.below(400), 400 + self.below(400_000));
                self.accept((&own, &to), (port, service), size, at);
            }
            _ => {
                let end = START + at + 60;
                let (card, machine) = (interface(&own), instance(&own));
                let line = format!(
                    "5 111122223333 vpc-0a1b2c3d4e5f67890 {card} {machine} - - - - - - - {} {end} - NODATA - - eu-west-1",
                    end - 60
                );
                self.lines.push((end, line));
            }
        }
    }

    /// One of many sources asks a public host for a port.
    fn add_background(&mut self, at: u64) {
        const PORTS: [u64; 12] = [23, 23, 23, 22, 22, 3_389, 445, 8_080, 80, 6_379, 1_433, 2_375];
        let public = host(self.below(18));
        let seed = match self.below(5) {
            0..3 => self.dice.roll_skewed(300),
            _ => 300 + self.below(20_000),
        };
        let [a, b, c, _] = u32::try_from(seed.wrapping_mul(2_654_435_761) & 0xffff_ffff)
            .unwrap_or_default()
            .to_be_bytes();
        // Addresses that nobody keeps for documentation or private use.
        let source = format!("{}.{b}.{c}.{}", 45 + u64::from(a) % 40, 1 + seed % 250);
        let port = match self.below(10) {
            0..7 => *self.dice.pick_one(&PORTS),
            _ => 1 + self.below(65_000),
        };
        self.refuse((&source, &public), port, at);
    }

    fn finish(mut self) -> Flood {
        self.lines.sort();
        let mut text = format!("{HEADER}\n");
        for (_, line) in &self.lines {
            let _ = writeln!(text, "{line}");
        }
        self.stories.sort();
        Flood { text, lines: self.lines.len() as u64, stories: self.stories }
    }
}

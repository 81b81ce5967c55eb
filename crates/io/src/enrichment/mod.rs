//! What is known beyond the logs: the config's accounts, networks and principals, and the files that
//! it names.

mod config;
mod lists;
mod maxmind;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use aware_core::enrichment::{
    AddressDatabase, AwsRanges, Enrichment, KnownAccount, KnownAccounts, KnownNetworks,
    NetworkList, NetworkTable, PrincipalClass, PrincipalClasses,
};
use aware_core::event::is_account_id;
use aware_core::source::vpc_flow::is_flow_format;
use aware_rules::problem::RuleMistake;

pub use config::{
    AccountConfig, EnrichmentConfig, NetworkConfig, NetworkListConfig, OrganizationConfig,
    PrincipalsConfig,
};
use lists::{parse_network, read_list};
use maxmind::MaxMindDatabase;

/// Reads everything that the config says or names. What is wrong is a problem, and left out.
pub fn load_enrichment(
    config: &EnrichmentConfig,
    config_file: &str,
) -> (Enrichment, Vec<RuleMistake>) {
    let mut loader = EnrichmentLoader { file: config_file, problems: Vec::new() };
    let enrichment = Enrichment {
        accounts: loader.accounts(config),
        networks: loader.networks(&config.network),
        principals: principals(&config.principals),
        flow_formats: loader.flow_formats(&config.network),
    };
    (enrichment, loader.problems)
}

fn principals(config: &PrincipalsConfig) -> PrincipalClasses {
    let lists = [
        (PrincipalClass::BreakGlass, &config.break_glass),
        (PrincipalClass::Ci, &config.ci),
        (PrincipalClass::Deployer, &config.deployer),
        (PrincipalClass::Human, &config.human),
    ];
    let patterns = lists
        .into_iter()
        .flat_map(|(class, patterns)| patterns.iter().map(move |pattern| (class, pattern.clone())));
    PrincipalClasses::new(patterns.collect())
}

struct EnrichmentLoader<'a> {
    file: &'a str,
    problems: Vec<RuleMistake>,
}

impl EnrichmentLoader<'_> {
    fn add_problem(&mut self, table: &str, what: String, hint: &str) {
        let place = format!("{} [{table}]", self.file);
        self.problems.push(RuleMistake::new(&place, (0, 0), what).with_hint(hint));
    }

    fn flow_formats(&mut self, config: &NetworkConfig) -> Vec<String> {
        let (good, bad): (Vec<String>, Vec<String>) =
            config.flow_formats.iter().cloned().partition(|format| is_flow_format(format));
        for format in bad {
            let what = format!("`flow_formats` has `{format}`, which is no format of a flow log");
            let hint = "fields as AWS writes them: `${srcaddr} ${dstaddr} ${end} ${action}`, with \
                        `${start}` or `${end}`";
            self.add_problem("network", what, hint);
        }
        good
    }

    fn accounts(&mut self, config: &EnrichmentConfig) -> KnownAccounts {
        let mut by_id: BTreeMap<String, KnownAccount> = BTreeMap::new();
        for (name, account) in &config.account {
            let table = format!("account.{name}");
            if !is_account_id(&account.id) {
                self.add_problem(
                    &table,
                    format!("`id` `{}` is not an account id", account.id),
                    "an account's id has 12 digits",
                );
                continue;
            }
            let known = KnownAccount {
                name: name.clone(),
                environment: account.environment.clone(),
                owner: account.owner.clone(),
                is_partner: account.partner,
            };
            if let Some(other) = by_id.insert(account.id.clone(), known) {
                let what = format!("`{}` is also the id of `{}`", account.id, other.name);
                self.add_problem(&table, what, "name each account once");
            }
        }
        KnownAccounts::new(by_id, config.organization.id.clone())
    }

    fn networks(&mut self, config: &NetworkConfig) -> KnownNetworks {
        let mut own = NetworkTable::default();
        for (name, networks) in &config.own {
            for network in self.parsed("network.own", name, networks) {
                own.insert(network, name.clone());
            }
        }
        let mut hosts = NetworkTable::default();
        for network in self.parsed("network", "hosts", &config.hosts) {
            hosts.insert(network, ());
        }
        let lists = config.list.iter().map(|(name, list)| self.list(name, list)).collect();
        let databases = [("country", &config.country), ("asn", &config.asn)];
        let databases: Vec<Arc<dyn AddressDatabase>> = databases
            .into_iter()
            .filter_map(|(key, path)| self.database(key, path.as_deref()?))
            .collect();
        let aws = config.aws_ranges.as_deref().and_then(|path| self.aws_ranges(path));
        KnownNetworks { own, hosts, lists, databases, aws }
    }

    fn parsed(&mut self, table: &str, key: &str, networks: &[String]) -> Vec<ipnet::IpNet> {
        let mut parsed = Vec::new();
        for text in networks {
            match parse_network(text) {
                Some(network) => parsed.push(network),
                None => self.add_problem(
                    table,
                    format!("`{key}`: `{text}` is not a network"),
                    "`203.0.113.0/24`, or an address",
                ),
            }
        }
        parsed
    }

    fn list(&mut self, name: &str, list: &NetworkListConfig) -> NetworkList {
        let table = format!("network.list.{name}");
        let mut networks = NetworkTable::default();
        let mut date = list.date.clone();
        if list.path.is_none() && list.networks.is_empty() {
            let what = "has neither `path` nor `networks`".to_owned();
            self.add_problem(&table, what, "a file, or a list of networks");
        }
        if let Some(path) = &list.path {
            match read_list(path) {
                Ok(file) => {
                    if let Some((line, word, count)) = file.wrong {
                        let lines = match count {
                            1 => "1 such line is left out".to_owned(),
                            _ => format!("{count} such lines are left out"),
                        };
                        let what = format!(
                            "{}:{line}: `{word}` is not a network; {lines}",
                            path.display()
                        );
                        self.add_problem(&table, what, "an address or a network on each line");
                    }
                    networks = file.networks;
                    date.get_or_insert(file.date);
                }
                Err(error) => self.unreadable(&table, "path", path, &error.to_string()),
            }
        }
        for network in self.parsed(&table, "networks", &list.networks) {
            networks.insert(network, ());
        }
        let date = date.unwrap_or_default();
        NetworkList { name: name.to_owned(), date, networks }
    }

    fn database(&mut self, key: &str, path: &Path) -> Option<Arc<dyn AddressDatabase>> {
        match MaxMindDatabase::open(path) {
            Ok(database) => Some(Arc::new(database)),
            Err(error) => {
                self.unreadable("network", key, path, &error.to_string());
                None
            }
        }
    }

    fn aws_ranges(&mut self, path: &Path) -> Option<AwsRanges> {
        let read = std::fs::read(path).map_err(|error| error.to_string());
        let read =
            read.and_then(|text| AwsRanges::from_json(&text).map_err(|error| error.to_string()));
        match read {
            Ok(ranges) => Some(ranges),
            Err(problem) => {
                self.unreadable("network", "aws_ranges", path, &problem);
                None
            }
        }
    }

    fn unreadable(&mut self, table: &str, key: &str, path: &Path, problem: &str) {
        let what = format!("`{key}` is {}, which cannot be read: {problem}", path.display());
        let hint = match key {
            "country" | "asn" => {
                "a MaxMind DB file, `.mmdb`; a path is relative to the working folder"
            }
            "aws_ranges" => "the ip-ranges.json that AWS publishes",
            _ => "a path is relative to the working folder",
        };
        self.add_problem(table, what, hint);
    }
}

#[cfg(test)]
mod tests;

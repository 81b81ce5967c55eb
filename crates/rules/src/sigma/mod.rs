//! Sigma rules, filters and correlations: specification 2.1, and what of 2.2 is settled.

mod yaml;

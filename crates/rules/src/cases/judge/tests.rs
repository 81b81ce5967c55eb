//! Cases of cases.

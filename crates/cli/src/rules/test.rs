//! `aware rules test`: the cases beside rules.

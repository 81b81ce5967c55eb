//! CloudWatch Logs filter patterns: JSON, space-delimited and text forms.

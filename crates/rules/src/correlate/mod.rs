//! Correlation: windows of findings by event time, whatever the order of delivery.

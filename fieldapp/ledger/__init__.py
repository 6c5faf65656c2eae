"""The tamper-evident log: one append-only hash chain for each area."""

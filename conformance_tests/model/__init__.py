"""SPEC.md as plain values: what each call must answer, and what it leaves in the table."""

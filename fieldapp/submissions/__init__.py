"""Intake, what was taken in, and what is held for a person to decide."""

"""Forms and their published, immutable versions."""

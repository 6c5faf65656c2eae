"""People, their devices, their sessions, and their roles on areas."""

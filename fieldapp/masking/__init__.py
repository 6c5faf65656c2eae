"""What of an entry a person may read, where they may not read who it is about."""

"""ODK Collect from outside: its settings as a QR code, and a phone that plays it."""

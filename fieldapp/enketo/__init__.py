"""Entries that their facilitator opens in a browser, in the operator's Enketo."""

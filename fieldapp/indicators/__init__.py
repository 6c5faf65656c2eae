"""Indicators: what forms declare, added up from approved revisions."""

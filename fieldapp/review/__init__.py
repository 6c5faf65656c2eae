"""Decisions of coordinators on submissions."""

"""Programmes: who runs what; later their enrolments and claims."""

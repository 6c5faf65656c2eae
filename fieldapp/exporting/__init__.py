"""Entries as files for other programs: rows, columns, formats, long exports."""

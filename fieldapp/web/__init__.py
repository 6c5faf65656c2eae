"""The HTTP kit: problems, paging and texts, without any domain knowledge."""

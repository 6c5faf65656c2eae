"""Making forms: drafts, trying them on a phone, publishing, retiring."""

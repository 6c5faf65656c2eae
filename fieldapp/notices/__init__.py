"""Telling others what happened: webhooks to programs, digests to people."""

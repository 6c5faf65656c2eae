"""Quality flags: what is odd about an entry beside others; they never block."""

"""What can be asked about an area: its path, its children, its log."""

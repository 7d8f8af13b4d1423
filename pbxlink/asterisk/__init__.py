"""Questions to a running Asterisk, the same on both sides."""

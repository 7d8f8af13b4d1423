"""The commands that both sides have, and how their results are shown."""

"""The directory API that a PBX asks, and its tokens."""

"""The directory API for the PBX, and its tokens."""

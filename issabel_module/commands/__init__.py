"""The commands that only the PBX has."""

"""The checks on the PBX before anything is written, and `verify`."""

"""The checks on OML before anything is written, and `verify`."""

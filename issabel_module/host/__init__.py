"""The machine that the PBX runs on, and where the PBX keeps things there."""

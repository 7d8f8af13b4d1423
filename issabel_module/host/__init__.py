"""The machine that the PBX runs on."""

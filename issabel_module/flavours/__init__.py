"""Everything in which the PBX products differ, one file each."""

"""What can be wrong on the PBX before anything is written."""

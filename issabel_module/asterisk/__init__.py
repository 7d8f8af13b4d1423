"""What the PBX's running Asterisk is asked, made to reload, and proved by."""

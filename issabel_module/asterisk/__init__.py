"""The PBX's running Asterisk: its drivers and trunks, its reload, and the check of the result."""

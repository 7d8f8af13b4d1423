"""What only the PBX's command has."""

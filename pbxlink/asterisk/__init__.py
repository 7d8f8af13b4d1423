"""What a running Asterisk is asked, on either side."""

"""What PBXs ask over HTTPS: the directory API and its tokens, the pairing API and its invitations."""

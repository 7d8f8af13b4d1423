"""What is wanted: the link, its file and code, and the rules for what may stand in them."""

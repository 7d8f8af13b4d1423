"""The link: its data, its file and code, and what is allowed in them."""

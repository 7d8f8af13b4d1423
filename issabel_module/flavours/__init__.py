"""The differences between PBX products, one file for each product."""

"""Trunks, outbound and inbound routes."""

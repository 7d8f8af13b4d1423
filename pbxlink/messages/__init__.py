"""The catalogue of messages, findings, errors, and the masking of secrets."""

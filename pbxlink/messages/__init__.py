"""What is said: the catalogue of messages, findings and errors."""

"""How a person is talked to: commands, output, report."""

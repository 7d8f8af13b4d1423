"""The main job on an embedded default: SQLite on both sides, no root, no server. Run by `tests/demo/run`."""

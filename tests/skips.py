"""What `tests/run` says of skipped tests at its end: how many for which reason, and how the avoidable ones are run."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

WANTED = {
    "no Python": "have it in PATH or by pyenv, with ensurepip; then tests/run tests/oml tests/packaging",
    "record": "lay the records beside the checkout, in ../shared/truth; then tests/run tests/facts",
}
"""A word of the reason, and what makes those tests run."""


def summary(reasons: list[str]) -> str:
    """The reasons with their counts, most frequent first; then a line for each thing that is merely missing."""
    counted = Counter(reasons)
    lines = [f"{count:5} skipped: {reason}" for reason, count in counted.most_common()]
    for word, advice in WANTED.items():
        count = sum(number for reason, number in counted.items() if word in reason)
        if count:
            lines.append(f"{count} of these {len(reasons)} only want what is not here ({word}): {advice}")
    return "\n".join(lines) or "No test was skipped."


if __name__ == "__main__":
    noted = Path(sys.argv[1])
    print(summary(noted.read_text(encoding="utf-8").splitlines() if noted.exists() else []))

"""`make bench`: what is promised about speed, measured. Ratios within one run; medians with minimum and maximum."""

import json
from pathlib import Path

from bench import door, way

TARGET = Path(__file__).resolve().parent.parent / "var" / "bench.json"
AIMS = {
    "door_drop_ratio": 2.2,
    "door_journal_ratio": 4.5,
    "first_model_call_ratio": 1.2,
    "cpu_per_run_ratio": 0.2,
}


def main() -> None:
    """Measure, print a table, and write `var/bench.json`."""
    found = dict(door.run())
    measured = way.rounds()
    found |= way.ratios(measured)
    print(f"{'':24} {'median':>8} {'min':>8} {'max':>8} {'aim':>8}")
    for name, ratio in found.items():
        verdict = "" if ratio.median <= AIMS[name] else "  missed"
        print(f"{name:24} {ratio.median:8.2f} {ratio.least:8.2f} {ratio.most:8.2f} {AIMS[name]:8.2f}{verdict}")
    print(way.described(measured))
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(json.dumps({name: round(ratio.median, 3) for name, ratio in found.items()}, indent=2) + "\n")


main()

"""A bounded run of the fuzzer itself, each target by its command."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from .targets import TARGETS

RUNS = 5000
# The gate begins with the same each time; 0 is another one.
SEED = 1 if "FIXED_SEEDS" in os.environ else 0


@pytest.mark.long
@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="fuzzing needs atheris: pip install atheris")
@pytest.mark.parametrize("name", TARGETS)
def test_a_short_run_finds_nothing(name: str, tmp_path: Path) -> None:
    """So many inputs that the fuzzer makes from the seeds, guided by what they reach, keep the law of the target."""
    findings, temporary = tmp_path / "findings", tmp_path / "temporary"
    findings.mkdir()
    temporary.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", name, f"--runs={RUNS}", f"--seed={SEED}", f"--findings={findings}"],
        cwd=Path(__file__).parents[2],
        # The fuzzer ends without a word to Python, so that what is temporary stays behind.
        env={**os.environ, "TMPDIR": str(temporary), **({"PYTHONHASHSEED": "0"} if SEED else {})},
        capture_output=True,
        text=True,
        errors="replace",
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{done.stderr[-4000:]}\n{done.stdout[-4000:]}"
    found = re.search(r"Done (\d+) runs", done.stderr)
    assert found is not None
    assert int(found[1]) >= RUNS
    assert [] == list(findings.iterdir())

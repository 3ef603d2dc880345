"""Fuzz a target with atheris: `python -m tests.fuzz TARGET --runs N` or `--seconds N`; without a target, list them.

What reaches something new is kept in `--corpus`, for the next run; what breaks a law is written to `--findings`.
`python -m tests.fuzz TARGET FILE` looks at one input again.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path
from typing import Any

_MAX_BYTES = 16 * 1024
_SECONDS_FOR_ONE = 20


def main(arguments: list[str] | None = None) -> None:
    """Run one target; libFuzzer ends the process, with status 0 or that of its finding."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target", nargs="?")
    parser.add_argument("file", nargs="?", type=Path, help="run this input once, without atheris")
    parser.add_argument("--runs", type=int, default=-1)
    parser.add_argument("--seconds", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0, help="0: another one each time")
    parser.add_argument("--corpus", type=Path, help="a folder that is kept; without it, one that isn't")
    parser.add_argument(
        "--findings", type=Path, default=Path("build/fuzz"), help="a folder for inputs that break a law"
    )
    given = parser.parse_args(arguments)
    if given.file is not None:
        from .targets import TARGETS

        TARGETS[given.target](given.file.read_bytes())
        return
    import atheris  # type: ignore[import-untyped,unused-ignore]  # it has no annotations

    # The generated structs have no decisions of their own, and instrumenting them takes longer than a short run.
    model = Path(__file__).parents[2] / "src" / "cognito_idp" / "model"
    generated = ["cognito_idp.types", *(f"cognito_idp.model.{module.stem}" for module in model.glob("*.py"))]
    with atheris.instrument_imports(include=["cognito_idp"], exclude=generated):
        from .targets import TARGETS
    from .mutators import mutated
    from .seeds import seeds

    if given.target is None:
        print("\n".join(TARGETS))  # noqa: T201 - a command prints
        return
    if given.target not in TARGETS:
        parser.error(f"there is no target {given.target!r}; there are {', '.join(TARGETS)}")

    def change(data: bytes, max_size: int, seed: int) -> bytes:
        chance = random.Random(seed)
        return (
            mutated(data, chance)[:max_size] if chance.choice((True, False)) else bytes(atheris.Mutate(data, max_size))
        )

    with tempfile.TemporaryDirectory() as temporary:
        known = Path(temporary)
        for number, seed in enumerate(seeds(given.target)):
            (known / str(number)).write_bytes(seed)
        options = [
            sys.argv[0],
            *([str(given.corpus)] if given.corpus else []),
            str(known),
            f"-runs={given.runs}",
            f"-max_total_time={given.seconds}",
            f"-seed={given.seed}",
            f"-max_len={_MAX_BYTES}",
            f"-timeout={_SECONDS_FOR_ONE}",
            f"-artifact_prefix={given.findings}/",
            "-print_final_stats=1",
            "-rss_limit_mb=2048",
        ]
        for folder in filter(None, (given.corpus, given.findings)):
            folder.mkdir(parents=True, exist_ok=True)
        target: Any = TARGETS[given.target]
        atheris.Setup(options, target, custom_mutator=change, internal_libfuzzer=True)
        atheris.Fuzz()


if __name__ == "__main__":
    main()

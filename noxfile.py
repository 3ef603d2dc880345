"""The steps of the gate for those who use nox (`nox --list`). They stand in `.ci`, and run without nox as well."""

import subprocess

import nox

STEPS = subprocess.run(["bash", ".ci/run", "--list"], check=True, capture_output=True, text=True).stdout.split()  # noqa: S607


def _session(step: str) -> None:
    # Each step makes the environments that it needs.
    @nox.session(name=step, venv_backend="none")
    def run(session: nox.Session) -> None:
        session.run("bash", ".ci/run", step, external=True)


for _step in STEPS:
    _session(_step)

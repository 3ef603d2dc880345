"""The command line: `python -m cognito_idp_codegen (--model PATH | --twins) [--check]`."""

from __future__ import annotations

import argparse
import difflib
import sys
from pathlib import Path

from . import twins
from .emit_index import exceptions_module, index_module, types_module
from .emit_operations import OperationWriter
from .emit_structs import StructWriter
from .families import FAMILIES, SHARED
from .layout import module_docstring
from .model import Model, ModelError, load
from .names import NameClashError, Names
from .prose import Prose

PACKAGE = Path(__file__).resolve().parent.parent / "cognito_idp"


def generate(model: Model) -> dict[str, str]:
    """Return every generated file, by its path below `cognito_idp`.

    Raises:
        ModelError: the model and the generator's tables don't agree.
    """
    prose, names = Prose(model), Names()
    structs = StructWriter(model, prose, names)
    files = {f"model/{family}.py": structs.module(family) for family in (*SHARED, *FAMILIES)}
    files["model/__init__.py"] = module_docstring(
        "The service's model: structs, enums, exceptions and operation methods."
    )
    files["model/operations.py"] = OperationWriter(model, prose, names, is_async=False).module()
    files["model/async_operations.py"] = OperationWriter(model, prose, names, is_async=True).module()
    files["model/exceptions.py"] = exceptions_module(model, prose, names)
    files["model/index.py"] = index_module(model)
    files["types.py"] = types_module(model)
    unused = names.unused()
    if unused:
        msg = f"entries of the naming tables that nothing uses: {', '.join(unused)}"
        raise ModelError(msg)
    return files


def differences(files: dict[str, str], package: Path, committed: set[str]) -> list[str]:
    """Return what differs between the generated files and those in the package, in both directions.

    `committed` are the paths of the generated files that the package holds.
    """
    found = []
    for name, text in sorted(files.items()):
        path = package / name
        if not path.is_file():
            found.append(f"{name} is missing")
        elif (present := path.read_text("utf-8")) != text:
            lines = difflib.unified_diff(
                present.splitlines(), text.splitlines(), "committed", "generated", n=0, lineterm=""
            )
            found.append(f"{name} differs:\n" + "\n".join(list(lines)[:20]))
    found += [f"{name} is not generated any more" for name in sorted(committed - files.keys())]
    return found


def committed_model(package: Path) -> set[str]:
    """Return the paths of the modules that the model gave the package."""
    return {path.relative_to(package).as_posix() for path in (package / "model").rglob("*.py")}


def main(arguments: list[str] | None = None) -> int:
    """Write the generated files, or compare them with what is there."""
    parser = argparse.ArgumentParser(prog="cognito_idp_codegen", description=__doc__)
    sources = parser.add_mutually_exclusive_group(required=True)
    sources.add_argument(
        "--model", type=Path, metavar="PATH", help="a botocore wheel, or an installed botocore package; the twins too"
    )
    sources.add_argument("--twins", action="store_true", help="only the async twins, which need no model")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the committed files differ")
    options = parser.parse_args(arguments)
    try:
        files, committed, summary = twins.generate(PACKAGE), twins.committed(PACKAGE), "all of them async twins"
        if options.model is not None:
            model = load(options.model)
            files |= generate(model)
            committed |= committed_model(PACKAGE)
            unsigned = sum(not operation.signed for operation in model.operations.values())
            summary = f"{len(model.operations)} operations ({unsigned} of them unsigned)"
    except (ModelError, NameClashError, twins.TwinError) as error:
        print(error, file=sys.stderr)
        return 2
    if options.check:
        found = differences(files, PACKAGE, committed)
        print(
            "\n".join(found) or f"{len(files)} generated files are as their sources say",
            file=sys.stderr if found else sys.stdout,
        )
        return 1 if found else 0
    for name, text in files.items():
        (PACKAGE / name).write_text(text, "utf-8")
    print(f"wrote {len(files)} files: {summary}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

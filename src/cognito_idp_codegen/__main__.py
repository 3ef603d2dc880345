"""Writes generated code, and follows the service's model: `python -m cognito_idp_codegen --help`.

--model PATH [--check]   write what the model and the sources give, or say what differs
--twins [--check]        the same for the async twins alone, which need no model
--newest                 report what the newest botocore's model changes, and draft what has to be written for it
--drift                  say in one line how far the pinned botocore is behind
"""

from __future__ import annotations

import argparse
import difflib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from . import twins
from .changes import report
from .drafts import drafted, reused
from .emit_choices import choices_module
from .emit_index import exceptions_module, index_module, sensitive_module, types_module
from .emit_operations import OperationWriter
from .emit_structs import StructWriter
from .families import SHARED, SOURCES, TEXTS, read_texts, tables_of
from .layout import module_docstring
from .model import Model, ModelError, documents, load
from .names import NameClashError, Names
from .newest import COMMAND, PIN, newest
from .prose import MARK, Prose, marked

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PACKAGE = Path(__file__).resolve().parent.parent / "cognito_idp"


def generate(model: Model, texts: Mapping[str, str] = TEXTS) -> dict[str, str]:
    """Return every generated file, by its path below `cognito_idp`.

    Raises:
        ModelError: the model and the generator's tables don't agree.
    """
    prose, names = Prose(model, texts), Names()
    structs = StructWriter(model, prose, names)
    files = {f"model/{family}.py": structs.module(family) for family in (*SHARED, *model.tables.families)}
    others = {
        "model/__init__.py": module_docstring("The service's model: structs, enums, exceptions and operation methods."),
        "model/operations.py": OperationWriter(model, prose, names, is_async=False).module(),
        "model/async_operations.py": OperationWriter(model, prose, names, is_async=True).module(),
        "model/choices.py": choices_module(model, names),
        "model/exceptions.py": exceptions_module(model, prose, names),
        "model/index.py": index_module(model),
        "model/sensitive.py": sensitive_module(model),
        "types.py": types_module(model),
    }
    clashes = sorted(model.tables.families.keys() & {*SHARED, *(Path(name).stem for name in others)})
    if clashes:
        msg = f"families with the name of another module: {', '.join(clashes)}"
        raise ModelError(msg)
    unused = names.unused()
    if unused:
        msg = f"entries of the naming tables that nothing uses: {', '.join(unused)}"
        raise ModelError(msg)
    return files | others


def differences(files: Mapping[str, str], package: Path, committed: set[str]) -> list[str]:
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


def write(files: Mapping[str, str], folder: Path, stale: Iterable[str] = ()) -> list[str]:
    """Write the files whose text differs and remove the stale ones; return what was done, one line a file."""
    paths = {name: folder / name for name in files}
    changed = [name for name, path in paths.items() if not path.is_file() or path.read_text("utf-8") != files[name]]
    for name in changed:
        paths[name].write_text(files[name], "utf-8")
    gone = sorted(stale)
    for name in gone:
        (folder / name).unlink()
    return [*(f"wrote {name}" for name in sorted(changed)), *(f"removed {name}" for name in gone)]


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says; return 1 if `--check` finds something, and 2 if it can't be done."""
    options = _options(arguments)
    try:
        if options.drift:
            return show_drift(options.pinned, options.model)
        if options.newest:
            return follow(options.pinned, options.model)
        return generated(options.model, check=options.check)
    except (ModelError, NameClashError, twins.TwinError) as error:
        print(error, file=sys.stderr)
        return 2


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="cognito_idp_codegen", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    actions = parser.add_mutually_exclusive_group()
    actions.add_argument("--twins", action="store_true", help="only the async twins, which need no model")
    actions.add_argument("--newest", action="store_true", help="follow the newest botocore: report, drafts, code, pin")
    actions.add_argument("--drift", action="store_true", help="say in one line what the newest botocore changes")
    parser.add_argument(
        "--model",
        type=Path,
        metavar="PATH",
        help="a botocore wheel, or an installed package; with --newest or --drift, the wheel to take as the newest",
    )
    parser.add_argument(
        "--pinned", type=Path, metavar="WHEEL", help="with --newest or --drift: the pinned wheel, if it is at hand"
    )
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the committed files differ")
    options = parser.parse_args(arguments)
    follows = options.newest or options.drift
    if not (options.twins or follows or options.model):
        parser.error("give --model, --twins, --newest or --drift")
    if options.twins and options.model:
        parser.error("--twins needs no --model")
    if options.check and follows:
        parser.error("--check goes with --model or --twins")
    if options.pinned and not follows:
        parser.error("--pinned goes with --newest or --drift")
    return options


def generated(path: Path | None, *, check: bool) -> int:
    """Write the generated files, or compare them with what is there: the twins, and what a model gives."""
    texts = read_texts(SOURCES)
    files, committed, summary = twins.generate(PACKAGE), twins.committed(PACKAGE), "all of them async twins"
    if path is not None:
        model = load(path, tables_of(texts))
        files |= generate(model, texts)
        committed |= committed_model(PACKAGE)
        unsigned = sum(not operation.signed for operation in model.operations.values())
        summary = f"{len(model.operations)} operations ({unsigned} of them unsigned)"
    if check:
        found = [f"{place} is still to be written" for place in marked(texts)] + differences(files, PACKAGE, committed)
        print(
            "\n".join(found) or f"{len(files)} generated files are as their sources say",
            file=sys.stderr if found else sys.stdout,
        )
        return 1 if found else 0
    write(files, PACKAGE, committed - files.keys())
    print(f"wrote {len(files)} files: {summary}")
    return 0


def follow(pinned: Path | None, wheel: Path | None) -> int:
    """Report what the newest model changes, draft what people have to write, generate the code, and move the pin."""
    with newest(SOURCES, pinned, wheel) as found:
        print(found.headline)
        if found.version != found.pinned and not found.is_later:
            return 0
        service, paginators = documents(found.wheel)
    before = read_texts(SOURCES)
    if found.changes:
        print("", report(found.changes), sep="\n")
    _show("these sentences speak of new members as well; read them again", reused(before, found.old, found.new))
    texts = drafted(before, found.new)
    _show("drafts", write(texts, SOURCES))
    files = generate(Model(service, paginators, tables_of(texts)), texts)
    _show("code", write(files, PACKAGE, committed_model(PACKAGE) - files.keys()))
    # Last, so that a model that the tables don't fit yet is still new in the next run.
    _show("pin", write({PIN: f"{found.version}\n"}, SOURCES))
    _show(f"sentences to be written in place of {MARK!r}; then run {COMMAND} again", marked(texts))
    return 0


def _show(heading: str, lines: list[str]) -> None:
    """Print lines below a heading, and nothing where there are none."""
    if lines:
        print("", heading, *(f"  {line}" for line in lines), sep="\n")


def show_drift(pinned: Path | None, wheel: Path | None) -> int:
    """Say in one line how far the pin is behind; that this can't be found out is no failure."""
    try:
        with newest(SOURCES, pinned, wheel) as found:
            print(found.drift)
    except ModelError as error:
        print(f"how far the pinned botocore is behind is not known: {error}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""A hook of MkDocs: puts on the site what lies elsewhere in the repository, where GitHub and others look for it.

The navigation in `mkdocs.yml` names them by their path from the folder of pages, such as `../../SECURITY.md`, and links
between pages name them in the same way, so that a link works on the site and in the repository.
"""

from __future__ import annotations

import posixpath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mkdocs.structure.files import File, InclusionLevel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

_PLOTS = "../../benchmarks/results"


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the pages that the navigation names outside the folder of pages, and the plots, at the top of the site."""
    pages = Path(config.docs_dir)
    plots = [f"{_PLOTS}/{path.name}" for path in sorted((pages / _PLOTS).glob("*.png"))]
    for path in (*_outside(config.nav), *plots):
        # A path that begins with a dot is left out otherwise, as a hidden file.
        file = File.generated(
            config, path, abs_src_path=str((pages / path).resolve()), inclusion=InclusionLevel.INCLUDED
        )
        file.dest_uri = posixpath.basename(file.dest_uri)
        files.append(file)
    return files


def _outside(nav: Any) -> Iterator[str]:
    if isinstance(nav, str):
        if posixpath.normpath(nav).startswith("../"):
            yield nav
    else:
        for entry in nav.values() if isinstance(nav, dict) else nav:
            yield from _outside(entry)

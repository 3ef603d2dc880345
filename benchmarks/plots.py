"""Draw the plots of `results.json`: `python -m benchmarks.plots FOLDER`, in the environment with matplotlib.

A plot is drawn only if the saved run includes its part.
"""

from __future__ import annotations

import json
import sys
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_INK: Final = "#22272e"
_FAINT: Final = "#6b7480"
_GRID: Final = "#dde1e6"
# One color per client in all plots; bare transports are grey, since they are not clients.
_COLORS: Final = {"stdlib": "#0b7a75", "httpx": "#4fb3a6", "capo": "#e0a030", "boto": "#c8553d", "bare": "#b4bac2"}
_STYLE: Final = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "text.color": _INK,
    "axes.edgecolor": _GRID,
    "axes.labelcolor": _INK,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": _FAINT,
    "ytick.color": _INK,
    "grid.color": _GRID,
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "savefig.dpi": 150,
}


def _color(name: str) -> str:
    if name.startswith(("stdlib", "httpx", "raw", "http-", "bare", "imports", "interpreter")):
        return _COLORS["bare"]
    return next((_COLORS[kind] for kind in ("stdlib", "capo", "boto") if kind in name), _COLORS["httpx"])


def _figure(title: str, subtitle: str, results: dict[str, Any], *, columns: int = 1, height: float = 3.6) -> Any:
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, columns, figsize=(8.6, height), layout="constrained")
    figure.suptitle(f"{title}\n", x=0.01, ha="left", fontsize=12, fontweight="bold", color=_INK)
    figure.text(0.01, 1 - 0.42 / height, subtitle, ha="left", va="center", color=_FAINT, fontsize=9)
    figure.supxlabel(_origin(results), x=0.01, ha="left", fontsize=7, color=_FAINT)
    return figure, axes


def _origin(results: dict[str, Any]) -> str:
    """Return the line that names the source of the figures: machine and versions."""
    versions: dict[str, str] = {}
    for report in results["reports"].values():
        for packages in report["versions"].values():
            versions |= packages
    shown = ("httpx", "boto3", "aiobotocore", "capo-cognito-identity-provider")
    named = ", ".join(
        f"{name.removesuffix('-cognito-identity-provider')} {versions[name]}" for name in shown if name in versions
    )
    hurry = "  (a quick run: rough figures)" if results["quick"] else ""
    return f"{results['machine']}{hurry}\n{named}"


def _short(title: str) -> str:
    for word in (
        "async: ",
        ", prebuilt request",
        " to the first response",
        ".Client",
        ".AsyncClient",
        "over a transport ",
    ):
        title = title.replace(word, "")
    return title


def _bars(axes: Axes, rows: Sequence[dict[str, Any]], key: str, label: str) -> None:
    names = [_short(row["title"]) for row in rows]
    values = [row[key] for row in rows]
    drawn = axes.barh(names, values, color=[_color(row["name"]) for row in rows], height=0.66)
    axes.bar_label(drawn, fmt="%.0f", padding=3, fontsize=8.5, color=_INK)
    axes.invert_yaxis()
    axes.set_xlabel(label)
    axes.set_xlim(0, max(values) * 1.18)
    axes.grid(axis="x")
    axes.tick_params(length=0)
    axes.spines["left"].set_visible(False)


def draw_call(results: dict[str, Any]) -> Figure:
    """Draw the CPU time per call of each client, sync and async."""
    rows = results["reports"]["call"]["rows"]
    is_async = [
        row["name"].endswith("async") or "async-" in row["name"] or row["name"] == "aiobotocore" for row in rows
    ]
    figure, (left, right) = _figure(
        "CPU time of one warm call",
        "AdminInitiateAuth over TLS on loopback, one after the other; grey: a bare transport with a prebuilt request",
        results,
        columns=2,
        height=4.0,
    )
    _bars(left, [row for row, other in zip(rows, is_async, strict=True) if not other], "cpu_us", "µs, sync")
    _bars(right, [row for row, other in zip(rows, is_async, strict=True) if other], "cpu_us", "µs, async")
    return figure


def draw_concurrency(results: dict[str, Any]) -> Figure:
    """Draw the CPU time per call and the 99th percentile of latency over the number of calls in flight."""
    rows = results["reports"]["concurrency"]["rows"]
    figure, (left, right) = _figure(
        "Calls in flight together",
        "AdminInitiateAuth over TLS on loopback, one event loop; grey: our engine alone with a prebuilt request",
        results,
        columns=2,
        height=4.0,
    )
    levels = sorted({row["in_flight"] for row in rows})
    for axes, key, label in ((left, "cpu_us", "CPU µs a call"), (right, "p99_ms", "p99 latency, ms")):
        for name in dict.fromkeys(row["name"] for row in rows):
            of_one = [row for row in rows if row["name"] == name]
            style = {"color": _color(name), "label": _short(of_one[0]["title"])}
            axes.plot([row["in_flight"] for row in of_one], [row[key] for row in of_one], "o-", ms=4, lw=1.8, **style)
        axes.set_xscale("log")
        axes.set_xticks(levels, [f"{level:,}" for level in levels])
        axes.minorticks_off()
        axes.set_xlabel("calls in flight")
        axes.set_ylabel(label)
        axes.grid(axis="y")
        axes.tick_params(length=0)
    left.set_ylim(0, 1.4 * max(row["cpu_us"] for row in rows))
    right.set_yscale("log")
    right.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    left.legend(fontsize=8, ncols=2, loc="upper left", bbox_to_anchor=(0, 0.99))
    return figure


def draw_cold_start(results: dict[str, Any]) -> Figure:
    """Draw the time and memory of fresh processes, and the first call with and without `warm_up`."""
    rows = results["reports"]["cold_start"]["rows"]
    starts = [row for row in rows if row.get("peak_mib") and row["name"] != "interpreter"]
    figure, (left, right) = _figure(
        "Cold start to the first response",
        "a fresh process each, over TLS; grey: imports, or imports and one exchange, without a client",
        results,
        columns=2,
        height=3.8,
    )
    _bars(left, starts, "wall_ms", "wall ms")
    _bars(right, starts, "peak_mib", "peak memory, MiB")
    right.set_yticklabels([])
    return figure


def draw_memory(results: dict[str, Any]) -> Figure:
    """Draw the memory of a process over its number of calls."""
    series: dict[str, list[tuple[int, float]]] = {}
    for what, mib in results["reports"]["scale"]["figures"].items():
        title, _, rest = what.partition(": MiB after ")
        series.setdefault(title, []).append((int(rest.split()[0].replace(",", "")), mib))
    figure, axes = _figure(
        "Memory over the calls of one process",
        "resident memory after so many calls with one client (async: 10 in flight)",
        results,
        height=3.4,
    )
    for title, points in series.items():
        color = _COLORS["stdlib" if "stdlib" in title else "httpx"]
        line = "-" if title.startswith("sync") else "--"
        axes.plot(*zip(*points, strict=True), line, marker="o", ms=3.5, lw=1.8, color=color, label=title)
    axes.set_ylim(0, 1.1 * max(mib for points in series.values() for _, mib in points))
    axes.set_xlabel("calls")
    axes.set_ylabel("RSS, MiB")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.grid(axis="y")
    axes.tick_params(length=0)
    axes.legend(ncols=4, fontsize=8, loc="lower right")
    return figure


_PLOTS: Final = {
    "call": draw_call,
    "concurrency": draw_concurrency,
    "cold_start": draw_cold_start,
    "scale": draw_memory,
}


def main() -> None:
    """Draw all plots into the folder."""
    import matplotlib as mpl
    from matplotlib import pyplot as plt
    from PIL import Image

    folder = Path(sys.argv[1])
    results = json.loads((folder / "results.json").read_text())
    mpl.use("agg")
    plt.rcParams.update(_STYLE)
    for part, draw in _PLOTS.items():
        if part in results["reports"]:
            picture = BytesIO()
            draw(results).savefig(picture)
            # A palette cuts the file to a third of its size.
            Image.open(picture).quantize(128, dither=Image.Dither.NONE).save(folder / f"{part}.png", optimize=True)


if __name__ == "__main__":
    main()

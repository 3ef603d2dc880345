"""Print pip's constraints for the oldest versions that pyproject.toml admits of what the library and its extras need.

The extras that only develop the library are left out. So are FastAPI and the programs in examples/, whose tests make
errors of all warnings: the oldest FastAPI warns with the newest anyio.
"""

import re
import tomllib
from pathlib import Path

LEFT_OUT = {"fastapi", "examples", "docs", "test", "dev"}
BOUND = re.compile(r"(?P<name>[\w.-]+)(?:\[[\w,-]+\])?(?P<operator>>=|==)(?P<version>[\w.]+)")

project = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["project"]
extras = project["optional-dependencies"]
groups = [project["dependencies"], *(extras[name] for name in extras.keys() - LEFT_OUT)]
requirements = {text for group in groups for text in group if not text.startswith(f"{project['name']}[")}
for text in sorted(requirements):
    bound = BOUND.match(text)
    assert bound, f"{text} has no lower bound"
    print(f"{bound['name']}=={bound['version']}")

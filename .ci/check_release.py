"""Check, from the repository's folder, whether a tag may be released: `python .ci/check_release.py v1.2.3`."""

import re
import sys
from pathlib import Path

tag = sys.argv[1]
version = re.search(r'^__version__ = "(.+)"$', Path("src/cognito_idp/_version.py").read_text("utf-8"), re.MULTILINE)
assert version, "the package has no version"
changelog = Path("CHANGELOG.md").read_text("utf-8")
unreleased = re.search(r"^## \[Unreleased\]\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL)
heading = rf"^## \[{re.escape(version[1])}\] - \d{{4}}-\d\d-\d\d$"
checks = {
    f"the tag {tag} is not v{version[1]}, the version of the package": tag == f"v{version[1]}",
    f"CHANGELOG.md has no section `## [{version[1]}] - YYYY-MM-DD`": re.search(heading, changelog, re.MULTILINE),
    "CHANGELOG.md still has lines under Unreleased": not (unreleased and unreleased[1].strip()),
}
problems = [problem for problem, passed in checks.items() if not passed]
print("\n".join(problems) or f"{tag} may be released")
sys.exit(bool(problems))

"""Run where the wheel and its dependencies alone are installed: every public name imports, and no boto comes along."""

import sys
from importlib.metadata import distribution, distributions

import cognito_idp

EXPECTED = {"anyio", "attrs", "cattrs", "certifi", "cryptography", "httpx"}

names = dir(cognito_idp)
for name in names:
    getattr(cognito_idp, name)

boto = sorted(name for name in sys.modules if name.partition(".")[0] in {"boto3", "botocore", "aiobotocore"})
assert not boto, f"loaded: {boto}"
requirements = {
    requirement.split(">")[0].split("<")[0].split("=")[0].strip()
    for requirement in distribution("cognito-idp").requires or []
    if "extra ==" not in requirement
}
assert requirements == EXPECTED, f"runtime dependencies are {sorted(requirements)}"
files = [str(file) for file in distribution("cognito-idp").files or []]
assert "cognito_idp/py.typed" in files, "py.typed is missing from the wheel"
assert any(file.endswith(".dist-info/sboms/cognito-idp.cdx.json") for file in files), (
    "the SBOM is missing from the wheel"
)
commands = {file for file in files if file.startswith("..") and file.rpartition("/")[2] == "cognito-idp"}
strangers = sorted({file.split("/")[0] for file in files if file not in commands} - {"cognito_idp"})
assert all(name.startswith("cognito_idp-") for name in strangers), f"the wheel holds more than the package: {strangers}"
installed = sorted(entry.metadata["Name"] for entry in distributions())
print(f"{len(names)} names import; installed: {', '.join(installed)}")

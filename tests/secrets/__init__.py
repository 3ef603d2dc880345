# ruff: noqa: A005 - as a part of a package, it shadows nothing

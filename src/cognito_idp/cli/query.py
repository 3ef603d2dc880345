"""`--query`: JMESPath over an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .failures import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from .settings import Settings


def query_of(settings: Settings) -> Callable[[Any], Any]:
    """Return the function that applies `--query` to an answer.

    Raises:
        InputError: the query is not valid JMESPath.
    """
    text = settings.query
    if text is None:
        return lambda data: data
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        compiled = jmespath.compile(text)
    except JMESPathError as error:
        msg = f"--query is not JMESPath: {error}"
        raise InputError(msg) from None

    def search(data: Any) -> Any:
        try:
            return compiled.search(data)
        except JMESPathError as error:
            msg = f"--query can't be answered: {error}"
            raise InputError(msg) from None

    return search


def goes_item_by_item(query: str, name: str) -> bool:
    """Return whether a query gives for a list, the member `name`, what it gives for the list's pieces, put together.

    That is so for projections of the list, such as `Users[?Enabled].Username`, and not for `length(Users)`, `Users[0]`
    or what comes after a pipe. Whatever is not known to be so is not.
    """
    import jmespath

    return _is_by_item(jmespath.compile(query).parsed, name)


def _is_by_item(node: Any, name: str) -> bool:
    match node["type"]:
        case "field":
            return bool(node["value"] == name)
        case "projection" | "filter_projection" | "flatten":
            # The rest of a projection sees one item at a time.
            return _is_by_item(node["children"][0], name)
    return False

"""What an error may show of a body that can't be read."""

from __future__ import annotations

import re

# A proxy's page may repeat a request, and an answer that is cut off holds tokens, in any form and with any escapes. So
# nothing of a body is quoted but words of these lists, and a code in its place. This module is loaded, and they are
# compiled, when such an answer comes.
_TAG = (
    r"html|head|body|title|meta|h1|h2|p|div|pre|center|script|svg|xml|errors?|errorresponse|response|message|code|fault"
    r"|(?:(?:s|env|soap|soapenv|soap-env):)?envelope|rss|feed"
)
_FIRST_TAG = r"(?si)(?>\s+|<\?[^>]*>|<!--(?>.*?-->)|<!doctype[^>]*>)*+<([a-z][a-z0-9:-]{0,30}+)[\s/>]"
_CONTENT_TYPE = (
    r"text/(?:html|plain|xml|csv|javascript|event-stream)|multipart/form-data"
    r"|application/(?:(?:problem\+)?json|(?:xhtml\+|soap\+)?xml|x-amz-json-1\.[01]|octet-stream|x-www-form-urlencoded)"
)
# An error of AWS in XML, whose code is two words or more in one: `AccessDenied`.
_XML_CODE = (
    r"<Error>\s*(?:<Type>[A-Za-z]{1,20}</Type>\s*)?"
    r"<Code>((?=[A-Za-z]{0,60}[a-z][A-Z])[A-Z][A-Za-z]{1,63})</Code>"
)
_LOOKED_AT = 4096


def body_summary(body: bytes, content_type: str | None = None) -> str:
    """Return what may be shown of an answer that can't be read."""
    parts = []
    media_type = (content_type or "").partition(";")[0].strip().lower()
    if re.fullmatch(_CONTENT_TYPE, media_type):
        parts.append(media_type)
    if body:
        parts.append("1 byte" if len(body) == 1 else f"{len(body):,} bytes")
    text = body[:_LOOKED_AT].removeprefix(b"\xef\xbb\xbf").decode("latin-1")
    if (tag := re.match(_FIRST_TAG, text)) and re.fullmatch(_TAG, tag[1].lower()):
        parts.append(f"<{tag[1].lower()}>")
        if code := re.search(_XML_CODE, text):
            parts.append(f"code {code[1]}")
    return ", ".join(parts)

from __future__ import annotations

from base64 import b32encode
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cognito_idp import TotpSetup
from cognito_idp.errors import SignInError
from cognito_idp.sign_in.one_time_password import totp

# RFC 6238, appendix B: 12345678901234567890 in ASCII.
SECRET = b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_codes_are_those_of_rfc_6238(at: float, code: str) -> None:
    """The RFC's own cases for SHA-1 come out, with 8 digits as there, and with their last 6 by default."""
    assert (code, code[-6:]) == (totp(SECRET, at, digits=8), totp(SECRET, at))


def test_a_code_holds_for_its_period() -> None:
    """A code holds from the first moment of its period to the last, and not in the next one."""
    first, last, following = (totp(SECRET, at) for at in (1111111110, 1111111139.999, 1111111140))
    assert (first == last, first == following) == (True, False)
    assert totp(SECRET, 1111111110) == totp(SECRET, 2222222220, period=60)


@given(key=st.binary(min_size=1, max_size=40))
def test_a_secret_may_be_written_as_people_write_it(key: bytes) -> None:
    """Small letters, groups of four and missing padding make no difference."""
    text = b32encode(key).decode()
    bare = text.rstrip("=").lower()
    grouped = " ".join(bare[i : i + 4] for i in range(0, len(bare), 4))
    assert {totp(text, 1e9)} == {totp(bare, 1e9), totp(grouped, 1e9)}


@pytest.mark.parametrize("secret", ["", "  ", "====", "correct1horse", "A", "MZXW6YTBO", "ÄÖÜ", "AB=CD"])
def test_a_secret_that_is_not_base32_is_refused_without_showing_it(secret: str) -> None:
    """Wrong letters, wrong lengths and nothing at all are refused, and no error is chained that has the secret."""
    with pytest.raises(SignInError, match="the TOTP secret is not base32") as caught:
        totp(secret, 1e9)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    assert "correct1horse" not in str(caught.value)


@given(
    issuer=st.text() | st.sampled_from(["A: B", ":", "urn:a:b", "\uff1a", "%3A", "\ud800"]),
    account=st.none() | st.text(),
)
def test_a_label_has_one_colon(issuer: str, account: str | None) -> None:
    """Whatever the names, an app that splits the label at its colon finds the issuer, the same as in the query."""
    setup = TotpSetup(client_id="c", username="corp:mary", secret_code="JBSWY3DP")
    parts = urlsplit(setup.uri(issuer=issuer, account=account))
    assert ("otpauth", "totp", 1) == (parts.scheme, parts.netloc, parts.path.count(":"))
    assert 1 == unquote(parts.path).count(":")
    label_issuer, _, label_account = unquote(parts.path.removeprefix("/")).partition(":")
    query = parse_qs(parts.query, keep_blank_values=True)
    assert {"secret": ["JBSWY3DP"], "issuer": [label_issuer]} == query
    if not account:
        assert "corp mary" == label_account
    if ":" not in issuer and issuer.isprintable():
        assert issuer.split() == label_issuer.split()

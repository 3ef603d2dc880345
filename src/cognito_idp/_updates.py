"""Updates that keep what they don't change: the request out of a description, and what differs between two structs.

UpdateUserPool and its kind reset what a request leaves out. `updated` carries over every member that the description
and the request both know. The tables below hold the exceptions: other names, what is left out and why, and what the
service would refuse in the form in which it describes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, overload

import attrs

from ._call.requests import made_request
from ._protocol.redaction import REDACTED, Record
from ._protocol.tracebacks import clears_frames
from ._structs.shapes import Text
from ._structs.struct import Struct
from .model.index import load_type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .types import (
        CIMDPolicyType,
        DomainDescriptionType,
        GetUserPoolMfaConfigResponse,
        GroupType,
        PasswordPolicyType,
        ResourceServerType,
        RiskConfigurationType,
        SetRiskConfigurationRequest,
        SetUserPoolMfaConfigRequest,
        TermsType,
        UpdateCIMDPolicyRequest,
        UpdateGroupRequest,
        UpdateResourceServerRequest,
        UpdateTermsRequest,
        UpdateUserPoolClientRequest,
        UpdateUserPoolDomainRequest,
        UpdateUserPoolRequest,
        UserPoolClientType,
        UserPoolType,
    )

Members = dict[str, Any]


class Way(NamedTuple):
    """How a description becomes a request: members under another name, those left out and why, and what is mended.

    `renamed` maps a member of the request to that of the description. `mend` changes the carried members in place. It
    also gets the changes, which lie over them.
    """

    request: str
    renamed: Mapping[str, str] = {}
    left_out: Mapping[str, str] = {}
    mend: Callable[[Members, Members], None] | None = None

    def carried(self, description: type[Struct]) -> dict[str, str]:
        """Return the members of the request that come from the description, each with its name there."""
        known = {member.name for member in description._members}  # noqa: SLF001 - structs are read as the converter does
        names = {member.name: self.renamed.get(member.name, member.name) for member in load_type(self.request)._members}  # noqa: SLF001
        return {name: source for name, source in names.items() if source in known and name not in self.left_out}


@overload
def updated(description: UserPoolType, /, **changes: Any) -> UpdateUserPoolRequest: ...
@overload
def updated(description: UserPoolClientType, /, **changes: Any) -> UpdateUserPoolClientRequest: ...
@overload
def updated(description: DomainDescriptionType, /, **changes: Any) -> UpdateUserPoolDomainRequest: ...
@overload
def updated(description: GetUserPoolMfaConfigResponse, /, **changes: Any) -> SetUserPoolMfaConfigRequest: ...
@overload
def updated(description: RiskConfigurationType, /, **changes: Any) -> SetRiskConfigurationRequest: ...
@overload
def updated(description: ResourceServerType, /, **changes: Any) -> UpdateResourceServerRequest: ...
@overload
def updated(description: GroupType, /, **changes: Any) -> UpdateGroupRequest: ...
@overload
def updated(description: CIMDPolicyType, /, **changes: Any) -> UpdateCIMDPolicyRequest: ...
@overload
def updated(description: TermsType, /, **changes: Any) -> UpdateTermsRequest: ...
@clears_frames
def updated(description: Struct, /, **changes: Any) -> Any:
    """Return the request that changes some settings of a user pool or an app client, and keeps the rest.

    UpdateUserPool and UpdateUserPoolClient set what a request leaves out to its default. So the request carries every
    setting of the description that it knows, with `changes` in their place. A change replaces a whole member; use
    `attrs.evolve` for a part of one. A change to None leaves the member out, so that the service resets it.

    ```
    pool = client.describe_user_pool(user_pool_id="eu-west-1_EXAMPLE").user_pool
    client.send(updated(pool, deletion_protection="ACTIVE"))
    ```

    `description` is a `UserPoolType`, a `UserPoolClientType`, a `DomainDescriptionType`, a `RiskConfigurationType`, a
    `ResourceServerType`, a `GroupType`, a `CIMDPolicyType`, a `TermsType`, or a `GetUserPoolMfaConfigResponse`, which
    needs `user_pool_id=` besides. What somebody else changes between your description and your update is overwritten.

    Some of what the service describes it would refuse, or read in another way. This is mended:

    - Empty texts are left out where the request demands some characters.
    - The verification texts move into `verification_message_template` where there is one; the older members are left
      out. So is the one of the template's two email messages that its `default_email_option` doesn't use.
    - `unused_account_validity_days` gives way to the password policy's `temporary_password_validity_days`.
    - Tags that begin with `aws:` are left out; only AWS sets and removes them.
    - In a pool of the Lite plan, the sign-in policy and the names of authentication levels are left out.
    - `dcr_configuration` and `publish_secrets_in_aws_secrets_manager` are left out, since the service keeps them.
    - An analytics project that is named by its ARN is sent without `application_id`, `role_arn` and `external_id`.
    - A prefix domain is sent without an empty `custom_domain_config`.

    This follows the API reference and what users of other clients report; it was not tried against AWS. A pool's MFA
    settings for passkeys, email and authenticator apps are not part of UpdateUserPool, and stay as they are.

    Other updates need no such help, or can't get it. UpdateManagedLoginBranding keeps what is left out. No description
    holds the image that SetUICustomization sets. UpdateIdentityProvider isn't documented to reset anything, and the
    descriptions of providers hold values that the service computed, and lack Apple's key.

    Raises:
        TypeError: `description` is of another type.
        RequestValidationError: a change is not a member of the request, or breaks its bounds.
    """
    way = WAYS.get(type(description).__name__)
    if way is None or not isinstance(description, Struct):
        raise TypeError(_not_a_description(description))
    described = _without_blanks(description)
    members = {
        name: value
        for name, source in way.carried(type(description)).items()
        if (value := getattr(described, source)) is not None
    }
    if way.mend is not None:
        way.mend(members, changes)
    return made_request(way.request, members | changes)


def _not_a_description(given: object) -> str:
    example, inside = "`describe_user_pool(...).user_pool`", ""
    if isinstance(given, Struct):
        held = (member.name for member in given._members if getattr(member.shape, "struct", Struct).__name__ in WAYS)  # noqa: SLF001
        inside = "".join(f"; pass its .{name}" for name in held)
    return f"updated() takes a description, such as {example}, not {type(given).__name__}{inside}"


def _without_blanks(struct: Struct) -> Struct:
    """Return a struct without the empty texts that a request may not have: so a description shows what is not set."""
    changes: Members = {}
    for member in struct._members:  # noqa: SLF001
        value = getattr(struct, member.name)
        if isinstance(value, Struct):
            changes[member.name] = _without_blanks(value)
        elif value == "" and isinstance(member.shape, Text) and member.shape.minimum:
            changes[member.name] = None
    return attrs.evolve(struct, **changes) if changes else struct  # type: ignore[misc]  # every struct is an attrs class


def _mend_user_pool(members: Members, changes: Members) -> None:
    _mend_verification_texts(members, changes)
    _mend_days(members)
    if "user_pool_tags" in members:
        tags = members["user_pool_tags"].items()
        members["user_pool_tags"] = {key: value for key, value in tags if not key.startswith("aws:")}
    if (changes.get("user_pool_tier") or members.get("user_pool_tier")) == "LITE":
        # The description has them, since it shows what holds by default; to set them takes a higher plan.
        members.pop("acr_configuration", None)
        if "policies" in members:
            members["policies"] = attrs.evolve(members["policies"], sign_in_policy=None)


# The older members, and what the template calls them.
_VERIFICATION_TEXTS: Final = {
    "sms_verification_message": "sms_message",
    "email_verification_message": "email_message",
    "email_verification_subject": "email_subject",
}


def _mend_verification_texts(members: Members, changes: Members) -> None:
    template = members.get("verification_message_template")
    if template is None and changes.get("verification_message_template") is None:
        return
    described = {older: members.pop(older, None) for older in _VERIFICATION_TEXTS}
    if template is None:
        return
    # The template and the older members must not contradict each other.
    texts = {
        name: changes.get(older) or getattr(template, name) or described[older]
        for older, name in _VERIFICATION_TEXTS.items()
    }
    with_link = template.default_email_option == "CONFIRM_WITH_LINK"
    texts["email_message" if with_link else "email_message_by_link"] = None
    members["verification_message_template"] = attrs.evolve(template, **texts)


def _mend_days(members: Members) -> None:
    config, policies = members.get("admin_create_user_config"), members.get("policies")
    if config is None or config.unused_account_validity_days is None:
        return
    if policies is None or policies.password_policy is None:
        return
    policy: PasswordPolicyType = policies.password_policy
    days = policy.temporary_password_validity_days or config.unused_account_validity_days
    policy = attrs.evolve(policy, temporary_password_validity_days=days)
    members["policies"] = attrs.evolve(policies, password_policy=policy)
    members["admin_create_user_config"] = attrs.evolve(config, unused_account_validity_days=None)


def _mend_client(members: Members, _: Members) -> None:
    analytics = members.get("analytics_configuration")
    if analytics is not None and analytics.application_arn is not None:
        project = attrs.evolve(analytics, application_id=None, role_arn=None, external_id=None)
        members["analytics_configuration"] = project


def _mend_domain(members: Members, _: Members) -> None:
    config = members.get("custom_domain_config")
    if config is not None and config.certificate_arn is None:
        del members["custom_domain_config"]


WAYS: Final[Mapping[str, Way]] = {
    "UserPoolType": Way(
        "UpdateUserPoolRequest",
        renamed={"user_pool_id": "id", "pool_name": "name"},
        left_out={"dcr_configuration": "the service keeps it, and takes one without `enable_status` for turned on"},
        mend=_mend_user_pool,
    ),
    "UserPoolClientType": Way(
        "UpdateUserPoolClientRequest",
        left_out={
            "publish_secrets_in_aws_secrets_manager": "the service keeps it, and the description doesn't have it"
        },
        mend=_mend_client,
    ),
    "DomainDescriptionType": Way("UpdateUserPoolDomainRequest", mend=_mend_domain),
    "GetUserPoolMfaConfigResponse": Way(
        "SetUserPoolMfaConfigRequest", left_out={"user_pool_id": "the description doesn't have it"}
    ),
    "RiskConfigurationType": Way("SetRiskConfigurationRequest"),
    "ResourceServerType": Way("UpdateResourceServerRequest"),
    "GroupType": Way("UpdateGroupRequest"),
    "CIMDPolicyType": Way("UpdateCIMDPolicyRequest"),
    "TermsType": Way("UpdateTermsRequest"),
}


class Difference(Record):
    """A member or an entry of a map that differs: its path, and its values before and after. None means absent.

    As text, it shows both values, and `'***'` where the member is sensitive.
    """

    __slots__ = _fields = ("after", "before", "path", "sensitive")

    def __init__(self, path: str, before: Any, after: Any, *, sensitive: bool) -> None:
        self.path = path
        self.before = before
        self.after = after
        self.sensitive = sensitive

    def __str__(self) -> str:
        return f"{self.path}: {self._shown(self.before)} -> {self._shown(self.after)}"

    def __repr__(self) -> str:
        return f"Difference({self})"

    def _shown(self, value: Any) -> str:
        if value is None:
            return "not set"
        if self.sensitive:
            return REDACTED
        return repr(str(value)) if isinstance(value, str) else repr(value)


def differences(before: Struct, after: Struct) -> tuple[Difference, ...]:
    """Return what differs between two structs of one type, in the order of their members.

    It looks into structs and maps. Lists are compared as a whole.

    Raises:
        TypeError: the two are not of one type.
    """
    if type(before) is not type(after):
        msg = f"can't compare {type(before).__name__} with {type(after).__name__}"
        raise TypeError(msg)
    return tuple(_inside(before, after, ""))


def _inside(before: Struct, after: Struct, path: str) -> Iterator[Difference]:
    for member in before._members:  # noqa: SLF001
        name, sensitive = f"{path}{member.name}", bool(member.sensitive)
        yield from _between(getattr(before, member.name), getattr(after, member.name), name, sensitive=sensitive)


def _between(before: Any, after: Any, path: str, *, sensitive: bool) -> Iterator[Difference]:
    if before == after:
        return
    if isinstance(before, Struct) and type(before) is type(after):
        yield from _inside(before, after, f"{path}.")
    elif isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys((*before, *after)):
            yield from _between(before.get(key), after.get(key), f"{path}[{key!r}]", sensitive=sensitive)
    else:
        yield Difference(path, before, after, sensitive=sensitive)

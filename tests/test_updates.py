"""Requests that change some settings and keep the rest, and what differs between two structs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import pytest

from cognito_idp import (
    AcrLevelConfigType,
    AdminCreateUserConfigType,
    AnalyticsConfigurationType,
    AuthFlowType,
    CustomDomainConfigType,
    DcrConfigurationType,
    DescribeUserPoolClientResponse,
    DescribeUserPoolResponse,
    DomainDescriptionType,
    GetGroupResponse,
    GetUserPoolMfaConfigResponse,
    GroupType,
    IdentityProviderType,
    InitiateAuthRequest,
    MessageTemplateType,
    PasswordPolicyType,
    RequestValidationError,
    ResourceServerType,
    RiskConfigurationType,
    SetRiskConfigurationRequest,
    SetUserPoolMfaConfigRequest,
    SignInPolicyType,
    UpdateGroupRequest,
    UpdateIdentityProviderRequest,
    UpdateResourceServerRequest,
    UpdateUserPoolClientRequest,
    UpdateUserPoolDomainRequest,
    UpdateUserPoolRequest,
    UserPoolClientType,
    UserPoolPolicyType,
    UserPoolType,
    VerificationMessageTemplateType,
    types,
    updated,
)
from cognito_idp._structs.convert import present
from cognito_idp._updates import WAYS, Difference, differences
from tests.conformance.values import request_classes, sample

if TYPE_CHECKING:
    from cognito_idp._structs.struct import Struct

POOL_ID = "eu-west-1_EXAMPLE"
# Every operation that updates or sets something, and has no way: its request names all that it changes, or keeps
# what is left out, or no description holds what it needs. A new one in the model has to be placed.
WITHOUT_A_WAY = {
    "AdminSetUserMFAPreference",  # of one user; a factor that is left out stays as it is
    "AdminSetUserPassword",
    "AdminSetUserSettings",
    "AdminUpdateAuthEventFeedback",
    "AdminUpdateDeviceStatus",
    "AdminUpdateUserAttributes",  # keeps the other attributes
    "SetLogDeliveryConfiguration",  # one setting
    "SetUICustomization",  # the description has no image
    "SetUserMFAPreference",
    "SetUserPoolClientSessionConfiguration",  # all members are required
    "SetUserPoolSessionConfiguration",  # all members are required
    "SetUserSettings",
    "UpdateAuthEventFeedback",
    "UpdateClientMetadataURLState",
    "UpdateDeviceStatus",
    "UpdateIdentityProvider",  # the description holds computed values, and lacks a key
    "UpdateManagedLoginBranding",  # keeps what is left out
    "UpdateProvisionedLimit",
    "UpdateUserAttributes",  # keeps the other attributes
    "UpdateUserPoolReplica",
}
MENDED = {
    "UpdateUserPoolRequest": {
        "acr_configuration",
        "admin_create_user_config",
        "email_verification_message",
        "email_verification_subject",
        "policies",
        "sms_verification_message",
        "user_pool_tags",
        "verification_message_template",
    },
    "UpdateUserPoolClientRequest": {"analytics_configuration"},
    "UpdateUserPoolDomainRequest": {"custom_domain_config"},
}


def described(name: str) -> Any:
    """Return a description with a value in every member."""
    return sample(getattr(types, name), filler="x", secret="x")


def pool(**members: Any) -> UserPoolType:
    """Return the description of a pool."""
    return UserPoolType(id=POOL_ID, name="people", **members)


# --- what is carried over ---


@pytest.mark.parametrize("name", WAYS)
def test_each_member_of_the_request_is_placed(name: str) -> None:
    """Every member comes from the description, or is left out for a reason; none is both, and no entry is stale."""
    way, description = WAYS[name], getattr(types, name)
    request = getattr(types, way.request)
    members = {member.name for member in request._members}
    carried = way.carried(description)
    assert members == carried.keys() | way.left_out.keys()
    assert set() == carried.keys() & way.left_out.keys()
    assert way.renamed.items() <= carried.items()
    assert all(way.left_out.values())


@pytest.mark.parametrize("name", WAYS)
def test_what_is_carried_is_of_the_same_type(name: str) -> None:
    """The description and the request have the same type for a member, so that its value fits."""
    way, description = WAYS[name], getattr(types, name)
    sources = {member.name: member for member in description._members}
    for member in getattr(types, way.request)._members:
        source = way.carried(description).get(member.name)
        if source is not None:
            assert present(sources[source].annotation) == present(member.annotation), member.label


@pytest.mark.parametrize("name", WAYS)
def test_every_setting_is_kept(name: str) -> None:
    """A request without changes has each value of the description, but for what is mended."""
    way, description = WAYS[name], described(name)
    request = updated(description, **{"user_pool_id": POOL_ID} if "user_pool_id" in way.left_out else {})
    assert way.request == type(request).__name__
    for member, source in way.carried(type(description)).items():
        if member not in MENDED.get(way.request, ()):
            assert getattr(description, source) == getattr(request, member)
            assert getattr(request, member) is not None


@pytest.mark.parametrize("name", WAYS)
def test_one_change_changes_one_member(name: str) -> None:
    """Each member can be changed, and the others stay as they are."""
    way, description = WAYS[name], described(name)
    base = {"user_pool_id": POOL_ID} if "user_pool_id" in way.left_out else {}
    before = updated(description, **base)
    for member in before._members:
        if member.required:
            continue
        after = updated(description, **base, **{member.name: None})
        expected = [] if getattr(before, member.name) is None else [member.name]
        assert expected == [difference.path for difference in differences(before, after)]
        assert getattr(after, member.name) is None


def test_every_update_is_placed() -> None:
    """Each operation that updates or sets something has a way, or a reason not to."""
    names = {
        cls.operation.name
        for cls in request_classes()
        if cls.operation.name.removeprefix("Admin").startswith(("Update", "Set"))
    }
    with_a_way = {getattr(types, way.request).operation.name for way in WAYS.values()}
    assert names == WITHOUT_A_WAY | with_a_way
    assert set() == WITHOUT_A_WAY & with_a_way


# --- a pool ---


def test_a_pool() -> None:
    """Names differ between description and request, and a change lies over the description."""
    policies = UserPoolPolicyType(password_policy=PasswordPolicyType(minimum_length=12))
    expected = UpdateUserPoolRequest(
        user_pool_id=POOL_ID, pool_name="people", policies=policies, deletion_protection="ACTIVE"
    )
    described = pool(policies=policies, deletion_protection="INACTIVE", estimated_number_of_users=5, domain="people")
    assert expected == updated(described, deletion_protection="ACTIVE")
    assert "INACTIVE" == described.deletion_protection


def test_a_change_to_none_leaves_a_member_out() -> None:
    """So the service resets it."""
    described = pool(mfa_configuration="ON", user_pool_tier="PLUS")
    expected = UpdateUserPoolRequest(user_pool_id=POOL_ID, pool_name="people", user_pool_tier="PLUS")
    assert expected == updated(described, mfa_configuration=None)


def test_a_wrong_change_is_told() -> None:
    """Changes are checked as the members of the request, with a hint for a misspelt name."""
    with pytest.raises(RequestValidationError, match="did you mean deletion_protection"):
        updated(pool(), deletion_protecton="ACTIVE")
    with pytest.raises(RequestValidationError, match="pool_name: must be a string, not int"):
        updated(pool(), pool_name=5)


@pytest.mark.parametrize("what", [None, {}, "pool", IdentityProviderType()])
def test_what_is_no_description_is_refused(what: Any) -> None:
    """It is named by its type."""
    with pytest.raises(TypeError, match=rf"takes a description, .* not {type(what).__name__}$"):
        updated(what)


@pytest.mark.parametrize(
    ("response", "name"),
    [
        (DescribeUserPoolResponse(user_pool=pool()), "user_pool"),
        (DescribeUserPoolClientResponse(user_pool_client=UserPoolClientType()), "user_pool_client"),
        (GetGroupResponse(group=GroupType()), "group"),
    ],
)
def test_a_response_around_a_description_is_refused(response: Any, name: str) -> None:
    """It is named by its type, with the member to pass."""
    with pytest.raises(TypeError, match=rf"not {type(response).__name__}; pass its \.{name}$"):
        updated(response)


def test_empty_texts_are_left_out() -> None:
    """A description may show what is not set as an empty text, which a request may not have; also within a struct."""
    described = pool(
        sms_authentication_message="",
        verification_message_template=texts(email_subject="", email_subject_by_link="See"),
    )
    expected = UpdateUserPoolRequest(
        user_pool_id=POOL_ID, pool_name="people", verification_message_template=texts(email_subject_by_link="See")
    )
    assert expected == updated(described)


def texts(**members: Any) -> VerificationMessageTemplateType:
    """Return a template."""
    return VerificationMessageTemplateType(**members)


@pytest.mark.parametrize(
    ("expected", "template"),
    [
        (
            {"email_message": "code {####}", "default_email_option": "CONFIRM_WITH_CODE"},
            {
                "email_message": "code {####}",
                "email_message_by_link": "{##link##}",
                "default_email_option": "CONFIRM_WITH_CODE",
            },
        ),
        (
            {"email_message_by_link": "{##link##}", "default_email_option": "CONFIRM_WITH_LINK"},
            {
                "email_message": "code {####}",
                "email_message_by_link": "{##link##}",
                "default_email_option": "CONFIRM_WITH_LINK",
            },
        ),
        ({"email_message": "code {####}"}, {"email_message": "code {####}", "email_message_by_link": "{##link##}"}),
    ],
    ids=["code", "link", "default"],
)
def test_one_email_message_of_the_template(expected: dict[str, Any], template: dict[str, Any]) -> None:
    """The service refuses both, so the one that its option uses is sent."""
    described = pool(verification_message_template=texts(**template))
    assert texts(**expected) == updated(described).verification_message_template


def test_older_verification_texts_move_into_the_template() -> None:
    """The older members are not sent beside a template; what only they have is put there."""
    described = pool(
        sms_verification_message="older {####}",
        email_verification_message="older {####}",
        email_verification_subject="older",
        verification_message_template=texts(email_message="newer {####}"),
    )
    expected = texts(sms_message="older {####}", email_message="newer {####}", email_subject="older")
    request = updated(described)
    assert expected == request.verification_message_template
    assert (None, None, None) == (
        request.sms_verification_message,
        request.email_verification_message,
        request.email_verification_subject,
    )


def test_older_verification_texts_without_a_template() -> None:
    """Where there is no template they are sent as they are; a new template takes their place."""
    described = pool(email_verification_subject="older")
    assert "older" == updated(described).email_verification_subject
    template = texts(email_subject="newer")
    request = updated(described, verification_message_template=template)
    assert (None, template) == (request.email_verification_subject, request.verification_message_template)


def test_a_change_of_an_older_text_changes_the_template() -> None:
    """Otherwise the request would contradict itself."""
    described = pool(verification_message_template=texts(email_subject="before"))
    request = updated(described, email_verification_subject="after")
    assert ("after", texts(email_subject="after")) == (
        request.email_verification_subject,
        request.verification_message_template,
    )


@pytest.mark.parametrize(("expected", "days"), [(3, 3), (7, None), (7, 0)])
def test_the_older_number_of_days_gives_way(expected: int, days: int | None) -> None:
    """The service refuses `unused_account_validity_days` beside the password policy's days."""
    invitation = MessageTemplateType(email_subject="Welcome")
    described = pool(
        policies=UserPoolPolicyType(
            password_policy=PasswordPolicyType(minimum_length=9, temporary_password_validity_days=days)
        ),
        admin_create_user_config=AdminCreateUserConfigType(
            unused_account_validity_days=7, invite_message_template=invitation
        ),
    )
    request = updated(described)
    assert AdminCreateUserConfigType(invite_message_template=invitation) == request.admin_create_user_config
    expected_policy = PasswordPolicyType(minimum_length=9, temporary_password_validity_days=expected)
    assert UserPoolPolicyType(password_policy=expected_policy) == request.policies


def test_the_older_number_of_days_stays_alone() -> None:
    """A pool without a password policy keeps it."""
    config = AdminCreateUserConfigType(unused_account_validity_days=5)
    assert config == updated(pool(admin_create_user_config=config)).admin_create_user_config


def test_tags_of_aws_are_left_out() -> None:
    """AWS's own tags can't be set by others."""
    described = pool(user_pool_tags={"aws:cloudformation:stack-name": "s", "team": "t"})
    assert {"team": "t"} == updated(described).user_pool_tags


@pytest.mark.parametrize(("tier", "kept"), [("LITE", False), ("PLUS", True)])
def test_what_takes_a_higher_plan(tier: str, *, kept: bool) -> None:
    """A Lite pool's description has defaults that only higher plans may set."""
    described = pool(
        user_pool_tier=tier,
        acr_configuration={"Level1": AcrLevelConfigType(acr_value="urn:1")},
        policies=UserPoolPolicyType(
            password_policy=PasswordPolicyType(minimum_length=9),
            sign_in_policy=SignInPolicyType(allowed_first_auth_factors=["PASSWORD"]),
        ),
    )
    request = updated(described)
    assert (kept, kept) == (
        request.acr_configuration is not None,
        request.policies is not None and request.policies.sign_in_policy is not None,
    )
    assert request.policies is not None
    assert PasswordPolicyType(minimum_length=9) == request.policies.password_policy
    assert updated(described, user_pool_tier="LITE").acr_configuration is None


def test_what_the_service_keeps_itself_is_left_out() -> None:
    """Dynamic registration is not turned on by a description that says nothing of its state."""
    described = pool(dcr_configuration=DcrConfigurationType(open_dcr_enabled=False))
    assert updated(described).dcr_configuration is None
    change = DcrConfigurationType(enable_status="Disabled")
    assert change == updated(described, dcr_configuration=change).dcr_configuration


# --- app clients and others ---


def test_an_app_client() -> None:
    """The secret is not part of the update; the rest is kept."""
    described = UserPoolClientType(
        user_pool_id=POOL_ID,
        client_id="c",
        client_name="web",
        client_secret="s" * 24,
        explicit_auth_flows=["ALLOW_USER_SRP_AUTH"],
        callback_urls=["https://example.com"],
        refresh_token_validity=30,
    )
    expected = UpdateUserPoolClientRequest(
        user_pool_id=POOL_ID,
        client_id="c",
        client_name="web",
        explicit_auth_flows=["ALLOW_USER_SRP_AUTH"],
        callback_urls=["https://example.com/new"],
        refresh_token_validity=30,
    )
    assert expected == updated(described, callback_urls=["https://example.com/new"])


@pytest.mark.parametrize(
    ("expected", "analytics"),
    [
        (
            {"application_arn": "arn:aws:mobiletargeting:eu-west-1:1:apps/x", "user_data_shared": True},
            {"application_id": "1", "external_id": "2", "role_arn": "arn:aws:iam::1:role/x"},
        ),
        ({"application_id": "1", "external_id": "2", "role_arn": "arn:aws:iam::1:role/x"}, {}),
    ],
    ids=["arn", "id"],
)
def test_an_analytics_project_has_one_name(expected: dict[str, Any], analytics: dict[str, Any]) -> None:
    """With an ARN, the other members that name the project are left out."""
    described = UserPoolClientType(
        user_pool_id=POOL_ID,
        client_id="c",
        analytics_configuration=AnalyticsConfigurationType(**analytics, **expected),
    )
    assert AnalyticsConfigurationType(**expected) == updated(described).analytics_configuration


def test_a_prefix_domain_has_no_certificate() -> None:
    """An empty configuration of a custom domain is left out."""
    described = DomainDescriptionType(
        user_pool_id=POOL_ID,
        domain="people",
        custom_domain_config=CustomDomainConfigType(certificate_arn=None),  # type: ignore[arg-type]  # as `{}` is read
        managed_login_version=1,
    )
    expected = UpdateUserPoolDomainRequest(user_pool_id=POOL_ID, domain="people", managed_login_version=2)
    assert expected == updated(described, managed_login_version=2)


def test_others_of_the_kind() -> None:
    """Groups, resource servers, risk and MFA configurations are updated in the same way."""
    group = GroupType(user_pool_id=POOL_ID, group_name="g", description="d", precedence=3)
    expected: Any = UpdateGroupRequest(user_pool_id=POOL_ID, group_name="g", description="new", precedence=3)
    assert expected == updated(group, description="new")
    server = ResourceServerType(user_pool_id=POOL_ID, identifier="api", name="API", scopes={"read": "Read"})
    expected = UpdateResourceServerRequest(user_pool_id=POOL_ID, identifier="api", name="new", scopes={"read": "Read"})
    assert expected == updated(server, name="new")
    assert SetRiskConfigurationRequest(user_pool_id=POOL_ID, client_id="c") == updated(
        RiskConfigurationType(user_pool_id=POOL_ID, client_id="c")
    )
    mfa = GetUserPoolMfaConfigResponse(mfa_configuration="OFF", software_token_mfa_configuration=None)
    expected = SetUserPoolMfaConfigRequest(user_pool_id=POOL_ID, mfa_configuration="ON")
    assert expected == updated(mfa, user_pool_id=POOL_ID, mfa_configuration="ON")
    with pytest.raises(RequestValidationError, match="user_pool_id: is required"):
        updated(mfa)


# --- differences ---


def paths(before: Struct, after: Struct) -> dict[str, tuple[Any, Any]]:
    """Return the differences by their paths."""
    return {found.path: (found.before, found.after) for found in differences(before, after)}


def test_differences() -> None:
    """They are found within structs and maps; lists differ as a whole."""
    before = updated(
        pool(
            policies=UserPoolPolicyType(password_policy=PasswordPolicyType(minimum_length=8)),
            user_pool_tags={"a": "1", "b": "2"},
            auto_verified_attributes=["email"],
            mfa_configuration="OFF",
        )
    )
    after = attrs.evolve(
        before,
        policies=UserPoolPolicyType(password_policy=PasswordPolicyType(minimum_length=12)),
        user_pool_tags={"b": "3", "c": "4"},
        auto_verified_attributes=["email", "phone_number"],
        mfa_configuration=None,
    )
    assert {
        "policies.password_policy.minimum_length": (8, 12),
        "auto_verified_attributes": (("email",), ("email", "phone_number")),
        "mfa_configuration": ("OFF", None),
        "user_pool_tags['a']": ("1", None),
        "user_pool_tags['b']": ("2", "3"),
        "user_pool_tags['c']": (None, "4"),
    } == paths(before, after)
    assert () == differences(before, before)
    assert () == differences(after, attrs.evolve(after))


def test_a_difference_as_text() -> None:
    """It shows both values; a string in quotes, an enum's value as well, and what is absent as not set."""
    before = updated(pool(mfa_configuration="OFF"))
    after = attrs.evolve(before, mfa_configuration="ON", deletion_protection="ACTIVE")
    assert ["deletion_protection: not set -> 'ACTIVE'", "mfa_configuration: 'OFF' -> 'ON'"] == [
        *map(str, differences(before, after))
    ]


def test_a_sensitive_difference_is_masked() -> None:
    """Neither the text nor the `repr` shows values that are sensitive, also within a map."""
    details = {"client_id": "c", "client_secret": "Zq-before"}
    before = UpdateIdentityProviderRequest(user_pool_id=POOL_ID, provider_name="x", provider_details=details)
    after = attrs.evolve(before, provider_details={**details, "client_secret": "Zq-after"})
    (found,) = differences(before, after)
    assert "provider_details['client_secret']: '***' -> '***'" == str(found)
    assert "Zq" not in repr(found)
    assert ("Zq-before", "Zq-after") == (found.before, found.after)
    assert Difference(found.path, "Zq-before", "Zq-after", sensitive=True) == found


def test_structs_of_two_types_are_not_compared() -> None:
    """They are named by their types."""
    other = InitiateAuthRequest(client_id="c", auth_flow=AuthFlowType.USER_AUTH)
    with pytest.raises(TypeError, match="can't compare UpdateUserPoolRequest with InitiateAuthRequest"):
        differences(updated(pool()), other)

from __future__ import annotations

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cognito_idp
from cognito_idp._structs.shapes import Blob
from cognito_idp_codegen.names import NameClashError, Names


@pytest.mark.parametrize(
    ("wire_name", "name"),
    [
        ("AuthFlow", "auth_flow"),
        ("UserPoolId", "user_pool_id"),
        ("From", "from_"),
        ("CallbackURLs", "callback_urls"),
        ("LogoutURLs", "logout_urls"),
        ("DefaultRedirectURI", "default_redirect_uri"),
        ("AllowedOAuthFlows", "allowed_oauth_flows"),
        ("AllowedOAuthFlowsUserPoolClient", "allowed_oauth_flows_user_pool_client"),
        ("UserMFASettingList", "user_mfa_setting_list"),
        ("MFAOptions", "mfa_options"),
        ("CSS", "css"),
        ("CSSVersion", "css_version"),
        ("ImageFile", "image_file"),
        ("SMSMessage", "sms_message"),
        ("SmsMessage", "sms_message"),
        ("KMSKeyID", "kms_key_id"),
        ("LastIPAddress", "last_ip_address"),
        ("headerName", "header_name"),
        ("GetCSVHeader", "get_csv_header"),
        ("CSVHeader", "csv_header"),
        ("SetUICustomization", "set_ui_customization"),
        ("GetSigningCertificate", "get_signing_certificate"),
        ("AdminSetUserMFAPreference", "admin_set_user_mfa_preference"),
        ("StartWebAuthnRegistration", "start_web_authn_registration"),
        ("Bytes", "bytes"),
    ],
)
def test_wire_names_become_snake_case_word_by_word(wire_name: str, name: str) -> None:
    """Runs of capitals are one word, also before a plural s; a keyword gets an underscore."""
    assert name == Names().snake(wire_name)


@pytest.mark.parametrize(
    ("struct", "wire_name", "name"),
    [
        ("EmailConfigurationType", "From", "from_"),
        ("UserPoolClientType", "CallbackURLs", "callback_urls"),
        ("UserPoolClientType", "LogoutURLs", "logout_urls"),
        ("UserPoolClientType", "AllowedOAuthFlows", "allowed_oauth_flows"),
        ("AdminGetUserResponse", "UserMFASettingList", "user_mfa_setting_list"),
        ("SetUICustomizationRequest", "CSS", "css"),
        ("SetUICustomizationRequest", "ImageFile", "image_file"),
        ("MessageTemplateType", "SMSMessage", "sms_message"),
        ("VerificationMessageTemplateType", "SmsMessage", "sms_message"),
        ("AssetType", "Bytes", "bytes"),
        ("GetCSVHeaderResponse", "CSVHeader", "csv_header"),
        ("GetSigningCertificateResponse", "Certificate", "certificate"),
    ],
)
def test_names_that_break_naive_rules_are_in_the_package(struct: str, wire_name: str, name: str) -> None:
    """The generated structs have these members under the names that a reader expects."""
    cls = getattr(cognito_idp, struct)
    assert [member.wire_name for member in cls._members if member.name == name] == [wire_name]
    assert name in attrs.fields_dict(cls)


@pytest.mark.parametrize(("struct", "name"), [("SetUICustomizationRequest", "image_file"), ("AssetType", "bytes")])
def test_blobs_are_bytes(struct: str, name: str) -> None:
    """A blob's member takes bytes, even where it is named `bytes` itself."""
    cls = getattr(cognito_idp, struct)
    (member,) = (member for member in cls._members if member.name == name)
    assert isinstance(member.shape, Blob)
    assert attrs.fields_dict(cls)[name].type == bytes | None


@pytest.mark.parametrize(
    "method", ["get_csv_header", "set_ui_customization", "get_ui_customization", "get_signing_certificate"]
)
def test_methods_with_odd_names_are_on_both_clients(method: str) -> None:
    """Operations whose names hold abbreviations have the methods that boto3 has."""
    assert callable(getattr(cognito_idp.Client, method))
    assert callable(getattr(cognito_idp.AsyncClient, method))


def test_a_clash_of_two_members_is_an_error() -> None:
    """Two wire names that would share one Python name are refused, naming the struct and both."""
    names, taken = Names(), dict[str, str]()
    names.member("SMSMessage", "Struct", taken)
    with pytest.raises(NameClashError, match="Struct: members SMSMessage and SmsMessage would both be sms_message"):
        names.member("SmsMessage", "Struct", taken)


@pytest.mark.parametrize("wire_name", ["Class", "Import", "Metadata", "Operation", "Self", "", "-", "1st"])
def test_a_name_that_cannot_be_used_is_an_error(wire_name: str) -> None:
    """A keyword, a name that the structs use themselves, or no identifier at all is refused."""
    with pytest.raises(NameClashError, match="Struct"):
        Names().member(wire_name, "Struct", {})


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("USER_AUTH", "USER_AUTH"),
        ("code", "CODE"),
        ("client_credentials", "CLIENT_CREDENTIALS"),
        ("us-east-1", "US_EAST_1"),
        ("userNotification", "USER_NOTIFICATION"),
        ("Success", "SUCCESS"),
        ("V1_0", "V1_0"),
        ("terms-of-use", "TERMS_OF_USE"),
        ("urn:ietf:params:oauth:token-type:jwt", "URN_IETF_PARAMS_OAUTH_TOKEN_TYPE_JWT"),
    ],
)
def test_values_become_constants(value: str, name: str) -> None:
    """An enum's member is its value in capitals, with underscores between words."""
    assert name == Names().constant(value, "Enum", {})


def test_a_clash_of_two_values_is_an_error() -> None:
    """Two values that would share one constant, or one that makes none, are refused, naming the enum."""
    names, taken = Names(), dict[str, str]()
    names.constant("a-b", "Enum", taken)
    for value in ("a_b", "", "1st", "%"):
        with pytest.raises(NameClashError, match="Enum"):
            names.constant(value, "Enum", taken)


def test_unused_entries_of_the_tables_are_known() -> None:
    """Each entry of the naming tables counts as unused until a name needs it."""
    names = Names()
    assert names.unused() == ["From", "OAuth", "URLs"]
    names.snake("AllowedOAuthFlows")
    names.snake("CallbackURLs")
    assert names.unused() == ["From"]
    names.snake("From")
    assert names.unused() == []


words = st.sampled_from(["User", "Pool", "MFA", "Id", "ID", "OAuth", "URLs", "Url", "Web", "Authn", "IP", "List", "V2"])


@settings(deadline=None)
@given(parts=st.lists(words, min_size=1, max_size=5))
def test_a_name_keeps_its_letters(parts: list[str]) -> None:
    """A Python name is the wire name in small letters with underscores between words, and nothing else."""
    wire_name = "".join(parts)
    name = Names().snake(wire_name)
    assert wire_name.lower() == name.replace("_", "")
    assert name == name.strip("_")
    assert "__" not in name
    assert name.isidentifier()

"""The administrator's part of a pool's life: its settings, app clients, domain, resource servers and providers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cognito_idp import (
    AttributeDataType,
    DomainStatusType,
    IdentityProviderTypeType,
    PasswordPolicyType,
    ResourceNotFoundException,
    ResourceServerScopeType,
    SchemaAttributeType,
    SoftwareTokenMfaConfigType,
    StringAttributeConstraintsType,
    UserPoolMfaType,
    UserPoolPolicyType,
)

from .ministack import given

if TYPE_CHECKING:
    from cognito_idp import Client


def live_settings(client: Client, pool_id: str, arn: str) -> None:
    """Take a new pool through all of its settings, and leave it with no domain, provider or resource server."""
    _pool(client, pool_id)
    _tags(client, arn)
    _mfa(client, pool_id)
    _app_clients(client, pool_id)
    _domain_and_looks(client, pool_id)
    _resource_servers(client, pool_id)
    _identity_providers(client, pool_id)


def _pool(client: Client, pool_id: str) -> None:
    client.update_user_pool(
        user_pool_id=pool_id,
        auto_verified_attributes=["email"],
        policies=UserPoolPolicyType(password_policy=PasswordPolicyType(minimum_length=10, require_symbols=True)),
    )
    client.add_custom_attributes(
        user_pool_id=pool_id,
        custom_attributes=[
            SchemaAttributeType(
                name="badge",
                attribute_data_type="String",
                mutable=True,
                string_attribute_constraints=StringAttributeConstraintsType(min_length="1", max_length="8"),
            )
        ],
    )
    pool = given(client.describe_user_pool(user_pool_id=pool_id).user_pool)
    schema = {attribute.name: attribute for attribute in given(pool.schema_attributes)}

    assert 10 == given(given(pool.policies).password_policy).minimum_length
    assert AttributeDataType.STRING == schema["custom:badge"].attribute_data_type
    assert "8" == given(schema["custom:badge"].string_attribute_constraints).max_length
    assert given(pool.creation_date) <= given(pool.last_modified_date)
    assert pool_id in [listed.id for listed in client.iter_list_user_pools(max_results=60)]


def _tags(client: Client, arn: str) -> None:
    client.tag_resource(resource_arn=arn, tags={"team": "identity", "stage": "test", "empty": ""})
    client.untag_resource(resource_arn=arn, tag_keys=["stage"])

    assert {"team": "identity", "empty": ""} == client.list_tags_for_resource(resource_arn=arn).tags


def _mfa(client: Client, pool_id: str) -> None:
    on = SoftwareTokenMfaConfigType(enabled=True)
    client.set_user_pool_mfa_config(
        user_pool_id=pool_id, software_token_mfa_configuration=on, mfa_configuration="OPTIONAL"
    )
    config = client.get_user_pool_mfa_config(user_pool_id=pool_id)

    assert on == config.software_token_mfa_configuration
    assert UserPoolMfaType.OPTIONAL == config.mfa_configuration
    assert config.sms_mfa_configuration is None


def _app_clients(client: Client, pool_id: str) -> None:
    made = given(
        client.create_user_pool_client(
            user_pool_id=pool_id,
            client_name="mobile",
            generate_secret=True,
            callback_urls=["https://example.com/back"],
            allowed_oauth_flows=["code"],
            allowed_oauth_scopes=["openid"],
        ).user_pool_client
    )
    client_id = given(made.client_id)
    client.update_user_pool_client(user_pool_id=pool_id, client_id=client_id, logout_urls=["https://example.com/bye"])
    app = given(client.describe_user_pool_client(user_pool_id=pool_id, client_id=client_id).user_pool_client)
    listed = list(client.iter_list_user_pool_clients(user_pool_id=pool_id))
    client.delete_user_pool_client(user_pool_id=pool_id, client_id=client_id)

    assert made.client_secret == app.client_secret
    assert given(made.client_secret) not in repr(app)
    assert ("https://example.com/back",) == app.callback_urls
    assert ("https://example.com/bye",) == app.logout_urls
    assert [client_id] == [each.client_id for each in listed]
    assert [] == list(client.iter_list_user_pool_clients(user_pool_id=pool_id))


def _domain_and_looks(client: Client, pool_id: str) -> None:
    domain = pool_id.lower().replace("_", "-")
    css = ".label-customizable { font-weight: 400 }"
    client.create_user_pool_domain(user_pool_id=pool_id, domain=domain)
    client.update_user_pool_domain(user_pool_id=pool_id, domain=domain, managed_login_version=2)
    described = given(client.describe_user_pool_domain(domain=domain).domain_description)
    client.set_ui_customization(user_pool_id=pool_id, css=css, image_file=b"\x89PNG")
    looks = given(client.get_ui_customization(user_pool_id=pool_id).ui_customization)
    client.delete_user_pool_domain(user_pool_id=pool_id, domain=domain)

    assert pool_id == described.user_pool_id
    assert DomainStatusType.ACTIVE == described.status
    assert 2 == described.managed_login_version
    assert css == looks.css
    assert given(client.describe_user_pool_domain(domain=domain).domain_description).domain is None


def _resource_servers(client: Client, pool_id: str) -> None:
    uri, scopes = "https://api.example.com", (ResourceServerScopeType(scope_name="read", scope_description="Read"),)
    client.create_resource_server(user_pool_id=pool_id, identifier=uri, name="API", scopes=scopes)
    client.update_resource_server(user_pool_id=pool_id, identifier=uri, name="The API", scopes=scopes)
    server = given(client.describe_resource_server(user_pool_id=pool_id, identifier=uri).resource_server)
    listed = list(client.iter_list_resource_servers(user_pool_id=pool_id, max_results=1))
    client.delete_resource_server(user_pool_id=pool_id, identifier=uri)

    assert "The API" == server.name
    assert scopes == server.scopes
    assert [server] == listed
    with pytest.raises(ResourceNotFoundException):
        client.describe_resource_server(user_pool_id=pool_id, identifier=uri)


def _identity_providers(client: Client, pool_id: str) -> None:
    details = {
        "client_id": "abc",
        "client_secret": "a secret",
        "authorize_scopes": "openid",
        "attributes_request_method": "GET",
        "oidc_issuer": "https://login.example.com",
    }
    client.create_identity_provider(
        user_pool_id=pool_id,
        provider_name="Partner",
        provider_type="OIDC",
        provider_details=details,
        idp_identifiers=["partner.example"],
    )
    client.update_identity_provider(
        user_pool_id=pool_id, provider_name="Partner", attribute_mapping={"email": "mail", "username": "sub"}
    )
    provider = given(client.describe_identity_provider(user_pool_id=pool_id, provider_name="Partner").identity_provider)
    found = client.get_identity_provider_by_identifier(user_pool_id=pool_id, idp_identifier="partner.example")
    listed = list(client.iter_list_identity_providers(user_pool_id=pool_id))
    client.delete_identity_provider(user_pool_id=pool_id, provider_name="Partner")

    assert IdentityProviderTypeType.OIDC == provider.provider_type
    assert details == provider.provider_details
    assert {"email": "mail", "username": "sub"} == provider.attribute_mapping
    assert provider == found.identity_provider
    assert ["Partner"] == [each.provider_name for each in listed]
    assert [] == list(client.iter_list_identity_providers(user_pool_id=pool_id))

"""The parts of following the model: comparing two models, and drafting what people have to write."""

from __future__ import annotations

import copy
import re
import tomllib

import pytest
from hypothesis import given, strategies

from cognito_idp_codegen.changes import compare, in_order, report, summary
from cognito_idp_codegen.drafts import drafted, edited, family_for, noun
from cognito_idp_codegen.families import TEXTS
from cognito_idp_codegen.model import ModelError, documents
from cognito_idp_codegen.prose import marked
from tests.conformance.reference import wheel

from .later import facts, later, today


def test_a_model_differs_from_itself_in_nothing() -> None:
    """No changes make no report, and no summary."""
    assert [] == compare(facts(today()), facts(today()))
    assert report([]) == summary([]) == ""


@pytest.mark.slow
def test_what_is_new_one_way_is_gone_the_other_way() -> None:
    """The comparison is a mirror: new and gone, and old and new values, change places."""
    there = {(each.kind, each.name, each.old, each.new) for each in compare(facts(today()), facts(later()))}
    back = {(each.kind, each.name, each.new, each.old) for each in compare(facts(later()), facts(today()))}
    assert there == back


@pytest.mark.slow
def test_the_auth_flag_is_the_models_own() -> None:
    """What our own table says of signing does not hide that the model changes its mind."""
    service, paginators = copy.deepcopy(today())
    service["operations"]["GetClientToken"]["authtype"] = "none"
    said = report(compare(facts(today()), facts((service, paginators))))
    assert said == "changed\n  auth flags\n    GetClientToken: signed -> unsigned"


@pytest.mark.slow
def test_an_order_is_no_difference() -> None:
    """A model with its entries in another order says the same."""
    service, paginators = copy.deepcopy(today())
    members = [shape["members"] for shape in service["shapes"].values() if "members" in shape]
    for entries in (service["shapes"], service["operations"], *members):
        turned = list(reversed(entries.items()))
        entries.clear()
        entries.update(turned)
    assert [] == compare(facts(today()), facts((service, paginators)))


def test_the_sources_are_what_their_own_model_asks_for() -> None:
    """Drafting for the pinned model changes no byte of the files."""
    assert drafted(TEXTS, facts(documents(wheel()))) == TEXTS


def test_drafting_twice_is_drafting_once() -> None:
    """Drafts need no drafts."""
    once = drafted(TEXTS, facts(later()))
    assert once == drafted(once, facts(later()))


def test_comments_and_the_order_of_families_stay() -> None:
    """What people wrote around the entries is theirs."""
    comment = "# A word on groups.\n"
    old = TEXTS["families.toml"].replace("[groups]\n", f"{comment}[groups]\n{comment}") + comment
    after = drafted({**TEXTS, "families.toml": old}, facts(later()))["families.toml"]
    assert f"{comment}[groups]\n{comment}heading" in after
    assert after.count(comment) == old.count(comment)
    before, now = (re.findall(r"(?m)^\[(\w+)\]$", text) for text in (old, after))
    assert [name for name in before if name in now] == [name for name in now if name in before]


def test_an_entry_of_several_lines_is_refused() -> None:
    """What can't be removed line by line is named, instead of leaving half of it."""
    texts = {**TEXTS, "prose/enums.toml": TEXTS["prose/enums.toml"] + 'NewsType = """\nNews."""\n'}
    with pytest.raises(ModelError, match=r"^\[enums\] has an entry that does not stand on one line$"):
        drafted(texts, facts(today()))


NAMES = strategies.sets(strategies.from_regex(r"[A-Za-z]{1,3}(\.[A-Z])?", fullmatch=True))


@pytest.mark.slow
@given(have=NAMES, want=NAMES)
def test_a_table_gets_the_names_that_are_wanted(have: set[str], want: set[str]) -> None:
    """A sorted table is sorted afterwards, keeps the values of what stays, and needs no second edit."""
    text = edited("# Head.\n\n[first]\n\n[last]\nZ = 1\n", "first", dict.fromkeys(have, "old"))
    after = edited(text, "first", dict.fromkeys(want, "new"))
    assert {name: "old" if name in have else "new" for name in want} == (entries := tomllib.loads(after)["first"])
    assert sorted(want, key=in_order) == list(entries)
    assert after == edited(after, "first", dict.fromkeys(want, "newer"))
    assert after.startswith("# Head.\n\n[first]\n")
    assert after.endswith("\n[last]\nZ = 1\n")


def test_a_mark_is_found_in_every_table() -> None:
    """A sentence counts as a draft by its beginning; a heading is named by its family."""
    families = '[news]\nheading = "TODO: x."\noperations = ["TODO: y"]\n'
    texts = {"families.toml": families, "prose/enums.toml": '[enums]\nA = "No TODO: z."\n'}
    assert marked(texts) == ["families.toml: news"]


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        ("AdminListUserPoolReplicas", ("user", "pool", "replica")),
        ("ListCIMDPolicies", ("cimd", "policy")),
        ("UpdateClientMetadataURLState", ("client", "metadata", "url", "state")),
        ("GetUserAddress", ("user", "address")),
        ("SignUp", ("up",)),
        ("Refresh", ()),
    ],
)
def test_what_an_operation_is_about(operation: str, words: tuple[str, ...]) -> None:
    """Its noun is what follows the verb, in the singular."""
    assert words == noun(operation)


@pytest.mark.parametrize(
    ("operation", "family"),
    [
        ("PauseUserPoolClient", "app_clients"),
        ("ListUserPoolClientScopes", "app_clients"),
        ("AdminArchiveGroups", "groups"),
        ("ArchiveUserPool", "user_pools"),
        ("InitiatePointInTimeRecovery", "point_in_time_recoveries"),
        ("CreateUserPoolAddress", "user_pool_addresses"),
        ("ListUserSurveys", "user_surveys"),
        ("Refresh", "refresh"),
    ],
)
def test_where_an_operation_belongs(operation: str, family: str) -> None:
    """It goes to operations on the same thing or on what that is part of, else to a family of its own."""
    families = {
        "user_pools": ("CreateUserPool", "DescribeUserPool"),
        "users": ("AdminCreateUser",),
        "app_clients": ("CreateUserPoolClient", "ListUserPoolClients"),
        "groups": ("CreateGroup", "ListGroups"),
    }
    assert family == family_for(operation, families)

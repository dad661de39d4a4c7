"""People: accounts of one human have one name, and one human is counted once."""

from pmsync.app.people import by_human, ids_of, with_humans
from pmsync.config import PersonEntry
from pmsync.model import Catalog, Person


def catalog(*people: Person) -> Catalog:
    return Catalog(people={person.id: person for person in people})


def entry(**keys: str) -> PersonEntry:
    return PersonEntry.model_validate(keys)


JIRA = catalog(Person(id="acc-1", name="Li Wei", account="acc-1"), Person(id="acc-2", name="Tom", account="acc-2"))
TRELLO = catalog(
    Person(id="t-1", name="liwei", account="acc-1", handle="liwei"),
    Person(id="t-2", name="tom_k", handle="tomk"),
    Person(id="t-3", name="Tom"),
)
BOTH = {"shop": JIRA, "desk": TRELLO}


def known(entries: dict[str, PersonEntry], catalogs: dict[str, Catalog] = BOTH) -> dict[str, tuple[str, str | None]]:
    """Name and human of every account."""
    found = with_humans(catalogs, entries)
    return {id: (one.name, one.account) for source in found.values() for id, one in source.people.items()}


def test_the_same_atlassian_account_is_the_same_human_by_the_first_sources_name() -> None:
    assert known({})["t-1"] == known({})["acc-1"] == ("Li Wei", "acc-1")


def test_who_has_only_one_account_stays_as_the_tracker_says() -> None:
    assert known({})["t-2"] == ("tom_k", None)


def test_the_same_name_alone_makes_nobody_the_same() -> None:
    assert known({})["acc-2"] != known({})["t-3"]


def test_an_entry_unites_accounts_by_id_and_by_login_in_any_case() -> None:
    found = known({"tom": entry(shop="acc-2", desk="TomK")})
    assert found["acc-2"] == found["t-2"] == ("Tom", "tom")
    assert found["t-3"] == ("Tom", None)


def test_an_entry_that_names_one_account_means_the_others_of_that_login() -> None:
    found = known({"li": entry(name="Wei, Li", desk="liwei")})
    assert found["acc-1"] == found["t-1"] == ("Wei, Li", "li")


def test_an_account_belongs_to_an_entry_in_its_own_source_only() -> None:
    assert known({"tom": entry(shop="tomk")})["t-2"] == ("tom_k", None)


def test_an_email_address_finds_the_accounts_that_show_theirs() -> None:
    onprem = catalog(Person(id="JIRAUSER1", name="A. Berg", email="Anna@example.org"))
    found = known({"anna": entry(name="Anna Berg", email="anna@example.org")}, {"onprem": onprem})
    assert found["JIRAUSER1"] == ("Anna Berg", "anna")


def test_figures_count_a_human_once() -> None:
    found = with_humans(BOTH, {})
    merged = [by_human(found["shop"]).people["acc-1"], by_human(found["desk"]).people["t-1"]]
    assert {(person.id, person.name) for person in merged} == {("acc-1", "Li Wei")}
    assert by_human(found["desk"]).people["t-2"].id == "t-2"


def test_a_filter_finds_all_accounts_of_a_human_by_any_name() -> None:
    found = with_humans(BOTH, {"li": entry(name="Wei, Li", desk="liwei")})
    for word in ("wei, li", "LI", "liwei", "acc-1"):
        assert {"acc-1", "t-1"} & set(ids_of((word,), found)), word
    assert set(ids_of(("Wei, Li",), found)) >= {"acc-1", "t-1"}
    assert ids_of(("nobody",), found) == ("nobody",)

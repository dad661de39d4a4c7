"""People: one human has an account in every tracker. Pure.

Accounts belong together when they have the same Atlassian account id, or when an entry of the config's `people:` names
them, by account id, login or e-mail address.
"""

from collections.abc import Mapping
from dataclasses import replace

from pmsync.config import PersonEntry
from pmsync.model import Catalog, Person

Catalogs = Mapping[str, Catalog]
"""The catalog of each source, by the source's name."""


def with_humans(catalogs: Catalogs, entries: Mapping[str, PersonEntry]) -> dict[str, Catalog]:
    """The same catalogs, in which all accounts of one human have one name, and as `account` what the human is known by.

    That is the key of the `people:` entry, else the Atlassian account id; it stays None for who has neither. The name
    is the entry's, else the one in the first of the sources.
    """
    keys = _entry_of_account(catalogs, entries)
    names = {key: entry.name for key, entry in entries.items() if entry.name}
    found = {}
    for source, catalog in catalogs.items():
        people = {}
        for id, person in catalog.people.items():
            human = _entry_of(source, person, entries) or keys.get(person.account or "") or person.account
            name = names.setdefault(human, person.name) if human else person.name
            people[id] = replace(person, account=human, name=name)
        found[source] = replace(catalog, people=people)
    return found


def by_human(catalog: Catalog) -> Catalog:
    """The same catalog with people by the human instead of the account, so that figures count humans."""
    people = {id: replace(person, id=person.account or person.id) for id, person in catalog.people.items()}
    return replace(catalog, people=people)


def ids_of(words: tuple[str, ...], catalogs: Catalogs) -> tuple[str, ...]:
    """The ids of all accounts of the people called so, by name, login or key; words that are none stay."""
    wanted = {word.casefold() for word in words}
    everybody = [person for catalog in catalogs.values() for person in catalog.people.values()]
    return (*words, *(one.id for one in everybody if wanted & {one.name.casefold(), *_marks(one)}))


def _entry_of_account(catalogs: Catalogs, entries: Mapping[str, PersonEntry]) -> dict[str, str]:
    """Entry by Atlassian account id: an entry that names a Jira account means the Trello account of that login too."""
    return {
        person.account: entry
        for source, catalog in catalogs.items()
        for person in catalog.people.values()
        if person.account and (entry := _entry_of(source, person, entries))
    }


def _entry_of(source: str, person: Person, entries: Mapping[str, PersonEntry]) -> str | None:
    marks = _marks(person)
    for key, entry in entries.items():
        told = (entry.accounts.get(source), entry.email)
        if any(word and word.casefold() in marks for word in told):
            return key
    return None


def _marks(person: Person) -> set[str]:
    """What tells an account from all others, in lower case."""
    return {word.casefold() for word in (person.id, person.account, person.handle, person.email) if word}

"""pmsync: status reports and meeting notes from Jira and Trello, with numbers that are right or say what is missing."""

from importlib.metadata import version as _version


def __getattr__(name: str) -> str:
    """Read the version only when somebody asks: importing package metadata costs a third of start-up."""
    if name == "__version__":
        return _version("pmsync")
    raise AttributeError(name)

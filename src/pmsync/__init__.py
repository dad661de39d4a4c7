"""pmsync: status reports and meeting notes from Jira and Trello, with numbers that are right or say what is missing."""


def __getattr__(name: str) -> str:
    """Read the version only when somebody asks: package metadata is slow to import."""
    if name == "__version__":
        from importlib.metadata import version

        return version("pmsync")
    raise AttributeError(name)

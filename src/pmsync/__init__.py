"""pmsync: status reports and meeting notes from Jira and Trello, with numbers that are right or say what is missing."""

__version__ = "0.1.0"

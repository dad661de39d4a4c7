"""Product owner or PM, for every item, with the reason. Pure."""

from pmsync.roles.balance import Balance, Tended, Untouched, balance, tended
from pmsync.roles.classify import classify, overridden
from pmsync.roles.duties import DUTIES, RULES, TEAM, UNCLEAR, Duty
from pmsync.roles.evaluate import Evaluation, evaluate
from pmsync.roles.explain import explain
from pmsync.roles.schemes import Scheme, load_scheme

__all__ = [
    "DUTIES", "RULES", "TEAM", "UNCLEAR", "Balance", "Duty", "Evaluation", "Scheme", "Tended", "Untouched",
    "balance", "classify", "evaluate", "explain", "load_scheme", "overridden", "tended",
]  # fmt: skip

"""The catalogue: 27 duties, five kinds of team work, and `unclear`. What an item is about, whoever answers for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

UNCLEAR: Final = "unclear"


@dataclass(frozen=True, slots=True)
class Duty:
    """A kind of work. `leaves` is what exists when an item of this duty is done, `rule` the tie-break it rests on."""

    key: str
    leaves: str
    rule: str


_ROWS = (
    ("vision", "a vision, strategy, positioning, price or competitor view", "T3"),
    ("roadmap", "a plan of themes by period, or an initiative framed by its outcome", "T17"),
    ("objectives", "a goal, KPI, business case or a measured outcome", "T15"),
    ("research", "a study of users or the market", "T12"),
    ("feedback", "one customer's request or complaint, noted", "T12"),
    ("scope", "a decision on what is in or out", "T7"),
    ("priority", "an order or ranking", "T8"),
    ("backlog", "a tidier backlog", "T3"),
    ("stories", "a feature, user story, requirement or acceptance criteria", "T6"),
    ("stakeholder", "input or agreement on what the product should be", "T13"),
    ("stages", "a held planning, refinement or review", "T11"),
    ("accept", "a verdict on one finished item", "T10"),
    ("announce", "news or help for people who already use it or take part", "T16"),
    ("launch", "publicity: campaign, press, content, enablement", "T16"),
    ("schedule", "dates, milestones, a timeline", "T8"),
    ("plan", "a plan of how: breakdown, estimate, arrangements", "T4"),
    ("budget", "money or a contract: spend, invoice, grant, purchase", "T14"),
    ("resource", "people or equipment: staffing, capacity, leave, onboarding", "T14"),
    ("progress", "a status report or progress record", "T15"),
    ("risk", "an assessed or mitigated uncertainty", "T9"),
    ("blocker", "a present obstacle removed or escalated", "T9"),
    ("quality", "an organised test cycle, audit or quality gate", "T10"),
    ("process", "a changed way of working", "T11"),
    ("meeting", "an agenda, invitation or minutes", "T3"),
    ("action", "a follow-up that names no other duty", "T2"),
    ("coord", "a commitment or approval from another team or organisation", "T13"),
    ("release", "a decided or planned release: go/no-go, freeze, roll-out", "T16"),
    ("build", "changed software, tests, technical documents or hardware", "T5"),
    ("fix", "a repaired malfunction", "T9"),
    ("design", "a visual or interaction design", "T4"),
    ("spike", "the answer to a technical question", "T12"),
    ("ops", "something running, upgraded, deployed or set up", "T5"),
    (UNCLEAR, "nothing that can be named", "T19"),
)
DUTIES: Final[Mapping[str, Duty]] = {key: Duty(key, leaves, rule) for key, leaves, rule in _ROWS}
TEAM: Final = ("build", "fix", "design", "spike", "ops")

# The tie-breaks, in the words that `explain` prints.
RULES: Final[Mapping[str, str]] = {
    "T1": "a person or a rule of yours decided",
    "T2": "content beats container: what the entry asks for counts, not where it stands",
    "T3": "the artefact that exists afterwards beats the activity",
    "T4": "deciding and organising is a manager's duty, doing is team work",
    "T5": "a technical deliverable is team work, whatever type or label say",
    "T6": "new behaviour that a user sees is a story, even if typed as task or bug",
    "T7": "changing what is delivered is scope, changing the date is schedule",
    "T8": "an order is priority, a calendar date is schedule, filling a sprint is a stage",
    "T9": "may happen is risk, stops work now is blocker, misbehaves is fix",
    "T10": "organising tests is quality, a verdict on one item is acceptance, writing tests is build",
    "T11": "holding a sprint event is a stage, changing the way of working is process",
    "T12": "a study is research, one request is feedback, a technical question is a spike",
    "T13": "input on the product is stakeholder, a delivery or approval by others is coordination",
    "T14": "money or a contract is budget, people are resource",
    "T15": "work against plan is progress, results for users or business are objectives",
    "T16": "getting it out is release, telling users is announce, facing the market is launch",
    "T17": "an epic framed by an outcome is roadmap, a bag of stories is stories, a technical one is build",
    "T18": "two duties were close, the stronger one is named",
    "T19": "nothing in it names what will exist when it is done",
    "T20": "arranging an event is plan, its money budget, its people resource, its publicity launch",
    "T21": "on a procurement board a bare thing is something to buy",
    "T22": "money coming in is budget, asking the public for it is launch",
    "T23": "marketing content is launch, news for people who already take part is announce",
    "T24": "physical work, parts and drawings are team work",
    "T25": "developers are users of a product for developers",
    "T26": "how is a technical document, what and for whom a story, help for users announce, working rules process",
    "T27": "looking into a malfunction is a fix, an open technical question a spike",
    "T28": "a screen or element that does not exist yet is a story, restyling one is design",
}

import json
import subprocess
import sys
from pathlib import Path

from pmsync.model.role import Subject
from pmsync.roles import classify, load_scheme

SCRIPT = Path(__file__).parents[2] / "scripts" / "train_roles.py"


def fit(items: Path, weights: Path) -> None:
    subprocess.run([sys.executable, SCRIPT, items, "-o", weights], check=True)


def test_weights_fitted_on_items_of_a_team_know_its_words(tmp_path: Path) -> None:
    items = [
        {"id": str(number), "title": f"{word} {number}", "gold": {"duty": duty}, **extra}
        for number in range(12)
        for word, duty, extra in (
            ("Wibbling", "design", {}),
            ("Frumping", "research", {}),
            ("Snorping", "budget", {"part": "aside"}),
        )
    ]
    (tmp_path / "items.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items))
    (tmp_path / "ours.yaml").write_text("extends: project-manager\nweights: ours.json\n")
    fit(tmp_path / "items.jsonl", tmp_path / "ours.json")
    scheme = load_scheme(str(tmp_path / "ours.yaml"))
    assert classify(Subject(id="1", title="Wibble the moles"), scheme).duty == "design"
    assert classify(Subject(id="1", title="Frump the moles"), scheme).duty == "research"
    assert "snorp" not in (tmp_path / "ours.json").read_text()  # set aside


def test_the_same_items_give_the_same_bytes(tmp_path: Path) -> None:
    lines = [json.dumps({"id": str(n), "title": f"Chase invoice {n}", "gold": {"duty": "budget"}}) for n in range(5)]
    (tmp_path / "items.jsonl").write_text("\n".join(lines))
    for name in ("one.json", "two.json"):
        fit(tmp_path / "items.jsonl", tmp_path / name)
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()


def test_the_word_of_a_list_is_weak_evidence(tmp_path: Path) -> None:
    item = json.dumps({"id": "1", "title": "Zorbing", "stage": "Wibbling", "gold": {"duty": "design"}})
    (tmp_path / "items.jsonl").write_text("\n".join([item] * 200))
    fit(tmp_path / "items.jsonl", tmp_path / "ours.json")
    weights = json.loads((tmp_path / "ours.json").read_text())
    assert weights["t:zorb"]["design"] > 0.8
    assert weights["stage:wibbl"]["design"] == 0.8

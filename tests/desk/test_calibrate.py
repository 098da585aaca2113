"""Learning from people: a wrong map is put right, few data change nothing, and nothing changes until told."""

from __future__ import annotations

import itertools
import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.confidence.curve import CURVE, Curve, interpolate, load_curve
from extractor.confidence.evidence import FEATURES, Evidence
from extractor.confidence.refit import Labelled, isotonic, quality, refit, updated
from tests.desk.conftest import House
from tests.service.reports import report
from workers import calibrate
from workers.store import audit, documents, reviews
from workers.store.documents import Upload

KIND = "ruled"


def curve() -> Curve:
    """One feature, plain logistic, threshold 0.9."""
    weights = (1.0, *[0.0] * (len(FEATURES) - 1))
    return Curve({KIND: weights}, {KIND: 0.0}, {}, {KIND: 0.97})


def people(number: int, true: float, seed: int = 1) -> list[Labelled]:
    """Figures whose chance of being right is sigmoid(true · z), where the curve says sigmoid(z)."""
    import math

    dice = random.Random(seed)
    out = []
    for n in range(number):
        z = dice.uniform(-2, 6)
        right = dice.random() < 1 / (1 + math.exp(-true * z))
        item = Evidence(KIND, (z, *[0.0] * (len(FEATURES) - 1)))
        out.append(Labelled(f"d{n // 10}", item, False, right))
    return out


def test_a_map_that_promises_too_much_is_put_right() -> None:
    found = refit(curve(), people(4000, 0.5))[KIND]
    assert found.after.error < found.before.error / 2
    assert found.after.loss < found.before.loss
    ys = [y for _, y in found.knots]
    assert ys == sorted(ys)


def test_a_map_that_is_right_stays_about_right() -> None:
    found = refit(curve(), people(4000, 1.0))[KIND]
    assert found.after.error < 0.03
    for p in (0.3, 0.6, 0.9):
        assert interpolate(found.knots, p) == pytest.approx(p, abs=0.08)


def test_few_data_change_nothing() -> None:
    assert refit(curve(), people(100, 0.5)) == {}
    right = [Labelled(f"d{n}", Evidence(KIND, (1.0,)), False, True) for n in range(500)]
    assert refit(curve(), right) == {}


@given(
    st.lists(st.tuples(st.floats(0, 1), st.sampled_from([0.0, 1.0]), st.floats(0.5, 100)), min_size=1, max_size=80)
)
def test_isotonic_rises_and_keeps_the_mean(points: list[tuple[float, float, float]]) -> None:
    knots = isotonic(points, least=1.0)
    assert all(a[0] <= b[0] and a[1] <= b[1] + 1e-5 for a, b in itertools.pairwise(knots))
    assert all(0 < y < 1 for _, y in knots)


def test_quality_by_hand() -> None:
    told = quality([(0.95, True, 1.0), (0.95, False, 1.0), (0.15, False, 2.0)])
    assert told.error == pytest.approx((abs(1.9 - 1) + 0.3) / 4)
    assert told.loss == pytest.approx((0.0025 + 0.9025 + 2 * 0.0225) / 4)


def test_updated_keeps_everything_else() -> None:
    data = json.loads(CURVE.read_text(encoding="utf-8"))
    found = refit(curve(), people(4000, 0.5))
    new = updated(data, found)
    assert {k: v for k, v in new.items() if k not in ("knots", "threshold")} == {
        k: v for k, v in data.items() if k not in ("knots", "threshold")
    }
    assert new["knots"][KIND] and new["weights"] == data["weights"]  # type: ignore[index]


def settled(house: House, number: int) -> None:
    """A web report that was read, a few of its fields settled, one of them as misread."""
    from sqlalchemy import select

    from tests.service.conftest import put
    from workers.processing import look
    from workers.store.tables import documents as table

    data = report(number)
    accepted = documents.accept(
        house.context.store, [Upload("年报.html", put(house.context, data), len(data))], "test"
    )[0]
    with house.context.store.read() as c:
        job = c.execute(select(table.c.job_id).where(table.c.id == accepted.id)).scalar_one()
    look(house.context, job)
    who = audit.Actor(house.person("甲"), "甲")
    with house.context.store.read() as c:
        result = reviews.settled_result(c, accepted.id, "")
    assert result is not None
    for n, entry in enumerate(result["fields"][:4]):
        word = reviews.Verdict(entry["id"], "misread", 99, "printed") if n == 0 else reviews.Verdict(entry["id"], "confirmed")
        reviews.settle(house.context.store, who, accepted.id, word)


def test_settled_fields_are_labelled_readings(house: House) -> None:
    settled(house, 5)
    items = list(calibrate.labelled(house.context))
    assert [i.right for i in items] == [False, True, True, True]
    assert all(len(i.item.values) == len(FEATURES) for i in items)


def test_the_command_changes_nothing_until_told(
    house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    curve_file = tmp_path / "curve.json"
    before = CURVE.read_text(encoding="utf-8")
    curve_file.write_text(before, encoding="utf-8")
    kind = "pixels"
    weights = load_curve().weights[kind]
    dice = random.Random(3)
    items = [
        Labelled(f"d{n // 20}", Evidence(kind, tuple(dice.uniform(0, 1) for _ in weights)), False, dice.random() < 0.7)
        for n in range(2000)
    ]
    monkeypatch.setattr(calibrate, "CURVE", curve_file)
    monkeypatch.setattr(calibrate, "labelled", lambda _context: iter(items))
    data = ["--data", str(house.context.settings.data)]
    page = tmp_path / "page.html"
    assert calibrate.command([*data, "--report", str(page), "--out", str(tmp_path / "new.json")]) == 0
    assert curve_file.read_text(encoding="utf-8") == before
    assert "<svg" in page.read_text(encoding="utf-8") and "Nothing changed" in capsys.readouterr().out
    assert calibrate.command([*data, "--apply"]) == 0
    new = json.loads(curve_file.read_text(encoding="utf-8"))
    assert new["knots"][kind] and new == json.loads((tmp_path / "new.json").read_text(encoding="utf-8"))
    assert (tmp_path / "curve.before.json").read_text(encoding="utf-8") == before
    monkeypatch.setattr(calibrate, "labelled", lambda _context: iter(items[:50]))
    assert calibrate.command([*data, "--apply"]) == 1
    assert json.loads(curve_file.read_text(encoding="utf-8")) == new
    assert audit.verify(house.context.store)[1] is None

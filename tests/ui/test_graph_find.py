"""Finding nodes: what a query means."""

from __future__ import annotations

import math
import time
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from app.study.experiment import Problem
from app.study.recipe import Data
from app.training.moment import Moment
from app.training.snapshot import Probe
from app.views.graph.find import MOST_RANKED, SPECIAL, asks_for_numbers, find, why_nothing
from app.views.graph.folded import FoldedScene
from app.views.graph.scene import Numbers, Scene
from app.views.graph.unfolded import UnfoldedScene
from autograd.naming import Names
from tests.autograd.traced import AT, LOSSES, every_loss, record
from tests.training.moments import whole

START = (0.764340511813275, 0.2950141610814745)


def line(*, folded: bool, samples: int = 41, constants: bool = True, at=START) -> tuple[Scene, Any]:
    """The graph of a line's loss and its numbers."""
    probe = Probe(Problem(Data(samples=samples)))
    scene = (FoldedScene if folded else UnfoldedScene)(probe, constants=constants)
    return scene, scene.numbers(Moment(0, probe, probe.snapshot(0, at).evaluation))


def symbols(scene: Scene, found: np.ndarray) -> list[str]:
    return [scene.probe.names.symbol(int(scene.places[node])) for node in found.tolist()]


# -- what a query means -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("m", ["m"]),
        ("M", ["m"]),
        ("x", ["x"]),
        ("y", ["y"]),
        ("residual", ["residual"]),
        ("  Residual ", ["residual"]),
        ("resid", ["residual"]),
        ("power", ["squared"]),
        ("squared", ["squared"]),
        ("data", ["x", "y"]),
        ("parameter", ["m", "c"]),
        ("para", ["m", "c"]),
        ("multiply", ["m · x"]),
        ("m · x", ["m · x"]),
        ("m*x", ["m · x"]),
        ("m * x + c", ["ŷ"]),
        ("ŷ", ["ŷ"]),
        ("yhat", ["ŷ"]),
        ("y - yhat", ["residual"]),
        ("residual^2", ["squared"]),
        ("sum", ["sum"]),
        ("loss", ["L"]),
        ("L", ["L"]),
        ("41", ["41"]),
        ("constant", ["2", "41"]),
        ("×", ["m · x"]),
        ("nowhere", []),
        ("", []),
        ("   ", []),
    ],
)
def test_names_formulas_kinds_and_operations_find_their_nodes(query, expected):
    scene, numbers = line(folded=True)
    assert symbols(scene, find(scene, numbers, query)) == expected


def test_a_part_of_a_name_is_enough_where_nothing_is_or_begins_so():
    scene, numbers = line(folded=True)
    assert symbols(scene, find(scene, numbers, "esidu")) == ["residual", "squared"]  # residual²
    assert set(symbols(scene, find(scene, numbers, "met"))) == {"m", "c"}


@pytest.mark.parametrize("query", ["residual", "power", "x", "m · x"])
def test_in_the_unfolded_graph_a_name_finds_every_samples_node_one_after_another(query):
    scene, numbers = line(folded=False)
    found = find(scene, numbers, query)
    assert [scene.sample(node) for node in found.tolist()] == list(range(41))
    folded, shown = line(folded=True)
    (one,) = find(folded, shown, query).tolist()
    assert set(scene.places[found].tolist()) == {int(folded.places[one])}


def test_the_loss_is_found_last_as_it_is_read():
    scene, numbers = line(folded=False)
    found = symbols(scene, find(scene, numbers, "e"))  # in parameter, residual, …
    assert found[:2] == ["m", "c"]
    assert found[-1] == "L"


@pytest.mark.parametrize("constants", [True, False])
def test_what_is_not_drawn_is_not_found(constants):
    for folded in (True, False):
        scene, numbers = line(folded=folded, constants=constants)
        assert (len(find(scene, numbers, "constant")) > 0) is constants
        assert ("41" in symbols(scene, find(scene, numbers, "41"))) is constants


@every_loss
@pytest.mark.parametrize("folded", [True, False])
def test_every_node_is_found_by_its_symbol_and_by_its_operation(name, folded):
    tape = record(LOSSES[name])
    probe: Any = SimpleNamespace(tape=tape, names=Names(tape), chosen=None)
    scene = (FoldedScene if folded else UnfoldedScene)(probe)
    numbers = scene.numbers(whole(tape, AT))
    for node, place in enumerate(scene.places.tolist()):
        assert node in find(scene, numbers, probe.names.symbol(place))
        assert node in find(scene, numbers, probe.names.kind(place).upper())


def test_a_sample_is_found_whole():
    scene, numbers = line(folded=False)
    for sample in (0, 7, 40):
        found = find(scene, numbers, f"sample {sample}").tolist()
        assert found == [node for node in range(len(scene)) if scene.sample(node) == sample]
    assert len(find(scene, numbers, "sample 41")) == 0
    assert "no sample 41" in why_nothing(scene, "sample 41")


def test_a_sample_narrows_what_is_found():
    scene, numbers = line(folded=False)
    (node,) = find(scene, numbers, "residual sample 7").tolist()
    assert (scene.sample(node), symbols(scene, np.array([node]))) == (7, ["residual"])
    assert find(scene, numbers, "Sample 7  residual").tolist() == [node]
    assert len(find(scene, numbers, "m sample 7")) == 0
    ranked = find(scene, numbers, "largest gradient sample 7")
    assert {scene.sample(each) for each in ranked.tolist()} == {7}


def test_a_mini_batchs_samples_have_their_numbers_in_all_data():
    chosen = np.array([5, 12, 3, 33])
    probe = Probe(Problem()).batch(chosen)
    scene = UnfoldedScene(probe)
    numbers = scene.numbers(Moment(0, probe, probe.snapshot(0, START).evaluation))
    for number, sample in enumerate(chosen.tolist()):
        found = find(scene, numbers, f"sample {sample}").tolist()
        assert {scene.sample(node) for node in found} == {number}
    assert len(find(scene, numbers, "sample 0")) == 0


def test_the_folded_graph_says_where_samples_have_nodes_of_their_own():
    scene, numbers = line(folded=True)
    assert len(find(scene, numbers, "sample 7")) == 0
    assert "unfolded" in why_nothing(scene, "sample 7")


NUMBERS = [1.0, -3.0, math.nan, 0.0, math.inf, -0.0, 2.0, -math.inf, 1e-9, math.nan]


def odd_numbers(scene: Scene) -> Numbers:
    """Numbers of every kind, of which every third is not known."""
    count = len(scene)
    values = np.resize(np.array(NUMBERS), count)
    gradients = np.resize(np.array(NUMBERS[3:] + NUMBERS[:3]), count)
    known = np.arange(count) % 3 > 0
    return Numbers(values, known, gradients, known[::-1].copy())


@pytest.mark.parametrize("folded", [True, False])
@pytest.mark.parametrize(
    ("query", "is_so"),
    [
        ("not finite", lambda number: not math.isfinite(number)),
        ("NaN", math.isnan),
        ("inf", math.isinf),
    ],
)
def test_values_and_gradients_that_are_not_finite_are_found_where_known(folded, query, is_so):
    scene, _ = line(folded=folded)
    numbers = odd_numbers(scene)
    expected = {
        node
        for node in range(len(scene))
        if (numbers.valued[node] and is_so(numbers.values[node]))
        or (numbers.graded[node] and is_so(numbers.gradients[node]))
    }
    found = find(scene, numbers, query).tolist()
    assert set(found) == expected
    assert len(found) == len(expected)
    assert expected


@pytest.mark.parametrize("folded", [True, False])
def test_zero_gradients_are_found(folded):
    scene, _ = line(folded=folded)
    numbers = odd_numbers(scene)
    expected = {n for n in range(len(scene)) if numbers.graded[n] and numbers.gradients[n] == 0}
    assert set(find(scene, numbers, "zero gradient").tolist()) == expected
    assert expected


@pytest.mark.parametrize("folded", [True, False])
@pytest.mark.parametrize("of", ["gradient", "value"])
@pytest.mark.parametrize("end", ["largest", "smallest"])
def test_the_largest_and_smallest_are_found_in_the_order_of_their_size(folded, of, end):
    scene, _ = line(folded=folded)
    numbers = odd_numbers(scene)
    shown, known = (
        (numbers.gradients, numbers.graded)
        if of == "gradient"
        else (numbers.values, numbers.valued)
    )
    sizes = [
        abs(float(shown[node]))
        for node in range(len(scene))
        if known[node] and not math.isnan(shown[node])
    ]
    expected = sorted(sizes, reverse=end == "largest")[:MOST_RANKED]
    found = find(scene, numbers, f"{end} {of}")
    assert np.abs(shown[found]).tolist() == expected
    assert known[found].all()
    assert len(set(found.tolist())) == len(found)


def test_the_largest_gradient_of_the_notebook_is_that_of_m():
    for folded in (True, False):
        scene, numbers = line(folded=folded)
        assert symbols(scene, find(scene, numbers, "largest gradient"))[:2] == ["m", "c"]


@pytest.mark.parametrize("query", SPECIAL)
def test_what_the_numbers_decide_is_looked_for_again_when_they_change(query):
    assert asks_for_numbers(query)
    assert asks_for_numbers(f"{query.upper()}  sample 3")


@pytest.mark.parametrize("query", ["m", "residual", "sample 7", "infinite", ""])
def test_names_do_not_change_with_the_numbers(query):
    assert not asks_for_numbers(query)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("foo bar", "no node is called “foo bar”"),
        ("nan", "no value and no gradient is nan"),
        ("inf", "no value and no gradient is inf"),
        ("not finite", "every value and every gradient is finite"),
        ("zero gradient", "no gradient is zero"),
        ("larg", "“largest gradient”"),
    ],
)
def test_it_says_in_a_sentence_why_nothing_was_found(query, words):
    scene, numbers = line(folded=False)
    assert len(find(scene, numbers, query)) == 0
    sentence = why_nothing(scene, query)
    assert sentence.startswith("Nothing found")
    assert sentence[-1] in ".?"
    assert words in sentence


def test_no_gradient_is_the_largest_before_there_is_one():
    scene, numbers = line(folded=False)
    none = np.zeros(len(scene), dtype=bool)
    early = Numbers(numbers.values, numbers.valued, numbers.gradients, none)
    assert len(find(scene, early, "largest gradient")) == 0
    assert "there is no gradient yet" in why_nothing(scene, "largest gradient")


def test_eight_hundred_thousand_nodes_are_searched_in_no_time():
    scene, numbers = line(folded=False, samples=100_000)
    assert len(scene) > 800_000
    for query in ("residual", "e", "sample 77777", "nowhere", *SPECIAL):
        best = math.inf
        for _ in range(5):
            start = time.process_time()
            find(scene, numbers, query)
            best = min(best, time.process_time() - start)
        assert best < 0.05, query

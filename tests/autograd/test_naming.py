"""What the places of a tape are called: by the model, by their own names, by what they compute."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from app.study.data import Samples
from app.study.experiment import Problem
from app.study.model import record_loss
from autograd import Scalar, Tensor, rules
from autograd.naming import LONGEST, Names
from autograd.tape import Tape
from tests.autograd.folded import DATA, error, plus_equals

XS = np.array([1.0, 2.0, 4.0])
SAMPLES = Samples(XS, 2 * XS, 2 * XS)


def places(tape):
    return range(len(tape.instructions))


def operations(tape):
    return [place for place in places(tape) if tape.instructions[place].rule is not None]


def find(tape, rule):
    """Return the places of an operation."""
    return [place for place in places(tape) if tape.instructions[place].rule is rule]


def texts(tape, names):
    """Return every text there is."""
    for place in places(tape):
        yield names.title(place)
        yield names.symbol(place)
        yield names.kind(place)
        yield names.formula(place)
        yield names.gradient(place)
        for index in range(len(tape.instructions[place].operands)):
            yield names.local(place, index)


# The line.


@pytest.fixture
def line():
    """Return the line's tape, and its names: with some that are given, and without."""
    tape = record_loss(Problem(), SAMPLES).tape
    (prediction,), (residual,) = find(tape, rules.ADD), find(tape, rules.SUBTRACT)
    return tape, Names(tape, {prediction: "ŷ", residual: "residual"}), Names(tape)


def listed(tape, text):
    return [text(place) for place in operations(tape)]


def test_a_node_of_the_line_has_a_short_title(line):
    tape, names, plain = line
    assert listed(tape, names.title) == ["m · x", "ŷ", "residual", "squared", "Σ", "mean"]
    assert listed(tape, plain.title) == ["m · x", "+ c", "difference", "squared", "Σ", "mean"]


def test_the_formulas_of_the_line_are_written_in_the_operands_symbols(line):
    tape, names, plain = line
    assert listed(tape, names.formula) == [
        "m · x", "m · x + c", "y − ŷ", "residual²", "Σ residual²", "sum / 3"
    ]  # fmt: skip
    assert listed(tape, plain.formula) == [
        "m · x", "m · x + c", "y − (m · x + c)", "(y − (m · x + c))²", "Σ power₁", "sum / 3"
    ]  # fmt: skip


def test_an_operation_is_called_by_its_formula_while_that_is_short(line):
    tape, names, plain = line
    assert listed(tape, names.symbol) == ["m · x", "ŷ", "residual", "residual²", "sum", "L"]
    assert listed(tape, plain.symbol) == [
        "m · x", "m · x + c", "y − (m · x + c)", "power₁", "sum", "L"
    ]  # fmt: skip


def test_the_local_derivatives_of_the_line_are_written_in_the_operands_symbols(line):
    tape, names, _ = line
    required = [edge for place in operations(tape) for edge in tape.edges(place)]
    assert {names.local(*edge) for edge in required} == {"1", "x", "−1", "2 · residual", "1 / 3"}
    (power,), (total,) = find(tape, rules.POWER), find(tape, rules.SUM)
    assert names.local(power, 0) == "2 · residual"
    assert names.local(total, 0) == "1"


def test_a_gradient_is_that_of_the_loss_with_respect_to_a_symbol(line):
    tape, names, _ = line
    assert [names.gradient(place) for place in tape.parameters] == ["∂L/∂m", "∂L/∂c"]
    assert listed(tape, names.gradient) == [
        "∂L/∂(m · x)", "∂L/∂ŷ", "∂L/∂residual", "∂L/∂(residual²)", "∂L/∂sum", "∂L/∂L"
    ]  # fmt: skip


def test_a_leaf_is_a_parameter_data_or_a_constant(line):
    tape, names, _ = line
    leaves = [place for place in places(tape) if place not in operations(tape)]
    assert {names.title(place): names.kind(place) for place in leaves} == {
        "m": "parameter", "c": "parameter", "x": "data", "y": "data",
        "2": "constant", "3": "constant",
    }  # fmt: skip
    assert {names.title(place) for place in places(tape) if names.is_constant(place)} == {"2", "3"}
    assert {names.formula(place) for place in leaves} == {""}
    assert [names.symbol(place) for place in leaves] == [names.title(place) for place in leaves]


def test_an_operation_is_of_its_rules_kind(line):
    tape, names, _ = line
    assert listed(tape, names.kind) == ["multiply", "add", "subtract", "power", "sum", "divide"]


def test_a_leaf_has_no_local_derivative(line):
    tape, names, _ = line
    with pytest.raises(ValueError, match="is a leaf"):
        names.local(tape.parameters[0], 0)


def test_the_names_that_the_model_gives_are_used():
    recorded = record_loss(Problem(), SAMPLES)
    names = Names(recorded.tape, recorded.names)
    (total,) = find(recorded.tape, rules.SUM)
    assert names.formula(total) == "Σ squared"
    assert names.formula(len(recorded.tape.instructions) - 1) == "sum / 3"
    assert {names.title(place) for place in recorded.names} == set(recorded.names.values())


def test_a_name_may_be_given_to_a_leaf_and_to_the_loss():
    m, x = Scalar(1.0, True, "m"), Scalar(2.0)
    tape = Tape.fold(m * x)
    names = Names(tape, {tape.place(m): "slope", tape.place(x): "my x", tape.place(m) + 1: "cost"})
    loss = len(tape.instructions) - 1
    assert names.symbol(tape.place(m)) == "slope"
    assert sorted(names.formula(loss).split(" · ")) == ["my x", "slope"]
    assert names.gradient(tape.place(x)) == "∂L/∂(my x)"
    assert names.gradient(loss) == "∂L/∂L"


# Titles and constants.


def named(expression, *letters):
    """Return the tape of an expression of named parameters, and its names."""
    tape = Tape.fold(expression(*(Scalar(0.5, True, letter) for letter in letters)))
    return tape, Names(tape)


@pytest.mark.parametrize(
    ("expression", "title", "formula"),
    [
        (lambda a, b: a * b, "a · b", "a · b"),
        (lambda a, b: a - b, "a − b", "a − b"),
        (lambda a, b: (a + b) / a, "÷ a", "(a + b) / a"),
        (lambda a, b: a / (a + b), "quotient", "a / (a + b)"),
        (lambda a, b: a * (a + b), "× a", "a · (a + b)"),
        (lambda a, b: (a + b) * (a - b), "product", "(a + b) · (a − b)"),
        (lambda a, b: a * b + a / b, "sum", "a · b + a / b"),
        (lambda a, b: (a * b) ** 3, "cubed", "(a · b)³"),
        (lambda a, b: (a * b) ** 0.5, "^ 0.5", "(a · b)^0.5"),
        (lambda a, b: a**-1.0 + 0 * b, "sum", "a⁻¹ + 0 · b"),
        (lambda a, b: (a * b) ** -1.0, "^ (−1)", "(a · b)⁻¹"),
        (lambda a, b: (a + b) ** b, "^ b", "(a + b)^b"),
        (lambda a, b: (a * b) - -3.0, "− (−3)", "a · b + 3"),
        (lambda a, b: (a + b) * -2.0, "× (−2)", "(a + b) · (−2)"),
        (Tensor.maximum, "max(a, b)", "max(a, b)"),
        (lambda a, b: Tensor.maximum(a * b, b), "max", "max(a · b, b)"),
        (lambda a, b: Tensor.tanh(a * b), "tanh", "tanh(a · b)"),
        (lambda a, b: Tensor.sigmoid(a * b), "σ", "σ(a · b)"),
        (lambda a, b: -(a + b), "negative", "−(a + b)"),
        (lambda a, b: Tensor.sqrt(a + b), "root", "√(a + b)"),
        (lambda a, b: abs(a + b), "absolute", "|a + b|"),
    ],
)
def test_an_operation_on_long_operands_is_titled_in_short(expression, title, formula):
    tape, names = named(expression, "a", "b")
    loss = len(tape.instructions) - 1
    assert (names.title(loss), names.formula(loss), names.symbol(loss)) == (title, formula, "L")


def test_long_names_do_not_make_long_titles():
    tape, names = named(lambda a, b: a * b, "first temperature", "second temperature")
    loss = len(tape.instructions) - 1
    assert names.title(loss) == "product"
    assert names.formula(loss) == "first temperature · second temperature"


def test_only_a_sum_over_the_samples_by_their_number_is_a_mean():
    m, c = Scalar(0.5, True, "m"), Scalar(0.25, True, "c")
    total = plus_equals([error(m, c, x, y) for x, y in DATA])
    titles = []
    for count in (len(DATA), len(DATA) + 1):
        tape = Tape.fold(total / count)
        titles.append(Names(tape).title(len(tape.instructions) - 1))
    assert titles == ["mean", "÷ 6"]


def test_a_loss_that_is_the_sum_itself_is_called_l():
    m, c = Scalar(0.5, True, "m"), Scalar(0.25, True, "c")
    tape = Tape.fold(plus_equals([error(m, c, x, y) for x, y in DATA]))
    names = Names(tape)
    assert names.symbol(len(tape.instructions) - 1) == "L"
    assert names.title(len(tape.instructions) - 1) == "Σ"


def test_a_constant_with_a_name_is_called_by_it():
    a, rate = Scalar(3.0, True, "a"), Scalar(2.0, name="λ")
    tape = Tape.fold(a**rate)
    names = Names(tape)
    loss = len(tape.instructions) - 1
    assert (names.title(loss), names.formula(loss)) == ("a^λ", "a^λ")
    assert names.local(loss, 0) == "0 where λ = 0, else λ · a^(λ − 1)"
    assert names.kind(tape.place(rate)) == "constant"


# Networks.


def network(samples=3):
    """Return the tape of a 1-3-1 network with tanh; nothing in it has a name."""
    units = [[Scalar(0.1 * unit + 0.2 * kind, True) for kind in range(3)] for unit in range(3)]
    loss = Scalar(0.0)
    for x in np.linspace(-1, 1, samples).tolist():
        inputs = Scalar(x)
        hidden = [v * Tensor.tanh(w * inputs + b) for w, b, v in units]
        loss += (Scalar(3 * x) - (hidden[0] + hidden[1] + hidden[2])) ** 2
    return Tape.fold(loss / samples)


def recorded_network():
    """Return a hand-written tape of a 1-2-1 network with weight decay, and its parameters."""
    weights = [Scalar(0.5, True, f"w{index}") for index in range(4)]
    x, y, total = Scalar(0.0, name="x"), Scalar(0.0, name="y"), Scalar(0.0)
    hidden = [Tensor.tanh(weight * x) for weight in weights[:2]]
    output = weights[2] * hidden[0] + weights[3] * hidden[1]
    loss = total / 3 + 0.01 * weights[0] ** 2
    return Tape.record(loss, weights, {x: XS, y: XS}, {total: (y - output) ** 2})


def test_a_hand_written_network_reads_like_its_code():
    tape = recorded_network()
    names = Names(tape)
    assert sorted(names.formula(place) for place in find(tape, rules.TANH)) == [
        "tanh(w0 · x)", "tanh(w1 · x)"
    ]  # fmt: skip
    assert {names.local(place, 0) for place in find(tape, rules.TANH)} == {
        "1 − tanh(w0 · x)²", "1 − tanh(w1 · x)²"
    }  # fmt: skip
    assert names.formula(len(tape.instructions) - 1) == "sum / 3 + 0.01 · w0²"
    assert {names.gradient(place) for place in find(tape, rules.TANH)} == {
        "∂L/∂tanh(w0 · x)", "∂L/∂tanh(w1 · x)"
    }  # fmt: skip
    (mean,) = find(tape, rules.DIVIDE)
    assert names.title(mean) == "mean"


def test_what_has_no_name_and_no_short_formula_is_numbered():
    tape = network()
    names = Names(tape)
    assert [names.symbol(place) for place in tape.parameters] == [f"p{n}" for n in "₁₂₃₄₅₆₇₈₉"]
    assert {names.symbol(place) for place in tape.columns} == {"data₁", "data₂"}
    (output,) = find(tape, rules.SUBTRACT)
    assert names.formula(output) == "data₁ − sum₂"
    assert {names.formula(place) for place in find(tape, rules.ADD)} >= {
        "p₁ · tanh₁ + p₄ · tanh₂", "sum₁ + p₇ · tanh₃"
    }  # fmt: skip
    assert {names.local(place, 0) for place in find(tape, rules.TANH)} == {
        "1 − tanh₁²", "1 − tanh₂²", "1 − tanh₃²"
    }  # fmt: skip
    assert {names.formula(place) for place in find(tape, rules.TANH)} == {
        "tanh(p₂ · data₂ + p₃)", "tanh(p₅ · data₂ + p₆)", "tanh(p₈ · data₂ + p₉)"
    }  # fmt: skip


def test_numbered_names_avoid_names_that_are_taken():
    tape, names = named(lambda a, b: Tensor.tanh(Tensor.tanh(a * b) + a) * b, "tanh₁", "second")
    assert [names.symbol(place) for place in find(tape, rules.TANH)] == ["tanh₂", "tanh₃"]


def test_several_sums_over_the_samples_are_numbered():
    m, c = Scalar(0.5, True, "m"), Scalar(0.25, True, "c")
    x, first, second = Scalar(0.0, name="x"), Scalar(0.0), Scalar(0.0)
    tape = Tape.record(first * second, [m, c], {x: XS}, {first: m * x, second: c * x})
    names = Names(tape)
    assert [names.symbol(place) for place in find(tape, rules.SUM)] == ["sum₂", "sum₁"]
    assert names.formula(len(tape.instructions) - 1) == "sum₁ · sum₂"


def deep_chain(depth):
    """Return the tape of a chain of layers, each tanh(w · h + b), without names."""
    h = Scalar(0.5)
    for _ in range(depth):
        h = Tensor.tanh(Scalar(0.7, True) * h + Scalar(-0.1, True))
    return Tape.fold(h)


def test_in_a_deep_network_all_texts_stay_short_and_symbols_tell_places_apart():
    tape = deep_chain(300)
    names = Names(tape)
    symbols = [names.symbol(place) for place in places(tape)]
    assert max(map(len, symbols)) <= LONGEST
    assert len(set(symbols)) == len(symbols)
    assert max(len(names.title(place)) for place in places(tape)) <= LONGEST
    assert max(map(len, texts(tape, names))) <= 60


def calls_to_name(depth):
    """Return how many functions are called to name everything in a chain of layers."""
    tape, calls = deep_chain(depth), 0

    def count(_frame, event, _argument):
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        names = Names(tape)
        for place in operations(tape):
            for _, index in tape.edges(place):
                names.local(place, index)
    finally:
        sys.setprofile(None)
    return calls


def test_a_tape_of_twice_the_length_takes_twice_the_work():
    assert calls_to_name(400) < 2.1 * calls_to_name(200)


@pytest.mark.parametrize(
    "tape", [record_loss(Problem(), SAMPLES).tape, network(), recorded_network(), deep_chain(20)],
    ids=["line", "network", "recorded network", "chain"],
)  # fmt: skip
def test_every_text_has_typographic_signs_and_is_the_same_every_time(tape):
    names, again = Names(tape), Names(tape)
    backwards = list(reversed(places(tape)))
    symbols = {place: again.symbol(place) for place in backwards}
    assert symbols == {place: names.symbol(place) for place in places(tape)}
    every = list(texts(tape, names))
    assert every == list(texts(tape, again))
    assert not [text for text in every if "-" in text or "*" in text]

"""The folded diagram: which places are drawn as one, and whether it says what the tape does."""

from __future__ import annotations

import math
import time
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Scalar, Tensor
from autograd.evaluation import Evaluation
from autograd.plates import Plate, fold_plates
from autograd.rules import ADD, MULTIPLY, SUM, TANH
from autograd.tape import Tape
from tests.autograd.programs import EXAMPLES, programs

SAMPLES = 5
XS = np.array([-1.5, 0.25, 2.0, 3.0, -0.5])
YS = np.array([1.0, -2.0, 0.5, 4.0, 3.0])


def record_line():
    m, c = Scalar(0.5, True, "m"), Scalar(0.25, True, "c")
    x, y, total = Scalar(0, name="x"), Scalar(0, name="y"), Scalar(0)
    return Tape.record(total / SAMPLES, [m, c], {x: XS, y: YS}, {total: (y - (m * x + c)) ** 2})


def add_up(terms):
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


class Network:
    """A tanh network, every weight of which is a leaf.

    Attributes:
        weights: by name: its leaf.
    """

    def __init__(self, *widths):
        self.widths = widths
        self.weights = {}

    def weight(self, name):
        return self.weights.setdefault(name, Scalar(0.1 * len(self.weights) - 1, True, name))

    def layer(self, number, inputs, unit):
        terms = [
            self.weight(f"w{number}.{unit}.{index}") * each for index, each in enumerate(inputs)
        ]
        return add_up([*terms, self.weight(f"b{number}.{unit}")])

    def __call__(self, *inputs):
        hidden = list(inputs)
        for number, width in enumerate(self.widths[1:], start=1):
            hidden = [self.layer(number, hidden, unit) for unit in range(width)]
            if number < len(self.widths) - 1:
                hidden = [Tensor.tanh(each) for each in hidden]
        return hidden[0]


def record(network, decay=False):
    inputs = [Scalar(0, name=f"x{index}") for index in range(network.widths[0])]
    y, total = Scalar(0, name="y"), Scalar(0)
    term = (y - network(*inputs)) ** 2
    loss = total / SAMPLES
    if decay:
        squares = [leaf**2 for name, leaf in network.weights.items() if name[0] == "w"]
        loss = loss + 0.01 * add_up(squares)
    columns = {leaf: XS + index for index, leaf in enumerate(inputs)} | {y: YS}
    return Tape.record(loss, list(network.weights.values()), columns, {total: term})


# Whether a diagram says what the tape does: for every diagram.


def unit_counts(diagram, node):
    plates = (diagram.plates[index] for index in node.plates)
    return [plate.count for plate in plates if plate.kind == "units"]


def pairs_of_edges(tape, diagram):
    """Return by nodes, which places of the source are operands of which of the target."""
    found = {}
    top = {}  # by addition of a chain, its last one
    for place in reversed(range(len(tape.instructions))):
        target = diagram.node_of(place)
        top.setdefault(place, place)
        for operand in tape.instructions[place].operands:
            source = diagram.node_of(operand)
            if source == target:
                top[operand] = top[place]
            else:
                found.setdefault((source, target), []).append((operand, top[place]))
    return found


def assert_true_to(tape, diagram):
    places = range(len(tape.instructions))
    owned = {index: set() for index in range(len(diagram.nodes))}
    for place in places:
        owned[diagram.node_of(place)].add(place)
    for index, node in enumerate(diagram.nodes):
        assert node.place == node.places[0]
        assert len(node.places) == len(set(node.places)) == math.prod(unit_counts(diagram, node))
        assert set(node.places) | set(node.absorbed) <= owned[index]
        assert len(owned[index]) == len(node.places) * (1 + len(node.absorbed))
        rules = {tape.instructions[place].rule for place in owned[index]}
        assert rules == {node.operation}
        kinds = {tape.instructions[place].per_sample for place in owned[index]}
        in_samples = [diagram.plates[plate].kind for plate in node.plates].count("samples")
        assert len(kinds) == 1
        assert in_samples == kinds.pop() or node.leaf == "constant"
        around = [None, *node.plates]
        assert [diagram.plates[plate].parent for plate in node.plates] == around[:-1]
        assert (node.operation is None) == (node.leaf is not None)
    assert diagram.nodes[-1].place == places[-1]
    assert all(edge.source < edge.target for edge in diagram.edges)
    assert_edges(tape, diagram)
    assert_plates_are_used(diagram)


def assert_edges(tape, diagram):
    """Every edge stands for edges of the tape, and every one of these for an edge."""
    pairs = pairs_of_edges(tape, diagram)
    assert {(edge.source, edge.target) for edge in diagram.edges} == set(pairs)
    for edge in diagram.edges:
        assert diagram.node_of(edge.place) == edge.target
        operand = tape.instructions[edge.place].operands[edge.index]
        assert operand == diagram.nodes[edge.source].place
        assert_same_for_all_copies(diagram, edge, pairs[edge.source, edge.target])


def assert_same_for_all_copies(diagram, edge, pairs):
    """Every copy is linked with every one, but where the copies' indices always agree.

    Those of units' plates that both ends are in must agree.
    """
    source, target = diagram.nodes[edge.source], diagram.nodes[edge.target]
    sizes = [unit_counts(diagram, node) for node in (source, target)]
    units = [
        [index for index in node.plates if diagram.plates[index].kind == "units"]
        for node in (source, target)
    ]
    indices = {
        (np.unravel_index(source.places.index(one), sizes[0] or [1]))
        + (np.unravel_index(target.places.index(other), sizes[1] or [1]))
        for one, other in pairs
    }
    depth = len(sizes[0] or [1])
    both = [*(sizes[0] or [1]), *(sizes[1] or [1])]
    agreeing = [
        (one, other)
        for one in range(depth)
        for other in range(depth, len(both))
        if both[one] == both[other] > 1 and all(index[one] == index[other] for index in indices)
    ]
    for one, other in product(range(len(units[0])), range(len(units[1]))):
        assert units[0][one] != units[1][other] or (one, depth + other) in agreeing
    everything = product(*map(range, both))
    assert indices == {
        index for index in everything if all(index[one] == index[other] for one, other in agreeing)
    }


def assert_plates_are_used(diagram):
    used = {plate for node in diagram.nodes for plate in node.plates}
    assert used == set(range(len(diagram.plates)))
    for index, plate in enumerate(diagram.plates):
        assert plate.parent is None or plate.parent < index
        assert plate.count > 1 or plate.kind == "samples"


def node_named(tape, diagram, name):
    for place, instruction in enumerate(tape.instructions):
        if instruction.nodes and instruction.node.name == name:
            return diagram.nodes[diagram.node_of(place)]
    raise LookupError(name)


def counts(diagram, node):
    return [diagram.plates[index].count for index in node.plates]


# The straight line.


def test_a_line_has_one_plate_and_a_node_for_each_place():
    tape = record_line()
    diagram = fold_plates(tape)
    assert_true_to(tape, diagram)
    assert diagram.plates == (Plate("samples", SAMPLES, None),)
    assert [node.places for node in diagram.nodes] == [(place,) for place in range(12)]
    assert not any(node.absorbed for node in diagram.nodes)


def test_a_samples_expression_is_on_the_plate_and_what_all_share_is_not():
    tape = record_line()
    diagram = fold_plates(tape)
    for name in ("x", "y"):
        assert node_named(tape, diagram, name).plates == (0,)
    for name in ("m", "c"):
        assert node_named(tape, diagram, name).plates == ()
    (total,) = [node for node in diagram.nodes if node.operation is SUM]
    assert total.plates == diagram.nodes[-1].plates == ()


def test_a_constant_that_only_samples_use_is_on_their_plate():
    diagram = fold_plates(record_line())
    constants = [node.plates for node in diagram.nodes if node.leaf == "constant"]
    assert sorted(constants) == [(), (0,)]  # the number of samples, and the exponent


def test_constants_are_left_out_if_so_asked():
    tape = record_line()
    diagram = fold_plates(tape, constants=False)
    assert [node.leaf for node in diagram.nodes if node.leaf].count("constant") == 0
    assert len(diagram.nodes) == 10
    left_out = [place for place in range(12) if diagram.node_of(place) is None]
    assert [tape.instructions[place].node.data for place in left_out] == [SAMPLES, 2.0]
    assert len(diagram.edges) == 9


# Networks.


def test_the_units_of_a_layer_are_one_plate():
    tape = record(Network(1, 4, 1))
    diagram = fold_plates(tape)
    assert_true_to(tape, diagram)
    assert sorted(map(str, diagram.plates)) == sorted(
        map(str, [Plate("samples", 5, None), Plate("units", 4, None), Plate("units", 4, 0)])
    )
    (tanh,) = [node for node in diagram.nodes if node.operation is TANH]
    assert counts(diagram, tanh) == [SAMPLES, 4]
    assert len(diagram.nodes) == 17


def test_the_weights_between_two_layers_are_a_plate_inside_a_plate():
    tape = record(Network(1, 8, 8, 1))
    diagram = fold_plates(tape)
    assert_true_to(tape, diagram)
    weight = node_named(tape, diagram, "w2.0.0")
    assert counts(diagram, weight) == [8, 8]
    (times,) = [
        diagram.nodes[edge.target] for edge in diagram.edges if diagram.nodes[edge.source] is weight
    ]
    assert times.operation is MULTIPLY
    assert counts(diagram, times) == [SAMPLES, 8, 8]
    assert len(tape.instructions) > 250
    assert len(diagram.nodes) == 22
    assert len(fold_plates(tape, constants=False).nodes) == 20
    assert len(diagram.plates) == 7


def test_copies_are_in_the_order_in_which_one_reads_units_and_inputs():
    network = Network(1, 3, 2, 1)
    tape = record(network)
    diagram = fold_plates(tape)
    weight = node_named(tape, diagram, "w2.0.0")
    names = [tape.instructions[place].node.name for place in weight.places]
    assert names == [f"w2.{unit}.{index}" for unit, index in product(range(2), range(3))]


@pytest.mark.parametrize("shuffled", [False, True])
def test_a_plate_inside_goes_through_its_inputs_in_the_order_of_their_own_plate(shuffled):
    rng = np.random.default_rng(3)

    class Shuffled(Network):
        def layer(self, number, inputs, unit):
            order = rng.permutation(len(inputs)) if shuffled else range(len(inputs))
            terms = [self.weight(f"w{number}.{unit}.{index}") * inputs[index] for index in order]
            return add_up([*terms, self.weight(f"b{number}.{unit}")])

    tape = record(Shuffled(1, 3, 4, 1))
    diagram = fold_plates(tape)
    assert_true_to(tape, diagram)
    weight = next(node for node in diagram.nodes if counts(diagram, node) == [4, 3])
    first_layer = node_named(tape, diagram, "w1.0.0")
    units = [tape.instructions[place].node.name.split(".")[1] for place in first_layer.places]
    for copy in np.reshape(weight.places, (4, 3)):
        assert [tape.instructions[place].node.name.split(".")[2] for place in copy] == units


def test_data_columns_are_never_folded():
    tape = record(Network(3, 4, 1))
    diagram = fold_plates(tape)
    assert_true_to(tape, diagram)
    columns = [node for node in diagram.nodes if node.leaf == "column"]
    assert len(columns) == 4
    assert all(len(node.places) == 1 for node in columns)


def test_weight_decay_is_in_plates_outside_the_samples():
    tape = record(Network(1, 4, 4, 1), decay=True)
    diagram = fold_plates(tape)
    assert_true_to(tape, diagram)
    weight = node_named(tape, diagram, "w2.0.0")
    squares = [
        diagram.nodes[edge.target] for edge in diagram.edges if diagram.nodes[edge.source] is weight
    ]
    assert sorted(counts(diagram, node) for node in squares) == [[4, 4], [SAMPLES, 4, 4]]
    assert weight.plates in {node.plates for node in squares}


def test_a_folded_graph_has_the_same_diagram_as_a_recorded_tape():
    network = Network(1, 4, 1)
    losses = [(y - network(Scalar(x))) ** 2 for x, y in zip(XS, YS, strict=True)]
    folded = Tape.fold(add_up(losses) / SAMPLES, list(network.weights.values()))
    diagrams = [fold_plates(folded), fold_plates(record(Network(1, 4, 1)))]
    shapes = [[(n.operation, counts(d, n)) for n in d.nodes] for d in diagrams]
    assert sorted(map(str, shapes[0])) == sorted(map(str, shapes[1]))


def test_without_samples_units_fold_all_the_same():
    weights = [Scalar(0.1 * index, True, f"w{index}") for index in range(6)]
    tape = Tape.fold(Tensor.sqrt(add_up([weight**2 for weight in weights])), weights)
    diagram = fold_plates(tape)
    assert_true_to(tape, diagram)
    assert diagram.plates == (Plate("units", 6, None),)
    assert len(diagram.nodes) == 5


def test_a_loss_that_is_a_leaf_is_one_node():
    leaf = Scalar(3, True, "m")
    diagram = fold_plates(Tape.fold(leaf, [leaf]))
    assert (len(diagram.nodes), diagram.edges, diagram.plates) == (1, (), ())


# What does not come out even.


def ring(width, reach):
    """Each unit of a second layer takes in only some of the first: a convolution on a ring."""
    network = Network(1, width, 1)
    x, y, total = Scalar(0, name="x"), Scalar(0, name="y"), Scalar(0)
    first = [Tensor.tanh(network.layer(1, [x], unit)) for unit in range(width)]
    second = [
        Tensor.tanh(
            add_up(
                [
                    network.weight(f"k{unit}.{step}") * first[(unit + step) % width]
                    for step in range(reach)
                ]
            )
        )
        for unit in range(width)
    ]
    term = (y - add_up(second)) ** 2
    return Tape.record(total, list(network.weights.values()), {x: XS, y: YS}, {total: term})


@pytest.mark.parametrize("reach", [2, 3])
def test_units_that_take_in_only_some_inputs_are_left_unfolded(reach):
    tape = ring(4, reach)
    diagram = fold_plates(tape)
    assert_true_to(tape, diagram)
    tanhs = [node for node in diagram.nodes if node.operation is TANH]
    assert len(tanhs) == 8


def test_units_of_different_shape_are_not_folded_together():
    a, b, c, d = (Scalar(0.5, True, name) for name in "abcd")
    loss = Tensor.tanh(a) + Tensor.tanh(b) + Tensor.tanh(c) + Tensor.sin(d)
    tape = Tape.fold(loss, [a, b, c, d])
    diagram = fold_plates(tape)
    assert_true_to(tape, diagram)
    assert diagram.plates == (Plate("units", 3, None),)
    assert len(node_named(tape, diagram, "d").places) == 1


def test_additions_of_terms_that_are_not_alike_stay_additions():
    a, b, c, x, total = (Scalar(0.5, name=name) for name in "abcxt")
    term = a + b * x + c * x * x
    tape = Tape.record(total, [a, b, c], {x: XS}, {total: term})
    diagram = fold_plates(tape)
    assert len(diagram.nodes) == len(tape.instructions)


# Chains of additions.


def test_an_edge_into_a_sum_is_the_addition_that_takes_the_term_in():
    tape = record(Network(1, 4, 1))
    diagram = fold_plates(tape)
    (total,) = [index for index, node in enumerate(diagram.nodes) if node.absorbed]
    assert diagram.nodes[total].operation is ADD
    assert len(diagram.nodes[total].absorbed) == 3
    evaluation = Evaluation(tape, np.linspace(-1, 1, len(tape.parameters)))
    for edge in diagram.edges:
        if edge.target == total:
            flow = evaluation.flow(edge.place, edge.index)
            assert flow.local == 1.0
            upstream = evaluation.gradients[diagram.nodes[total].place]
            np.testing.assert_array_equal(flow.contribution, upstream)


# One copy of the units.


def test_a_units_own_places_are_found_by_its_indices():
    tape = record(Network(1, 3, 2, 1))
    diagram = fold_plates(tape)

    def names(unit):
        nodes = [tape.instructions[place].node for place in diagram.places_of(unit)]
        return {node.name for node in nodes if node.name and node.name[0] in "wb"}

    assert names(()) == {"w1.0.0", "b1.0", "w2.0.0", "b2.0", "w3.0.0", "b3.0"}
    assert names((1,)) == {"w1.1.0", "b1.1", "w2.1.0", "b2.1", "w3.0.1", "b3.0"}
    assert names((1, 2)) == {"w1.1.0", "b1.1", "w2.1.2", "b2.1", "w3.0.1", "b3.0"}
    assert names((2,)) == {"w1.2.0", "b1.2", "w2.1.0", "b2.1", "w3.0.1", "b3.0"}  # 2 has no third


@pytest.mark.parametrize("unit", [(), (1,), (2, 3), (3, 1)])
def test_a_units_flows_are_edges_into_its_own_places(unit):
    tape = record(Network(1, 4, 4, 1))
    diagram = fold_plates(tape)
    places = diagram.places_of(unit)
    pairs = pairs_of_edges(tape, diagram)
    for edge, (place, index) in zip(diagram.edges, diagram.flows_of(unit), strict=True):
        assert diagram.node_of(place) == edge.target
        operand = tape.instructions[place].operands[index]
        edges = pairs[edge.source, edge.target]
        assert (operand, places[edge.target]) in edges
        assert (
            operand == places[edge.source]
            or (places[edge.source], places[edge.target]) not in edges
        )


def test_the_first_units_flows_are_the_edges_own():
    diagram = fold_plates(record(Network(1, 4, 4, 1)))
    assert diagram.flows_of() == tuple((edge.place, edge.index) for edge in diagram.edges)


# Unfolding.


def test_without_units_only_the_samples_are_folded():
    tape = record(Network(1, 4, 1))
    diagram = fold_plates(tape, units=False)
    assert_true_to(tape, diagram)
    assert [plate.kind for plate in diagram.plates] == ["samples"]
    assert all(len(node.places) == 1 for node in diagram.nodes)


def test_one_unit_can_be_taken_out_of_its_plate():
    tape = record(Network(1, 4, 1))
    folded = fold_plates(tape)
    (tanh,) = [node for node in folded.nodes if node.operation is TANH]
    diagram = fold_plates(tape, unfold=[tanh.places[2]])
    assert_true_to(tape, diagram)
    sizes = [len(node.places) for node in diagram.nodes if node.operation is TANH]
    assert sorted(sizes) == [1, 3]
    (alone,) = [n for n in diagram.nodes if n.operation is TANH and len(n.places) == 1]
    assert alone.place == tanh.places[2]


# Any expression.


@EXAMPLES
@given(programs())
def test_any_expressions_diagram_is_true_to_its_tape(program):
    loss, _ = program.build()
    tape = Tape.fold(loss)
    assert_true_to(tape, fold_plates(tape))


@st.composite
def layered_tapes(draw):
    """Layers with links missing here and there, shared weights, and units used again."""
    x, total = Scalar(0, name="x"), Scalar(0)
    shared = Scalar(0.1, True)
    weights = [shared]
    layer = [x]
    for _ in range(draw(st.integers(1, 3))):
        complete, own = draw(st.booleans()), draw(st.booleans())
        units = []
        for _ in range(draw(st.integers(1, 4))):
            chosen = [each for each in layer if complete or draw(st.booleans())] or layer
            used = [Scalar(0.1, True) if own else shared for _ in chosen]
            weights += used
            terms = [weight * each for weight, each in zip(used, chosen, strict=True)]
            units.append(Tensor.tanh(add_up(draw(st.permutations(terms)))))
        layer = units
    term = add_up(layer)
    nodes = set(term.nodes())
    parameters = [weight for weight in dict.fromkeys(weights) if weight in nodes]
    loss = total
    if draw(st.booleans()):
        loss = loss + add_up([weight**2 for weight in parameters])
    return Tape.record(loss, parameters, {x: XS}, {total: term})


@EXAMPLES
@given(layered_tapes())
def test_any_layers_diagram_is_true_to_its_tape(tape):
    assert_true_to(tape, fold_plates(tape))


# Work.


@pytest.mark.parametrize(
    "make",
    [
        lambda: record(Network(1, 30, 30, 1)),
        lambda: record(Network(1, 16, 16, 16, 1)),
        lambda: ring(300, 2),
        lambda: Tape.fold(recurrence(1500)),
    ],
)
def test_three_thousand_instructions_are_folded_at_once(make):
    tape = make()
    assert len(tape.instructions) > 1500
    start = time.process_time()
    fold_plates(tape)
    assert time.process_time() - start < 2.0  # about 0.2 s; a busy machine takes longer


def recurrence(steps):
    state, weight = Scalar(0.1), Scalar(0.5, True, "w")
    for _ in range(steps):
        state = Tensor.tanh(weight * state)
    return state

"""Where a folded diagram's nodes, plates and edges are."""

from __future__ import annotations

import time
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.views.graph.layered import HEADER, lay_out_diagram
from autograd import Scalar, Tensor
from autograd.plates import fold_plates
from autograd.rules import SUM
from autograd.tape import Tape
from tests.autograd.programs import EXAMPLES, programs
from tests.autograd.test_plates import Network, add_up, layered_tapes, record, record_line

WIDTH, HEIGHT, GAP_X, GAP_Y = 104.0, 74.0, 30.0, 16.0

DIAGRAMS = {
    "line": lambda: fold_plates(record_line(), constants=False),
    "line with constants": lambda: fold_plates(record_line()),
    "1-4-1": lambda: fold_plates(record(Network(1, 4, 1)), constants=False),
    "1-4-1 with constants": lambda: fold_plates(record(Network(1, 4, 1))),
    "1-8-8-1": lambda: fold_plates(record(Network(1, 8, 8, 1)), constants=False),
    "1-8-8-1 with constants": lambda: fold_plates(record(Network(1, 8, 8, 1))),
    "1-4-4-4-1": lambda: fold_plates(record(Network(1, 4, 4, 4, 1)), constants=False),
    "3-4-1": lambda: fold_plates(record(Network(3, 4, 1)), constants=False),
    "2-4-4-1 with decay": lambda: fold_plates(record(Network(2, 4, 4, 1), decay=True)),
    "1-4-1 unfolded": lambda: fold_plates(record(Network(1, 4, 1)), units=False),
    "squares": lambda: fold_plates(squares()),
    "a leaf": lambda: fold_plates(Tape.fold(Scalar(3, True))),
}


def squares():
    weights = [Scalar(0.1 * index, True, f"w{index}") for index in range(6)]
    return Tape.fold(Tensor.sqrt(add_up([weight**2 for weight in weights])), weights)


@pytest.fixture(params=sorted(DIAGRAMS), name="diagram")
def diagram_of_each_kind(request):
    return DIAGRAMS[request.param]()


def lay_out(diagram):
    return lay_out_diagram(diagram, WIDTH, HEIGHT, GAP_X, GAP_Y)


def boxes(layout):
    """Return left, top, right and bottom of every node."""
    return [
        (x - WIDTH / 2, y - HEIGHT / 2, x + WIDTH / 2, y + HEIGHT / 2)
        for x, y in zip(layout.x, layout.y, strict=True)
    ]


def plate_boxes(layout):
    return [(left, top, left + width, top + height) for left, top, width, height in layout.plates]


def overlap(one, other, slack=1e-6):
    return (
        one[0] < other[2] - slack
        and other[0] < one[2] - slack
        and one[1] < other[3] - slack
        and other[1] < one[3] - slack
    )


def contains(outer, inner):
    return (
        outer[0] < inner[0] and outer[1] < inner[1] and inner[2] < outer[2] and inner[3] < outer[3]
    )


def crosses(box, start, end, slack=1e-6):
    """Whether a straight line from a point to another enters a box."""
    enters, leaves = 0.0, 1.0
    for axis in (0, 1):
        low, high = box[axis] + slack, box[axis + 2] - slack
        way = end[axis] - start[axis]
        if way == 0:
            if not low < start[axis] < high:
                return False
            continue
        first, last = sorted([(low - start[axis]) / way, (high - start[axis]) / way])
        enters, leaves = max(enters, first), min(leaves, last)
    return bool(enters < leaves)


def columns(layout):
    return sorted(set(np.round(layout.x, 6)))


def rows_of_fullest_column(layout):
    return max(int(np.isclose(layout.x, x).sum()) for x in columns(layout))


# For every diagram.


def test_no_two_nodes_overlap(diagram):
    for one, other in combinations(boxes(lay_out(diagram)), 2):
        assert not overlap(one, other)


def test_nodes_below_each_other_have_the_gap_between_them(diagram):
    layout = lay_out(diagram)
    for x in columns(layout):
        heights = np.sort(layout.y[np.isclose(layout.x, x)])
        assert np.all(np.diff(heights) >= HEIGHT + GAP_Y - 1e-6)
    assert np.all(np.diff(columns(layout)) >= WIDTH + GAP_X - 1e-6)


def test_a_plate_contains_its_nodes_and_touches_no_others(diagram):
    layout = lay_out(diagram)
    for index, plate in enumerate(plate_boxes(layout)):
        for node, box in zip(diagram.nodes, boxes(layout), strict=True):
            if index in node.plates:
                assert contains(plate, box)
                assert box[1] - plate[1] >= HEADER
            else:
                assert not overlap(plate, box)


def test_plates_are_inside_each_other_or_apart(diagram):
    layout = lay_out(diagram)
    around = plate_boxes(layout)
    for one, other in combinations(range(len(around)), 2):
        ancestors = {one: set(), other: set()}
        for plate, found in ancestors.items():
            parent = diagram.plates[plate].parent
            while parent is not None:
                found.add(parent)
                parent = diagram.plates[parent].parent
        if one in ancestors[other]:
            assert contains(around[one], around[other])
            assert around[other][1] - around[one][1] >= HEADER
        elif other in ancestors[one]:
            assert contains(around[other], around[one])
        else:
            assert not overlap(around[one], around[other])


def test_operands_are_left_of_what_uses_them_but_for_leaves_right_above_or_below(diagram):
    layout = lay_out(diagram)
    for edge, route in zip(diagram.edges, layout.routes, strict=True):
        source, target = layout.x[edge.source], layout.x[edge.target]
        if source == target:
            assert diagram.nodes[edge.source].leaf in ("column", "constant")
            assert np.all(route[:, 0] == source)
        else:
            assert source < target


def test_a_route_goes_from_side_to_side(diagram):
    layout = lay_out(diagram)
    for edge, route in zip(diagram.edges, layout.routes, strict=True):
        _, top, right, bottom = boxes(layout)[edge.source]
        first, last = route[0], route[-1]
        target = boxes(layout)[edge.target]
        if layout.x[edge.source] == layout.x[edge.target]:
            assert (first[1], last[1]) in ((bottom, target[1]), (top, target[3]))
            continue
        assert first[0] == pytest.approx(right)
        assert last[0] == pytest.approx(target[0])
        assert top < first[1] < bottom
        assert target[1] < last[1] < target[3]
        assert np.all(np.diff(route[:, 0]) >= 0)


def test_no_route_runs_through_a_node(diagram):
    layout = lay_out(diagram)
    for route in layout.routes:
        for start, end in pairwise(route):
            assert not any(crosses(box, start, end) for box in boxes(layout))


def test_operands_enter_a_node_in_their_order(diagram):
    layout = lay_out(diagram)
    ports = {}
    for edge, route in zip(diagram.edges, layout.routes, strict=True):
        if layout.x[edge.source] != layout.x[edge.target]:
            ports.setdefault(edge.target, []).append(route[-1, 1])
    for heights in ports.values():
        assert np.all(np.diff(heights) > 0)


def test_the_bounds_hold_everything(diagram):
    layout = lay_out(diagram)
    left, top, width, height = layout.bounds
    points = np.concatenate([np.reshape(boxes(layout), (-1, 2)), *layout.routes])
    points = np.concatenate([points, np.reshape(plate_boxes(layout), (-1, 2))])
    assert points.min(axis=0) == pytest.approx([left, top])
    assert points.max(axis=0) == pytest.approx([left + width, top + height])


def test_the_same_diagram_is_laid_out_the_same_way(diagram):
    one, other = lay_out(diagram), lay_out(diagram)
    assert np.array_equal(one.x, other.x)
    assert np.array_equal(one.y, other.y)
    assert np.array_equal(one.plates, other.plates)
    assert all(np.array_equal(a, b) for a, b in zip(one.routes, other.routes, strict=True))


def test_parameters_are_left_of_the_samples_and_sums_right(diagram):
    layout = lay_out(diagram)
    samples = [i for i, plate in enumerate(diagram.plates) if plate.kind == "samples"]
    for plate in samples:
        left, _, right, _ = plate_boxes(layout)[plate]
        for node, box in zip(diagram.nodes, boxes(layout), strict=True):
            if node.leaf == "parameter":
                assert box[2] < left
            if node.operation is SUM:
                assert box[0] > right
    assert np.argmax(layout.x) == len(diagram.nodes) - 1


# The straight line, as it should look.


def line_by_name():
    tape = record_line()
    diagram = fold_plates(tape, constants=False)
    layout = lay_out(diagram)
    at = {}
    for node, x, y in zip(diagram.nodes, layout.x, layout.y, strict=True):
        instruction = tape.instructions[node.place]
        name = instruction.rule.symbol if instruction.rule else instruction.node.name
        at[name] = columns(layout).index(round(x, 6)), float(y)
    return at, layout


def test_a_lines_main_path_is_one_horizontal_row():
    at, _ = line_by_name()
    path = ["m", "×", "+", "−", "^", "Σ", "÷"]
    assert [at[name][0] for name in path] == [0, 1, 2, 3, 4, 5, 6]
    assert len({at[name][1] for name in path}) == 1


def test_a_lines_data_stand_beside_the_main_path():
    at, layout = line_by_name()
    assert at["x"][0] == at["×"][0]
    assert at["y"][0] == at["−"][0] - 1
    assert at["c"][0] == 0
    assert len({y for _, y in at.values()}) == 3
    assert len(columns(layout)) == 7


@pytest.mark.parametrize("widths", [(1, 4, 1), (1, 8, 8, 1), (3, 4, 1), (1, 4, 4, 4, 1)])
def test_a_networks_main_path_is_one_horizontal_row(widths):
    diagram = fold_plates(record(Network(*widths)), constants=False)
    layout = lay_out(diagram)
    length, before = {}, {}
    for node, each in enumerate(diagram.nodes):
        length[node] = 0 if each.leaf == "parameter" else -np.inf
        for edge in diagram.edges:
            if edge.target == node and length[edge.source] + 1 > length[node]:
                length[node], before[node] = length[edge.source] + 1, edge.source
    path = [len(diagram.nodes) - 1]
    while path[-1] in before:
        path.append(before[path[-1]])
    assert len(path) > 6
    assert len(set(np.round(layout.y[path], 6))) == 1


# Size.


def test_a_network_is_compact():
    diagram = fold_plates(record(Network(1, 8, 8, 1)), constants=False)
    layout = lay_out(diagram)
    assert len(diagram.nodes) == 20
    assert len(columns(layout)) <= 14
    assert rows_of_fullest_column(layout) <= 5
    assert layout.bounds[3] < 7 * (HEIGHT + GAP_Y)


@pytest.mark.parametrize("widths", [(1, 8, 8, 1), (1, 16, 16, 1)])
def test_a_thousand_nodes_are_laid_out_at_once(widths):
    diagram = fold_plates(record(Network(*widths)), units=False)
    start = time.process_time()
    layout = lay_out(diagram)
    assert time.process_time() - start < 4.0  # under 1 s; a busy machine takes longer
    assert len(layout.x) == len(diagram.nodes) > 200


# Any expression.


def assert_nothing_in_the_way(diagram):
    layout = lay_out(diagram)
    around = boxes(layout)
    assert not any(overlap(one, other) for one, other in combinations(around, 2))
    for route in layout.routes:
        for start, end in pairwise(route):
            assert not any(crosses(box, start, end) for box in around)
    for index, plate in enumerate(plate_boxes(layout)):
        for node, box in zip(diagram.nodes, around, strict=True):
            assert contains(plate, box) if index in node.plates else not overlap(plate, box)


@EXAMPLES
@given(programs())
def test_any_expression_has_nothing_in_the_way(program):
    loss, _ = program.build()
    assert_nothing_in_the_way(fold_plates(Tape.fold(loss)))


@EXAMPLES
@given(layered_tapes())
def test_any_layers_have_nothing_in_the_way(tape):
    assert_nothing_in_the_way(fold_plates(tape))
    assert_nothing_in_the_way(fold_plates(tape, constants=False))


@EXAMPLES
@given(program=programs(), used=st.lists(st.booleans(), min_size=3, max_size=3))
def test_any_expression_of_samples_has_nothing_in_the_way(program, used):
    leaves = [Scalar(number, True) for number in program.at]
    total = Scalar(0)
    term = program.over_tensors(*leaves)
    columns = {
        leaf: np.arange(4.0)
        for leaf, is_column in zip(leaves, used, strict=False)
        if is_column and leaf in set(term.nodes())
    }
    parameters = [leaf for leaf in leaves if leaf in set(term.nodes()) and leaf not in columns]
    if columns:
        tape = Tape.record(total / 4, parameters, columns, {total: term})
        assert_nothing_in_the_way(fold_plates(tape))
        assert_nothing_in_the_way(fold_plates(tape, constants=False))

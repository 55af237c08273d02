"""The unfolded graph has the define-by-run engine's nodes, edges and contributions."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from app.training.selection import SelectedEdge, SelectedNode
from app.views.graph.folded import FoldedScene
from app.views.graph.scene import Scene
from app.views.graph.unfolded import UnfoldedScene
from autograd.naming import Names
from autograd.rules import SUM
from autograd.tape import Tape
from tests.autograd.traced import AT, LOSSES, XS, every_loss, record
from tests.autograd.unrolled import Graph
from tests.training.moments import moments_of_tape, whole

constants_or_not = pytest.mark.parametrize("constants", [True, False])


def probe_of(tape: Tape) -> Any:
    return SimpleNamespace(tape=tape, names=Names(tape), chosen=None)


def unfolded(name: str, *, constants: bool = True) -> UnfoldedScene:
    return UnfoldedScene(probe_of(record(LOSSES[name])), constants=constants)


def own_sample(scene: Scene, number: int) -> int:
    sample = scene.sample(number)
    return 0 if sample is None else sample


class Engine:
    """The define-by-run graph of a tape, by place and sample."""

    def __init__(self, tape: Tape) -> None:
        self.graph = Graph.unrolled(tape, AT)
        self.graph.loss.backward()

    def node(self, place: int, sample: int | None) -> Any:
        """The engine's node; constants that a sample's expression uses it has for all at once."""
        keys = self.graph.by_key
        return keys[place, sample] if (place, sample) in keys else keys[place, None]

    def of(self, scene: Scene, number: int) -> Any:
        return self.node(int(scene.places[number]), scene.sample(number))


# -- numbering --------------------------------------------------------------------------------


@every_loss
@constants_or_not
def test_a_nodes_number_says_its_place_and_sample_and_these_its_number(name, constants):
    scene = unfolded(name, constants=constants)
    seen = set()
    for number in range(len(scene)):
        place, sample = int(scene.places[number]), scene.sample(number)
        assert scene.find_node(place, own_sample(scene, number)) == number
        seen.add((place, sample))
    assert len(seen) == len(scene)
    for place in set(range(len(scene.probe.tape.instructions))) - set(scene.places.tolist()):
        assert scene.find_node(place, 0) is None
        assert not constants or scene.probe.tape.instructions[place].rule is None


@every_loss
def test_every_node_of_the_engine_is_drawn_once_for_each_sample_that_has_it(name):
    scene = unfolded(name)
    tape = scene.probe.tape
    for place, instruction in enumerate(tape.instructions):
        count = int(np.sum(scene.places == place))
        if instruction.per_sample or instruction.rule is SUM:
            assert count == tape.samples
        else:
            assert count in (1, tape.samples if scene.probe.names.is_constant(place) else 1)


@every_loss
@constants_or_not
def test_edges_into_and_from_a_node_are_those_that_end_and_begin_there(name, constants):
    scene = unfolded(name, constants=constants)
    for number in range(len(scene)):
        into = [each for each, target in enumerate(scene.targets.tolist()) if target == number]
        out = [each for each, source in enumerate(scene.sources.tolist()) if source == number]
        assert sorted(scene.edges_into(number).tolist()) == into
        assert sorted(scene.edges_from(number).tolist()) == out
        assert scene.operands(number).tolist() == scene.sources[into].tolist()
        assert scene.users(number).tolist() == scene.targets[out].tolist()


@every_loss
@constants_or_not
def test_an_edge_is_found_again_by_what_selecting_it_means(name, constants):
    scene = unfolded(name, constants=constants)
    for edge in range(len(scene.sources)):
        selection, sample = scene.selected_edge(edge)
        assert scene.find_edge(selection, 0 if sample is None else sample) == edge
        assert scene.find(selection, 0 if sample is None else sample) == (None, edge)


@every_loss
@pytest.mark.parametrize("folded", [True, False])
def test_a_selected_edge_leads_from_the_operand_that_it_names(name, folded):
    tape = record(LOSSES[name])
    scene = FoldedScene(probe_of(tape)) if folded else UnfoldedScene(probe_of(tape))
    for edge in range(len(scene.sources)):
        selection, sample = scene.selected_edge(edge)
        instruction = tape.instructions[selection.place]
        source = int(scene.places[scene.sources[edge]])
        if instruction.rule is SUM and not folded:
            before = tape.instructions[selection.place].operands[0], selection.place
            assert source == before[1 - selection.index]
        else:
            operand = scene.find_node(instruction.operands[selection.index], sample or 0)
            assert int(scene.places[operand]) == source
        assert scene.find_node(selection.place, sample or 0) in (
            scene.targets[edge],
            scene.find_node(selection.place, 0),
        )


@pytest.mark.parametrize("scene", [FoldedScene, UnfoldedScene])
def test_what_is_not_in_the_graph_is_not_found(scene):
    tape = record(LOSSES["line"])
    drawn = scene(probe_of(tape), constants=False)
    names = drawn.probe.names
    for place, instruction in enumerate(tape.instructions):
        if names.is_constant(place):
            assert drawn.find(SelectedNode(place), 0) == (None, None)
        for index, operand in enumerate(instruction.operands):
            found = drawn.find_edge(SelectedEdge(place, index), 1)
            assert (found is None) is names.is_constant(operand)
    assert drawn.find(None, 0) == (None, None)


# -- edges and numbers of the engine ------------------------------------------------------------


@every_loss
def test_the_edges_are_the_engines(name):
    scene = unfolded(name)
    engine = Engine(scene.probe.tape)
    shown = sorted(
        (id(engine.of(scene, source)), id(engine.of(scene, target)))
        for source, target in zip(scene.sources.tolist(), scene.targets.tolist(), strict=True)
    )
    known = engine.graph.keys
    expected = sorted(
        (id(operand), id(node))
        for node in engine.graph.operations
        for operand in node.operands
        if operand in known  # all but the 0 that a sum begins with
    )
    assert shown == expected


@every_loss
def test_values_and_gradients_are_the_engines(name):
    scene = unfolded(name)
    engine = Engine(scene.probe.tape)
    numbers = scene.numbers(whole(scene.probe.tape, AT))
    for number in range(len(scene)):
        node = engine.of(scene, number)
        assert numbers.valued[number]
        assert numbers.values[number] == pytest.approx(node.data, rel=1e-13)
        assert numbers.graded[number] == node.require_grad
        if node.require_grad:
            assert numbers.gradients[number] == pytest.approx(node.grad, rel=1e-12, abs=1e-300)


@every_loss
def test_what_flows_over_every_edge_is_the_engines_contribution(name):
    scene = unfolded(name)
    tape = scene.probe.tape
    engine = Engine(tape)
    graph = engine.graph
    flowed = {(each.operation, each.index): each for each in graph.walk(graph.order())}
    flows = scene.flows(whole(tape, AT), np.arange(len(scene.sources)))
    for edge, (source, target) in enumerate(
        zip(scene.sources.tolist(), scene.targets.tolist(), strict=True)
    ):
        selection, _ = scene.selected_edge(edge)
        expected = flowed.get((graph.keys[engine.of(scene, target)], selection.index))
        assert flows.flowed[edge] == (expected is not None)
        assert flows.flowed[edge] == engine.of(scene, source).require_grad
        if expected is not None:
            found = (flows.local[edge], flows.upstream[edge], flows.contribution[edge])
            exact = (expected.local, expected.upstream, expected.contribution)
            assert found == pytest.approx(exact, rel=1e-12, abs=1e-300)


@every_loss
def test_contributions_into_a_node_add_up_to_its_gradient(name):
    scene = unfolded(name)
    moment = whole(scene.probe.tape, AT)
    numbers = scene.numbers(moment)
    for number in range(len(scene)):
        out = scene.edges_from(number)
        flows = scene.flows(moment, out)
        if len(out) and numbers.graded[number]:
            total = float(np.sum(flows.contribution))
            assert total == pytest.approx(numbers.gradients[number], rel=1e-9, abs=1e-12)


@every_loss
@pytest.mark.parametrize("sample", [0, len(XS) - 1])
def test_the_folded_graph_shows_the_sums_or_the_selected_samples_contributions(name, sample):
    tape = record(LOSSES[name])
    folded, full = FoldedScene(probe_of(tape)), UnfoldedScene(probe_of(tape))
    moment = moments_of_tape(tape, AT, sample=sample)[-1]
    every = full.flows(moment, np.arange(len(full.sources)))
    shown = folded.flows(moment, np.arange(len(folded.sources)))
    for edge, (source, target) in enumerate(
        zip(folded.places[folded.sources], folded.places[folded.targets], strict=True)
    ):
        if folded.diagram.nodes[folded.targets[edge]].absorbed:
            continue  # a chain of additions drawn as one: its edges are others
        selection, _ = folded.selected_edge(edge)
        is_sum = tape.instructions[selection.place].rule is SUM
        selection = SelectedEdge(selection.place, 1 if is_sum else selection.index)
        gathers = tape.instructions[target].per_sample and not tape.instructions[source].per_sample
        expected = 0.0
        for each in range(tape.samples) if gathers else [sample]:
            found = full.find_edge(selection, each)
            if found is not None and every.flowed[found]:
                expected += every.contribution[found]
        assert shown.contribution[edge] == pytest.approx(expected, rel=1e-9, abs=1e-300)


@every_loss
def test_what_has_not_been_stepped_over_has_not_flowed(name):
    tape = record(LOSSES[name])
    scene = UnfoldedScene(probe_of(tape))
    edges = np.arange(len(scene.sources))
    before: set[int] = set()
    for moment in moments_of_tape(tape, AT, folded=False):
        flowed = set(np.flatnonzero(scene.flows(moment, edges).flowed).tolist())
        assert before <= flowed
        assert len(flowed) <= len(before) + 1  # a step of the unfolded trace is about one edge
        before = flowed
    assert before == set(np.flatnonzero(scene.flows(whole(tape, AT), edges).flowed).tolist())


@every_loss
def test_what_a_node_depends_on_and_what_depends_on_it_is_what_the_engine_says(name):
    scene = unfolded(name, constants=False)
    engine = Engine(scene.probe.tape)
    below = {node: set(node.nodes()) for node in engine.graph.keys}
    for number in range(len(scene)):
        node = engine.of(scene, number)
        related = scene.related(number)
        for other in range(len(scene)):
            each = engine.of(scene, other)
            assert related[other] == (each in below[node] or node in below[each])

"""The folded graph: one sample's expression on a plate, with the selected sample's numbers."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from app.training.moment import Moment
from app.training.selection import SelectedEdge
from app.training.snapshot import Probe
from app.views.graph.layered import lay_out_diagram
from app.views.graph.scene import Flows, Numbers, PlateBox, Scene
from autograd.plates import Plate, fold_plates
from autograd.rules import SUM

NODE_WIDTH, NODE_HEIGHT = 86.0, 76.0
GAP_X, GAP_Y = 20.0, 8.0


class FoldedScene(Scene):
    """A node for every instruction of the tape; alike units are folded, too.

    What is of a sample shows the selected sample's numbers. Where gradients of all samples
    flow into one shared node, the flow is the sum of the samples' contributions.
    """

    node_width, node_height = NODE_WIDTH, NODE_HEIGHT
    detailed = True

    def __init__(self, probe: Probe, *, constants: bool = False, units: bool = True) -> None:
        self.probe = probe
        self.diagram = diagram = fold_plates(probe.tape, units=units, constants=constants)
        layout = lay_out_diagram(diagram, NODE_WIDTH, NODE_HEIGHT, GAP_X, GAP_Y)
        self.x, self.y = layout.x, layout.y
        self.bounds = self.start = layout.bounds
        self._routes = layout.routes
        self.sources = np.array([edge.source for edge in diagram.edges], dtype=np.intp)
        self.targets = np.array([edge.target for edge in diagram.edges], dtype=np.intp)
        self._unit: tuple[int, ...] = ()
        self.places = np.array(diagram.places_of(), dtype=np.intp)
        self._flows = diagram.flows_of()
        batch = "" if probe.chosen is None else " of this batch"
        self.plates = [
            PlateBox(tuple(box), _label(plate, batch), plate.kind == "samples")
            for plate, box in zip(diagram.plates, layout.plates.tolist(), strict=True)
        ]

    def show_copy(self, place: int) -> None:
        """Let the nodes on plates of units stand for the copies that a place belongs to."""
        unit = self.diagram.unit_of(place)
        if unit and unit != self._unit:
            self._unit = unit
            self.places = np.array(self.diagram.places_of(unit), dtype=np.intp)
            self._flows = self.diagram.flows_of(unit)

    def sample(self, node: int) -> int | None:  # noqa: ARG002, D102  as in Scene
        return None

    def find_node(self, place: int, sample: int) -> int | None:  # noqa: ARG002, D102  as in Scene
        return self.diagram.node_of(place)

    def nodes_of(self, places: Collection[int]) -> np.ndarray:  # noqa: D102  as in Scene
        nodes = [self.diagram.node_of(place) for place in places]
        return np.isin(np.arange(len(self)), [node for node in nodes if node is not None])

    def find_edge(self, edge: SelectedEdge, sample: int) -> int | None:  # noqa: ARG002, D102
        is_sum = self.probe.tape.instructions[edge.place].rule is SUM
        wanted = (edge.place, 0 if is_sum else edge.index)
        return self._flows.index(wanted) if wanted in self._flows else None

    def selected_edge(self, number: int) -> tuple[SelectedEdge, int | None]:  # noqa: D102
        return SelectedEdge(*self._flows[number]), None

    def numbers(self, moment: Moment) -> Numbers:  # noqa: D102  as in Scene
        values = [moment.value(place) for place in self.places.tolist()]
        gradients = [moment.gradient(place) for place in self.places.tolist()]
        return Numbers(*_with_known(values), *_with_known(gradients))

    def flows(self, moment: Moment, edges: np.ndarray) -> Flows:  # noqa: D102  as in Scene
        flows = [self._flow(moment, *self._flows[number]) for number in edges.tolist()]
        local, upstream, contribution, flowed = np.array(flows, dtype=float).reshape(-1, 4).T
        return Flows(local, upstream, contribution, flowed > 0)

    def _flow(self, moment: Moment, place: int, index: int) -> tuple[float, float, float, bool]:
        """Return local, upstream, contribution and whether it flowed: the selected sample's.

        The contribution to a node that the samples share is the sum of theirs.
        """
        instructions, evaluation = self.probe.tape.instructions, moment.evaluation
        operand = instructions[instructions[place].operands[index]]
        if not operand.require_grad:
            return 0.0, 0.0, 0.0, False
        flow = evaluation.flow_of(place, index, moment.sample)
        contribution = flow.contribution
        known = moment.flowed(place, index)
        if instructions[place].per_sample and not operand.per_sample:
            every = evaluation.flow(place, index).contribution
            contribution = np.sum(every if known is True else np.where(known, every, 0.0))
        flowed = known[moment.sample] if isinstance(known, np.ndarray) else known
        return float(flow.local), float(flow.upstream), float(contribution), bool(flowed)

    def routes(self, edges: np.ndarray) -> list[np.ndarray]:  # noqa: D102  as in Scene
        return [self._routes[number] for number in edges.tolist()]

    def column(self, node: int, moment: Moment) -> np.ndarray | None:
        """Return all samples' values of a node that has one for each; None until it is known."""
        place = int(self.places[node])
        known = moment.value(place) is not None
        if not known or not self.probe.tape.instructions[place].per_sample:
            return None
        column: np.ndarray = moment.evaluation.values[place]
        return column


def _label(plate: Plate, batch: str) -> str:
    if plate.kind == "units":
        return f"× {plate.count:,} units"
    return f"× {plate.count:,} sample{'s' if plate.count > 1 else ''}{batch}"


def _with_known(numbers: list[float | None]) -> tuple[np.ndarray, np.ndarray]:
    known = np.array([number is not None for number in numbers], dtype=bool)
    return np.array([0.0 if number is None else number for number in numbers]), known

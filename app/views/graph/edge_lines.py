"""What is written beside an edge: local derivative × upstream = contribution."""

from __future__ import annotations

import numpy as np

from app.training.moment import Moment
from app.training.narration import sample_number
from app.views.graph.digits import short
from app.views.graph.scene import Scene
from autograd.formula import enclose
from autograd.rules import SUM


def edge_lines(scene: Scene, moment: Moment, number: int) -> list[str]:
    """Return what flows over an edge of a scene, in lines."""
    edge, sample = scene.selected_edge(number)
    names, tape = scene.probe.names, scene.probe.tape
    source = int(scene.places[scene.sources[number]])
    target = int(scene.places[scene.targets[number]])
    if not tape.instructions[source].require_grad:
        return [f"{names.symbol(source)} gets no gradient: it is no parameter"]
    flows = scene.flows(moment, np.array([number]))
    local = short(float(flows.local[0]))
    named = local
    if edge.place == target:
        is_sum = tape.instructions[target].rule is SUM
        formula = names.local(edge.place, 0 if is_sum else edge.index)
        named = f"{formula} = {local}" if formula != local else local
    head = f"∂{enclose(names.symbol(target))}/∂{enclose(names.symbol(source))} = {named}"
    if not flows.flowed[0]:
        return [head, "the gradient has not come this way yet"]
    upstream, contribution = float(flows.upstream[0]), float(flows.contribution[0])
    gathers = (
        scene.detailed
        and tape.instructions[target].per_sample
        and not tape.instructions[source].per_sample
    )
    own = float(flows.local[0]) * upstream if gathers else contribution
    product = f"{short(upstream)} × {enclose(local)} = {short(own)}"
    if not gathers:
        return [head, f"upstream × local: {product}"]
    which = sample_number(moment, moment.sample if sample is None else sample)
    total = f"Σ of {tape.samples:,} sample{'s' * (tape.samples > 1)}: {short(contribution)}"
    return [head, f"sample {which}: {product}", total]

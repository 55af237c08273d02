"""What the inspector says within a trace and of an update: what is known after the step."""

import math

import numpy as np
import pytest

from app.study.hyperparameters import ClipBy, Training, UpdateRule
from app.study.recipe import Data
from app.training.selection import SelectedEdge, SelectedNode, subject_of
from app.views.inspector.bars import ContributionBars
from app.views.inspector.clipping import Clip
from app.views.inspector.view import InspectorView
from app.views.inspector.wording import show
from autograd.optimizers import Clipping, State
from autograd.optimizers import UpdateRule as EngineRule
from autograd.rules import SUM
from autograd.trace import Backward, Stage
from tests.ui.inspected import (
    DIGITS,
    OF_SAMPLES,
    SAMPLES,
    Graph,
    Steps,
    contribution,
    explain,
    number_after,
    opened,
    place_of,
    read,
    shown_gradient,
    shown_value,
    whole,
)

NOT_YET = "Not yet: the backward pass has not come here."


@pytest.fixture
def view(qtbot) -> InspectorView:
    return opened(qtbot)


@pytest.fixture
def bars(view) -> ContributionBars:
    return view.findChild(ContributionBars)


# -- within a trace --------------------------------------------------------------------------


def test_what_is_not_computed_yet_is_not_told(view):
    moment = Steps().at(0)
    assert moment.probe.names.symbol(moment.entry.place) == "m · x"
    explain(view, moment, SelectedNode(place_of(moment, "ŷ")))
    assert (shown_value(view), shown_gradient(view)) == (None, None)
    assert read(view, "inspected_formula") == "ŷ = m · x + c\nnot computed yet"
    assert read(view, "gradient_origin") == NOT_YET


@pytest.mark.parametrize("folded", [True, False])
def test_in_the_forward_pass_no_gradient_is_told(view, bars, folded):
    steps = Steps(folded=folded, data=Data(samples=4, noise=1.0))
    for index in range(steps.first(Stage.BACKWARD)):
        moment = steps.at(index, 2)
        tape = moment.evaluation.tape
        for place, instruction in enumerate(tape.instructions):
            explain(view, moment, SelectedNode(place))
            required = instruction.require_grad
            assert (read(view, "gradient_origin") == NOT_YET) == required
            assert "–" not in read(view, "local_derivatives") + read(view, "inspected_formula")
            assert not bars.isVisible()
            for operand, below in enumerate(instruction.operands):
                explain(view, moment, SelectedEdge(place, operand))
                told = read(view, "chain_rule")
                assert told == NOT_YET or not tape.instructions[below].require_grad
                assert "–" not in told
    explain(view, steps.at(steps.first(Stage.BACKWARD)), SelectedNode(len(tape.instructions) - 1))
    assert "begins here: ∂L/∂L = 1" in read(view, "gradient_origin")


def test_of_a_shared_gradient_it_is_said_what_has_not_flowed_yet(view):
    steps = Steps(folded=False, data=Data(samples=4, noise=1.0))
    m = place_of(steps.at(0), "m")
    first = next(
        index
        for index in range(steps.first(Stage.BACKWARD), len(steps))
        if getattr(steps.at(index).entry, "operand", None) == m
    )
    explain(view, steps.at(first, 3), SelectedNode(m))
    assert "not yet for sample 3" in read(view, "gradient_origin")
    explain(view, steps.at(first, 0), SelectedNode(m))
    assert "upstream" in read(view, "gradient_origin")


@pytest.mark.parametrize("folded", [True, False])
def test_after_the_backward_pass_all_is_as_at_the_epoch_as_a_whole(view, folded):
    steps = Steps(folded=folded)
    last = steps.at(steps.first(Stage.UPDATE) - 1, 5)
    moment = whole(5)
    for symbol in [*OF_SAMPLES, "m", "c", "L", *["sum"] * folded]:
        texts = []
        for each in (last, moment):
            explain(view, each, SelectedNode(place_of(each, symbol)))
            names = ("inspected_formula", "inspected_gradient", "gradient_origin")
            texts.append([shown_value(view), *(read(view, name) for name in names)])
        assert texts[0] == texts[1]


@pytest.mark.parametrize("done", [1, 4, 22])
def test_a_gradient_that_accumulates_is_the_sum_of_what_has_flowed(view, bars, done):
    steps, graph = Steps(folded=False), Graph()
    m = place_of(steps.at(0), "m")
    start = steps.first(Stage.BACKWARD)
    into_m = [
        index
        for index in range(start, steps.first(Stage.UPDATE))
        if isinstance(entry := steps.at(index).entry, Backward) and entry.operand == m
    ]
    moment = steps.at(into_m[done - 1], sample=0)
    explain(view, moment, SelectedNode(m))
    flowed = [contribution(graph, "m · x", "m", each) for each in range(done)]
    assert shown_gradient(view) == pytest.approx(sum(flowed), **DIGITS)
    total = number_after(read(view, "gradient_origin"), "Σ over 23 samples")
    assert total == pytest.approx(sum(flowed), **DIGITS)
    assert read(view, "contributions_head").startswith(f"{done} of 23 samples so far: ")
    known = [bars.number_at(row) for row in range(23)]
    assert sorted(known[:done]) == pytest.approx(sorted(flowed))
    assert known[done:] == [None] * (23 - done)


@pytest.mark.parametrize("folded", [True, False])
def test_every_step_is_explained_with_its_own_numbers(view, folded):
    steps = Steps(folded=folded, data=Data(samples=4, noise=1.0))
    for index in range(steps.first(Stage.BACKWARD) + 1, steps.first(Stage.UPDATE)):
        moment = steps.at(index, sample=2)
        entry = moment.entry
        explain(view, moment, subject_of(entry))
        text = read(view, "chain_rule")
        own = 2 if entry.sample is None else entry.sample
        lines = text.splitlines()
        expected = [entry.upstream, entry.local, entry.contribution]
        for line, each in zip(lines[2:8:2], expected, strict=True):
            assert line == show(at(each, own))
        handed_on = entry.operand == entry.place
        names = moment.probe.names
        name = (
            f"∂L/∂sum{'₀₁₂₃'[entry.operand_sample]}" if handed_on else names.gradient(entry.operand)
        )
        before, after = at(entry.before, own), at(entry.after, own)
        assert text.endswith(
            f"{name} before this step\n{show(before)}\n{name} after it\n{show(after)}"
        )


def at(number, sample):
    return number[sample] if np.ndim(number) else number


def test_an_addition_of_the_unfolded_chain_hands_its_gradient_on(view):
    steps = Steps(folded=False)
    index = steps.first(Stage.BACKWARD) + 2
    entry = steps.at(index).entry
    assert steps.at(index).evaluation.tape.instructions[entry.place].rule is SUM
    assert (entry.index, entry.operand) == (0, entry.place)
    explain(view, steps.at(index), subject_of(entry))
    assert entry.sample == 22
    assert read(view, "inspected") == "sum up to sample 22 → sum up to sample 21"
    assert "to the one before it" in read(view, "inspected_kind")
    assert read(view, "inspected_formula") == "∂sum₂₂/∂sum₂₁ = 1"
    text = read(view, "chain_rule")
    assert number_after(text, "upstream ∂L/∂sum₂₂") == pytest.approx(1 / 23, **DIGITS)
    assert number_after(text, "= contribution") == pytest.approx(1 / 23, **DIGITS)
    assert number_after(text, "∂L/∂sum₂₁ after it") == pytest.approx(1 / 23, **DIGITS)


def test_the_0_that_the_unfolded_sum_begins_with_gets_no_gradient(view):
    steps = Steps(folded=False)
    moment = steps.at(steps.first(Stage.UPDATE), sample=0)
    explain(view, moment, SelectedEdge(place_of(moment, "sum"), 0))
    assert read(view, "inspected") == "sum up to sample 0 → 0"
    assert "0 is a constant" in read(view, "chain_rule")
    assert not read(view, "inspected_formula")


@pytest.mark.parametrize("sample", [0, 1, 22])
def test_a_step_of_the_unfolded_sum_is_told_with_its_running_sum(view, sample):
    steps, graph = Steps(folded=False), Graph()
    index = 5 * (sample + 1) - 1
    moment = steps.at(index, sample)
    subject = subject_of(moment.entry)
    assert (moment.entry.sample, subject.place) == (sample, place_of(moment, "sum"))
    explain(view, moment, subject)
    terms = [each["squared"].data for each in graph.nodes[: sample + 1]]
    before, value = sum(terms[:-1]), sum(terms)
    assert read(view, "inspected") == f"sum up to sample {sample}"
    assert read(view, "inspected_kind") == f"running sum · sample {sample}"
    assert shown_value(view) == pytest.approx(value, **DIGITS)
    formula = read(view, "inspected_formula")
    assert formula == (
        f"sum up to sample {sample}\n= {show(before)} + {show(terms[-1])} = {show(value)}"
    )
    lines = read(view, "local_derivatives").splitlines()
    number_ = str(sample).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))
    assert lines[-2:] == [f"squared = {show(terms[-1])}", f"∂sum{number_}/∂squared = 1"]
    assert (f"sum up to sample {sample - 1} = {show(before)}" in lines) == (sample > 0)


@pytest.mark.parametrize("sample", [0, 5, 22])
def test_an_additions_gradient_comes_from_the_addition_after_it(view, sample):
    steps, graph = Steps(folded=False), Graph()
    backward = steps.first(Stage.BACKWARD)
    arrives = backward + max(1, 2 * (22 - sample))
    total = SelectedNode(place_of(steps.at(0), "sum"))
    explain(view, steps.at(arrives - 1, sample), total)
    assert (shown_gradient(view), read(view, "gradient_origin")) == (None, NOT_YET)
    entry = steps.at(arrives).entry
    assert isinstance(entry, Backward)
    explain(view, steps.at(arrives, sample), total)
    assert shown_gradient(view) == pytest.approx(graph.sum.grad, **DIGITS)
    origin = read(view, "gradient_origin")
    source = f"sum up to sample {sample + 1}" if sample < 22 else "L"
    assert number_after(origin, f"from {source}") == pytest.approx(graph.sum.grad, **DIGITS)
    assert f"sum up to sample {sample}" == read(view, "inspected")


def test_the_loss_is_the_whole_sum_whichever_sample_is_selected(view):
    steps, graph = Steps(folded=False), Graph()
    moment = steps.at(steps.first(Stage.UPDATE), sample=3)
    explain(view, moment, SelectedNode(place_of(moment, "L")))
    expected = f"= {show(graph.sum.data)} ÷ 23 = {show(graph.loss.data)}"
    assert read(view, "inspected_formula").endswith(expected)


@pytest.mark.parametrize("folded", [True, False])
def test_a_selection_beside_the_step_says_how_to_follow_the_steps_again(view, folded):
    steps = Steps(folded=folded, data=Data(samples=4, noise=1.0))
    sentence = "Selected; Esc goes back to following the steps."
    for index in (0, steps.first(Stage.BACKWARD) + 2, steps.first(Stage.UPDATE)):
        moment = steps.at(index)
        own = subject_of(moment.entry)
        for subject in (own, SelectedNode(moment.probe.x), SelectedEdge(own.place, 7), None):
            if subject != SelectedEdge(own.place, 7):
                explain(view, moment, subject)
                beside = isinstance(subject, SelectedNode) and subject.place == moment.probe.x
                assert read(view, "beside_the_step") == (sentence if beside else "")
    explain(view, whole(), SelectedNode(0))
    assert not read(view, "beside_the_step")


def test_samples_of_a_mini_batch_have_their_numbers_within_all_data(view, bars):
    steps = Steps(Training(batches=True, batch_size=5))
    moment = steps.at(steps.first(Stage.UPDATE, 1) - 1, sample=3)
    explain(view, moment, SelectedNode(place_of(moment, "m")))
    chosen = moment.probe.chosen
    assert {bars.sample_at(row) for row in range(5)} == set(chosen.tolist())
    explain(view, moment, SelectedNode(moment.probe.x))
    assert read(view, "inspected_kind") == f"data · sample {chosen[3]}"
    assert shown_value(view) == pytest.approx(SAMPLES.x[chosen[3]], **DIGITS)


# -- the update ------------------------------------------------------------------------------


def test_the_update_is_shown_from_the_gradient_to_the_step(view):
    training = Training(clip_by=ClipBy.NORM, clip_bound=2.0, learning_rate=0.01)
    steps, graph = Steps(training), Graph()
    moment = steps.at(steps.first(Stage.UPDATE))
    explain(view, moment, subject_of(moment.entry))
    length = math.hypot(graph.m.grad, graph.c.grad)
    clipped = 2.0 * graph.m.grad / length
    text = read(view, "update_step")
    expected = {
        "gradient": graph.m.grad,
        "clipped": clipped,
        "direction": clipped,
        "× learning rate": 0.01,
        "× uses, one step each": 23,
        "step of m": -0.01 * clipped * 23,
        "m before": 0.764340511813275,
        "m after": 0.764340511813275 - 0.01 * clipped * 23,
    }
    found = {label: number_after(text, label) for label in expected}
    assert found == pytest.approx(expected, **DIGITS)
    assert shown_value(view) == pytest.approx(expected["m after"], **DIGITS)


def test_a_step_that_was_not_clipped_has_no_picture_of_clipping(view):
    steps = Steps(Training(clipping=False, update_rule=UpdateRule.ONCE_PER_PARAMETER))
    moment = steps.at(steps.first(Stage.UPDATE))
    explain(view, moment, subject_of(moment.entry))
    assert read(view, "update_step")
    assert "uses" not in read(view, "update_step")
    assert not view.findChild(object, "clip_picture").isVisible()


def test_the_update_is_not_told_before_the_gradient_is_complete(view):
    steps = Steps()
    first = steps.first(Stage.UPDATE)
    for index, told in ((0, False), (first - 2, False), (first - 1, True), (first, True)):
        moment = steps.at(index)
        explain(view, moment, SelectedNode(place_of(moment, "m")))
        assert bool(read(view, "update_step")) == told


def change(gradient, clipping, bound):
    rule = EngineRule(clipping=clipping, bound=bound)
    state = State.start(np.zeros(len(gradient)), rule.optimizer)
    return rule.change(state, np.array(gradient), 0.1, np.ones(len(gradient)))


@pytest.mark.parametrize("clipping", [Clipping.VALUE, Clipping.NORM])
@pytest.mark.parametrize("gradient", [[3.0, -40.0], [5.0, 5.0], [-345.0, 18.0, 1e-3]])
def test_only_what_was_clipped_is_drawn_as_clipped(clipping, gradient):
    clip = Clip.of(change(gradient, clipping, 2.0))
    assert clip.kind is clipping
    assert clip.bound == 2.0
    assert Clip.of(change(gradient, clipping, 1e3)) is None


@pytest.mark.parametrize("gradient", [[3.0, -4.0], [-345.0, 18.0], [5e8, -1e-3]])
def test_clipped_arrows_have_their_true_angle_and_can_both_be_seen(gradient):
    clip = Clip.of(change(gradient, Clipping.NORM, 1.0))
    for vector in (clip.raw, clip.clipped):
        x, y = clip.point(*vector)
        assert math.atan2(y, x) == pytest.approx(math.atan2(vector[1], vector[0]))
    assert math.hypot(*clip.point(*clip.raw)) == pytest.approx(1.0)
    assert 0.15 < math.hypot(*clip.point(*clip.clipped)) < 1


def test_the_clip_box_is_where_clipped_gradients_end():
    clip = Clip.of(change([-345.0, 18.0], Clipping.VALUE, 1.0))
    corner = np.array(clip.point(*clip.clipped))
    distances = [math.dist(corner, each) for each in clip.boundary()]
    assert min(distances) < 0.01

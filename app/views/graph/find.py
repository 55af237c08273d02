"""Finding nodes of a graph: by name, by operation, by sample, or by their numbers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

import numpy as np

from app.views.graph.scene import Numbers, Scene

MOST_RANKED = 20
"""How many nodes are found by size, such as those with the largest gradients."""

_SAMPLE = re.compile(r"\bsample (\d+)\b")

_TYPED = str.maketrans({"·": "*", "×": "*", "−": "-", "÷": "/", "²": "^2", "³": "^3", "Σ": "sum"})
"""What stands on a keyboard for the signs in names."""

_HAT = "\N{COMBINING CIRCUMFLEX ACCENT}"

_Condition = Callable[[np.ndarray], np.ndarray]

_EITHER: dict[str, _Condition] = {
    "not finite": lambda numbers: ~np.isfinite(numbers),
    "nan": np.isnan,
    "inf": np.isinf,
}
"""What a node's value or its gradient can be."""

_RANKED = {
    f"{end} {of}": (of, sign)
    for of in ("gradient", "value")
    for end, sign in (("largest", -1.0), ("smallest", 1.0))
}

_ZERO = "zero gradient"

SPECIAL = (*_EITHER, *(each for each in _RANKED if "gradient" in each), _ZERO, *(
    each for each in _RANKED if "value" in each
))  # fmt: skip
"""What can be asked for beside names. Largest and smallest go by size, whatever the sign."""


def find(scene: Scene, numbers: Numbers, query: str) -> np.ndarray:
    """Return the nodes that a query means, by number, in the order in which one reads.

    A query is a name, a formula or an operation, one of ``SPECIAL``, or “sample 7”, which may
    also follow one of the others. What is called so is found; without any, what begins so;
    and without that, what contains it, be it in the formula. Of “largest” and “smallest” the
    order is that of size, and there are ``MOST_RANKED`` at most.

    Args:
        scene: the graph.
        numbers: what its nodes show; numbers not known yet are not found.
        query: what is looked for, in any case; “*”, “-”, “^2” and “yhat” mean ·, −, ² and ŷ.
    """
    words, sample = _words_and_sample(query)
    among = None if sample is None else _of_sample(scene, sample)
    if words in _RANKED:
        return _ranked(numbers, *_RANKED[words], among)
    if words:
        found = np.flatnonzero(_has_number(numbers, words) if _is_number(words)
                               else _is_called(scene, words))  # fmt: skip
        found = found if among is None else np.intersect1d(found, among, assume_unique=True)
    else:
        found = np.empty(0, dtype=np.intp) if among is None else among
    return _in_reading_order(scene, found)


def asks_for_numbers(query: str) -> bool:
    """Return whether what a query finds changes with the numbers."""
    words, _ = _words_and_sample(query)
    return words in _RANKED or _is_number(words)


def why_nothing(scene: Scene, query: str) -> str:
    """Return a sentence on why a query finds nothing."""
    words, sample = _words_and_sample(query)
    if sample is not None and scene.detailed:
        return "Nothing found: samples have nodes of their own in the unfolded graph only."
    if sample is not None and not len(_of_sample(scene, sample)):
        return f"Nothing found: there is no sample {sample:,} here."
    ways = [special for special in SPECIAL if words and special.startswith(words)]
    if ways and words not in ways:
        return f"Nothing found yet: go on to “{'”, “'.join(ways)}”?"
    if words == _ZERO:
        return "Nothing found: no gradient is zero."
    if words in _RANKED:
        return f"Nothing found: there is no {_RANKED[words][0]} yet."
    if words == "not finite":
        return "Nothing found: every value and every gradient is finite."
    if words in _EITHER:
        return f"Nothing found: no value and no gradient is {words}."
    return f"Nothing found: no node is called “{query.strip()}”."


def _words_and_sample(query: str) -> tuple[str, int | None]:
    """Return what a query asks for, and of which sample, by its number in all data."""
    words = " ".join(query.casefold().split())
    found = _SAMPLE.search(words)
    if found is None:
        return words, None
    return " ".join(_SAMPLE.sub("", words, count=1).split()), int(found[1])


def _is_number(words: str) -> bool:
    return words in _EITHER or words == _ZERO


# -- by number ----------------------------------------------------------------------------------


def _has_number(numbers: Numbers, words: str) -> np.ndarray:
    """Return for every node whether its numbers are as asked for."""
    if words == _ZERO:
        return numbers.graded & (numbers.gradients == 0.0)
    is_so = _EITHER[words]
    found: np.ndarray = numbers.valued & is_so(numbers.values)
    return found | (numbers.graded & is_so(numbers.gradients))


def _ranked(numbers: Numbers, of: str, sign: float, among: np.ndarray | None) -> np.ndarray:
    """Return the nodes with the largest (sign −1) or smallest (1) numbers by size, in order."""
    shown, known = (
        (numbers.gradients, numbers.graded)
        if of == "gradient"
        else (numbers.values, numbers.valued)
    )
    nodes = np.flatnonzero(known & ~np.isnan(shown))
    if among is not None:
        nodes = np.intersect1d(nodes, among, assume_unique=True)
    keys = sign * np.abs(shown[nodes])
    if len(nodes) > MOST_RANKED:
        best = np.sort(np.argpartition(keys, MOST_RANKED)[:MOST_RANKED])
        nodes, keys = nodes[best], keys[best]
    return nodes[np.argsort(keys, kind="stable")]


# -- by name and sample -------------------------------------------------------------------------


def _is_called(scene: Scene, words: str) -> np.ndarray:
    """Return for every node whether it is called so; the work is per place."""
    wanted = _plain(words)
    best = 1  # what is no match counts as 0
    called: list[int] = []
    for place in range(len(scene.probe.tape.instructions)):
        if scene.find_node(place, 0) is None:
            continue
        match = _match(scene, place, wanted)
        if match > best:
            best, called = match, []
        if match == best:
            called.append(place)
    if scene.detailed:
        found = np.zeros(len(scene), dtype=bool)
        found[[scene.find_node(place, 0) for place in called]] = True
        return found
    table = np.zeros(len(scene.probe.tape.instructions), dtype=bool)
    table[called] = True
    shown: np.ndarray = table[scene.places]
    return shown


def _match(scene: Scene, place: int, wanted: str) -> int:
    """Return 3 for what is called so, 2 for a beginning, 1 for a part, also of the formula."""
    names, rule = scene.probe.names, scene.probe.tape.instructions[place].rule
    called = [names.title(place), names.symbol(place), names.kind(place)]
    if rule is not None:
        called.append(rule.symbol)
    if place == len(scene.probe.tape.instructions) - 1:
        called.append("loss")
    called, formula = [_plain(each) for each in called], _plain(names.formula(place))
    if wanted in (*called, formula):
        return 3
    if any(each.startswith(wanted) for each in called):
        return 2
    return int(any(wanted in each for each in (*called, formula)))


def _plain(text: str) -> str:
    """Return a text as one would type it, without spaces."""
    typed = unicodedata.normalize("NFD", text.translate(_TYPED)).replace(_HAT, "hat")
    return "".join(typed.casefold().split())


def _of_sample(scene: Scene, sample: int) -> np.ndarray:
    """Return the nodes of a sample, by its number in all data; none if it is not shown."""
    chosen = scene.probe.chosen
    if chosen is None:
        number = sample if sample < scene.probe.tape.samples else None
    else:
        places = np.flatnonzero(chosen == sample)
        number = int(places[0]) if len(places) else None
    if number is None:
        return np.empty(0, dtype=np.intp)
    nodes = {
        node
        for place in range(len(scene.probe.tape.instructions))
        if (node := scene.find_node(place, number)) is not None and scene.sample(node) == number
    }
    return np.array(sorted(nodes), dtype=np.intp)


def _in_reading_order(scene: Scene, nodes: np.ndarray) -> np.ndarray:
    """Return nodes from left to right; in the unfolded graph sample by sample, the loss last."""
    if scene.detailed:
        return nodes[np.lexsort((scene.y[nodes], scene.x[nodes]))]
    phases = scene.probe.tape.phases
    end = np.zeros(len(scene.probe.tape.instructions), dtype=bool)
    end[[place for place in phases.after if place not in phases.sums]] = True
    last = end[scene.places[nodes]]
    return np.concatenate([nodes[~last], nodes[last]])

"""What the places of a tape are called: titles for nodes, symbols for formulas and sentences.

A model names what it has names for (ŷ, residual); leaves may have names of their own; an
operation is called by its formula while that is short, “m · x”, and else by a numbered word,
“tanh₇”, so that the formulas of a deep network stay as short as those of a line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

from autograd import rules
from autograd.formula import derivative_text, enclose, number_text, value_text
from autograd.rules import Rule
from autograd.tape import Tape

LONGEST = 16
"""How many characters a symbol or a title made from a formula may have."""

_WORDS = {
    rules.ADD: "sum",
    rules.SUBTRACT: "difference",
    rules.MULTIPLY: "product",
    rules.DIVIDE: "quotient",
    rules.POWER: "power",
    rules.NEGATE: "negative",
    rules.ABSOLUTE: "absolute",
    rules.SQUARE_ROOT: "root",
    rules.SUM: "sum",
}
"""What operations are called whose symbol is no word."""

_OPERATORS = (rules.ADD, rules.SUBTRACT, rules.MULTIPLY, rules.DIVIDE, rules.POWER)
_COMMUTATIVE = (rules.ADD, rules.MULTIPLY)
_POWERS = {2.0: "squared", 3.0: "cubed"}
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


class Names:
    """The names of a tape's places; they depend on nothing but the tape and the names given."""

    def __init__(
        self,
        tape: Tape,
        given: Mapping[int, str] | None = None,
        frozen: Collection[int] = (),
    ) -> None:
        """Name every place.

        Args:
            tape: whose places.
            given: the names that the model has for some of them.
            frozen: the places of parameters that are not trained, constants on the tape.
        """
        self._frozen = frozen
        self._tape = tape
        self._instructions = tape.instructions
        self._loss = len(tape.instructions) - 1
        self._named = _own_names(tape) | dict(given or {})
        self._constants = _constants(tape)
        self._used = set(self._named.values())
        self._counts: Counter[str] = Counter()
        self._order = _reading_order(tape)
        self._symbols = self._leaf_symbols() | self._sum_symbols() | self._named
        self._formulas = {place: self._write(place) for place in self._order}
        self._titles = list(map(self._title, range(len(self._instructions))))
        self._locals: dict[tuple[int, int], str] = {}

    def title(self, place: int) -> str:
        """Return what is written on the place's node, such as “m · x”, “+ c” or “squared”."""
        return self._titles[place]

    def symbol(self, place: int) -> str:
        """Return what the place is called in formulas and sentences, such as “ŷ” or “tanh₇”."""
        return self._symbols[place]

    def kind(self, place: int) -> str:
        """Return “parameter”, “data” or “constant”, or what the operation is called."""
        rule = self._instructions[place].rule
        if rule is not None:
            return rule.name
        if place in self._frozen:
            return "frozen parameter"
        if place in self._constants:
            return "constant"
        return "data" if place in self._tape.columns else "parameter"

    def formula(self, place: int) -> str:
        """Return how the place is computed, such as “m · x + c”; of a leaf ""."""
        return self._formulas[place]

    def local(self, place: int, index: int) -> str:
        """Return the local derivative ∂operation/∂operand of that index, such as “2 · residual”.

        Raises:
            ValueError: the place is a leaf.
        """
        if (place, index) not in self._locals:
            instruction = self._instructions[place]
            if instruction.rule is None:
                raise ValueError(f"place {place} is a leaf: it has no operands")
            self._locals[place, index] = derivative_text(
                instruction.rule, index, self.symbol(place), self._operands(place)
            )
        return self._locals[place, index]

    def is_constant(self, place: int) -> bool:
        """Whether the place is a leaf that is neither a parameter nor a column of data.

        A parameter that is not trained is none.
        """
        return place in self._constants and place not in self._frozen

    def gradient(self, place: int) -> str:
        """Return what the place's gradient is called, such as “∂L/∂m” or “∂L/∂(m · x)”."""
        if place == self._loss:
            return "∂L/∂L"
        return f"∂L/∂{enclose(self.symbol(place))}"

    # -- symbols and formulas -------------------------------------------------------------------

    def _leaf_symbols(self) -> dict[int, str]:
        symbols = {place: number_text(value) for place, value in self._constants.items()}
        columns = [place for place in self._order if place in self._tape.columns]
        for word, places in (("p", self._tape.parameters), ("data", columns)):
            for place in places:
                if place not in self._named:
                    symbols[place] = self._numbered(word)
        return symbols

    def _sum_symbols(self) -> dict[int, str]:
        """Return the symbols of the sums over samples: just “sum” if there is one."""
        unnamed = {*self._tape.phases.sums} - {*self._named, self._loss}
        sums = [place for place in self._order if place in unnamed]
        if len(sums) == 1 and "sum" not in self._used:
            self._used.add("sum")
            return {sums[0]: "sum"}
        return {place: self._numbered("sum") for place in sums}

    def _write(self, place: int) -> str:
        """Return the place's formula, and give an operation without a symbol one."""
        rule = self._instructions[place].rule
        if rule is None:
            return ""
        formula = value_text(rule, self._operands(place))
        if place not in self._symbols:
            if place == self._loss:
                symbol = "L"
            else:
                symbol = formula if len(formula) <= LONGEST else self._numbered(_word(rule))
            self._symbols[place] = symbol
        return formula

    def _operands(self, place: int) -> list[str | float]:
        """Return the operands' symbols, constants without a name as numbers."""
        return [
            self._constants[operand] if self._is_number(operand) else self._symbols[operand]
            for operand in self._instructions[place].operands
        ]

    def _is_number(self, place: int) -> bool:
        return place in self._constants and place not in self._named

    def _numbered(self, word: str) -> str:
        """Return the word with the next number that makes it a new name."""
        while True:
            self._counts[word] += 1
            name = word + str(self._counts[word]).translate(_SUBSCRIPTS)
            if name not in self._used:
                self._used.add(name)
                return name

    # -- titles ---------------------------------------------------------------------------------

    def _title(self, place: int) -> str:
        rule, operands = self._instructions[place].rule, self._instructions[place].operands
        if place in self._named or rule is None:
            return self._symbols[place]
        if rule is rules.SUM:
            return rules.SUM.symbol
        if len(operands) == 1:
            return _word(rule)
        if rule is rules.POWER and self._is_number(operands[1]):
            exponent = self._constants[operands[1]]
            return _POWERS.get(exponent, f"^ {enclose(number_text(exponent))}")
        if rule is rules.DIVIDE and self._is_mean(*operands):
            return "mean"
        return self._binary_title(place, rule)

    def _is_mean(self, total: int, count: int) -> bool:
        """Whether a quotient is that of a sum over the samples and how many there are."""
        is_sum = self._instructions[total].rule is rules.SUM
        return is_sum and self._constants.get(count) == self._tape.samples

    def _binary_title(self, place: int, rule: Rule) -> str:
        """Return the formula if both operands have names, else the operator and one of them."""
        first, second = self._instructions[place].operands
        if self._has_name(second):
            is_whole, shown = self._has_name(first), second
        elif self._has_name(first) and rule in _COMMUTATIVE:
            is_whole, shown = False, first
        else:
            return _word(rule)
        formula = self._formulas[place]
        if is_whole and len(formula) <= LONGEST:
            return formula
        title = f"{rule.symbol} {enclose(self._symbols[shown])}"
        return title if rule in _OPERATORS and len(title) <= LONGEST else _word(rule)

    def _has_name(self, place: int) -> bool:
        return place in self._named or self._instructions[place].rule is None


def _word(rule: Rule) -> str:
    return _WORDS.get(rule, rule.symbol)


def _reading_order(tape: Tape) -> list[int]:
    """Return all places, operands before what uses them, and the left one before the right."""
    order: dict[int, None] = {}
    stack = [len(tape.instructions) - 1]
    while stack:
        place = stack[-1]
        missing = [each for each in tape.instructions[place].operands if each not in order]
        if missing:
            stack.extend(reversed(missing))
        else:
            order[stack.pop()] = None
    return list(order)


def _own_names(tape: Tape) -> dict[int, str]:
    """Return the names that leaves have themselves."""
    return {
        place: name
        for place, instruction in enumerate(tape.instructions)
        if instruction.rule is None and (name := instruction.node.name)
    }


def _constants(tape: Tape) -> dict[int, float]:
    """Return the values of the leaves that are neither parameters nor columns of data."""
    others = {*tape.parameters, *tape.columns}
    return {
        place: instruction.node.data
        for place, instruction in enumerate(tape.instructions)
        if instruction.rule is None and place not in others
    }

"""Formulas as a textbook prints them: what is written, and where."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QRectF
from PySide6.QtGui import QFont, QPainterPath

from app.controls.typeset.face import Glyphs
from app.controls.typeset.page import Page, lay_out
from app.study.formula import Purpose, parse

pytestmark = pytest.mark.usefixtures("qapp")

WIDE = 2000.0


def page_of(text: str, width: float = WIDE, left: str = "") -> Page:
    return lay_out(parse(text, Purpose.TRUTH), left, QFont(), width)


def letters_of(page: Page) -> list[tuple[float, float, Glyphs]]:
    return [(x, y, mark) for x, y, mark in page.marks if isinstance(mark, Glyphs)]


def shapes_of(page: Page) -> list[QRectF]:
    """Return where bars, parentheses and roots are."""
    return [
        mark.boundingRect().translated(x, y)
        for x, y, mark in page.marks
        if isinstance(mark, QPainterPath)
    ]


def read(page: Page) -> str:
    """Return all letters from left to right, those on the baseline before those above them."""
    return "".join(mark.text for _, _, mark in sorted(letters_of(page), key=lambda each: each[0]))


def place(page: Page, text: str) -> tuple[float, float, float]:
    """Return the place of some letters, and their size in points."""
    (found,) = [each for each in letters_of(page) if each[2].text == text]
    return found[0], found[1], found[2].font.pointSizeF()


def parentheses(text: str) -> int:
    """Return how many pairs of parentheses are written; none of the texts has another shape."""
    return len(shapes_of(page_of(text))) // 2


# -- signs -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("m*x + c", "mx+c"),
        ("a - b*x", "a−bx"),
        ("2*x", "2x"),
        ("x*2", "x·2"),
        ("2*3*x", "2·3x"),
        ("a*2**x", "a·2x"),
        ("rate*x", "rate·x"),
        ("a*sin(b*x)", "asinbx"),
        ("max(a*x, -b*x)", "maxax,−bx"),
        ("alpha*x + Omega", "αx+Ω"),
        ("pi*e*x", "πex"),
        ("w_1*x + w12", "w1x+w12"),
        ("theta_out*x", "θoutx"),
        ("exp(-b*x)", "e−bx"),
        ("1e-3*x", "10−3x"),
        ("2.50*x", "2.50x"),
        (".5*x", "0.5x"),
        ("x**(1/3)", "x1/3"),
        ("2.5e4*x", "2.5·104x"),
        ("a·x² − b", "ax2−b"),
    ],
)
def test_signs_are_those_of_a_textbook(text, shown):
    assert read(page_of(text)) == shown


def test_a_fraction_beside_a_number_is_not_read_as_a_mixed_number():
    assert "·" in read(page_of("2*(1/x)"))


def test_variables_are_italic_and_numbers_and_functions_upright():
    fonts = {mark.text: mark.font for _, _, mark in letters_of(page_of("2*a*sin(x) + Omega"))}
    assert {text for text, font in fonts.items() if font.italic()} == {"a", "x"}
    assert {"2", "sin", "Ω"} <= fonts.keys()


def test_the_left_side_is_written_before_the_formula():
    assert read(page_of("m*x", left="L")) == "L=mx"
    assert read(page_of("m*x", left="yhat")) == "y=mx"
    assert len(shapes_of(page_of("m*x", left="yhat"))) == 1  # the hat


# -- parentheses -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "(a*x) + (b*c)",
        "(a + b) + x",
        "(a*b)*x",
        "(x**2)*a",
        "a*x**(b + c)",
        "a + (x/b)",
        "-(a*x)",
        "(-a)*x",
        "exp(a + b*x)",
        "x**-1",
    ],
)
def test_no_parentheses_where_none_are_needed(text):
    shapes = [each for each in shapes_of(page_of(text)) if each.height() > each.width()]
    assert shapes == []


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("a - (b - x)", 1),
        ("a - (b + x)", 1),
        ("a*(b + x)", 1),
        ("(a + b)*x", 1),
        ("a*(b*x)", 1),
        ("a - (-x)", 1),
        ("a + -x", 1),
        ("a - -b*x", 1),
        ("a - (b - c)*x", 1),
        ("x**(a - -b/c)", 1),
        ("a*-x", 1),
        ("-(-x)", 1),
        ("-(-x)**2", 1),
        ("-(a + x)", 1),
        ("(-x)**2", 1),
        ("(a*x)**2", 1),
        ("(x**a)**b", 1),
        ("x**a**b", 0),
        ("(sin(x))**2", 2),
        ("exp(x)**2", 1),
        ("(1e3)**x", 1),
        ("x**(a/b*c)", 1),
        ("x**(a/(b*c))", 1),
        ("x**(a*b/c)", 0),
        ("x**(-a/b*c)", 1),
    ],
)
def test_parentheses_where_the_formula_would_be_another_one_without(text, pairs):
    assert parentheses(text) == pairs


def test_parentheses_are_as_tall_as_what_they_hold():
    low, _ = shapes_of(page_of("a*(b + x)"))
    tall = max(shapes_of(page_of("(a/x)**2")), key=QRectF.height)
    assert tall.height() > 1.5 * low.height()


# -- where things are ------------------------------------------------------------------------


def test_a_quotient_is_a_fraction_with_its_bar_between():
    page = page_of("a/x")
    (bar,) = shapes_of(page)
    (left, above, _), (right, below, _) = place(page, "a"), place(page, "x")
    assert above < bar.top() < bar.bottom() < below
    assert bar.left() <= min(left, right)
    assert bar.width() > bar.height()


def test_a_fraction_s_bar_is_at_the_height_of_the_signs():
    page = page_of("b + a/x")
    (bar,) = shapes_of(page)
    middle = page_of("b + a")
    (_, y, plus) = next(each for each in letters_of(middle) if each[2].text == "+")
    assert bar.center().y() == pytest.approx(y - 0.25 * _em(plus), abs=0.12 * _em(plus))


def _em(glyphs: Glyphs) -> float:
    return glyphs.font.pointSizeF() * 96 / 72


def test_exponents_are_raised_and_smaller_and_those_of_exponents_again():
    page = page_of("a**b**x")
    (ax, ay, a), (bx, by, b), (cx, cy, c) = (place(page, each) for each in "abx")
    assert ax < bx < cx
    assert ay > by > cy
    assert a > b > c


def test_subscripts_are_lowered_and_an_exponent_stands_above_them():
    page = page_of("w_1**2*x")
    (_, y, size), (sub_x, sub_y, sub) = place(page, "w"), place(page, "1")
    (sup_x, sup_y, _) = place(page, "2")
    assert sup_y < y < sub_y
    assert sub < size
    assert abs(sup_x - sub_x) < 4


def test_a_root_covers_what_it_is_of():
    page = page_of("sqrt(a*x + b)")
    sign, bar = sorted(shapes_of(page), key=QRectF.width)
    x, y, size = place(page, "b")
    assert bar.top() < y - size / 2
    assert bar.left() <= sign.right() <= place(page, "a")[0]
    assert bar.right() > x + size / 3


def test_an_absolute_value_stands_between_bars():
    page = page_of("abs(x)")
    left, right = sorted(shapes_of(page), key=QRectF.left)
    assert left.right() <= place(page, "x")[0] < right.left()
    assert left.height() > 5 * left.width()


LEAVES = ["x", "a", "bc", "2", "0.5", "1e-3", "pi", "alpha"]
FORMULAS = st.recursive(
    st.sampled_from(LEAVES),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "**"]), inner).map(
            lambda parts: "({}{}{})".format(*parts)
        ),
        inner.map(lambda part: f"(-{part})"),
        st.tuples(st.sampled_from(["sin", "exp", "sqrt", "abs", "relu"]), inner).map(
            lambda parts: "{}({})".format(*parts)
        ),
        st.tuples(inner, inner).map(lambda parts: "max({},{})".format(*parts)),
    ),
    max_leaves=12,
)


@settings(deadline=None, max_examples=60)
@given(text=FORMULAS, width=st.sampled_from([90.0, 200.0, WIDE]))
def test_parts_lie_within_the_parts_they_belong_to_and_on_the_page(text, width):
    formula = parse(text, Purpose.TRUTH)
    page = lay_out(formula, "yhat", QFont(), width)
    assert page.areas.keys() == set(formula.root.walk())
    whole = QRectF(0, 0, page.width, page.height)
    for part, areas in page.areas.items():
        assert areas
        for area in areas:
            assert whole.contains(area)
        for inner in part.parts:
            for area in page.areas[inner]:
                assert any(each.adjusted(-1, -1, 1, 1).contains(area) for each in areas)


@settings(deadline=None, max_examples=60)
@given(text=FORMULAS)
def test_operands_do_not_overlap(text):
    formula = parse(text, Purpose.TRUTH)
    page = lay_out(formula, "", QFont(), WIDE)
    for part in formula.root.walk():
        for one, other in pairwise(part.parts):
            (first,), (second,) = page.areas[one], page.areas[other]
            both = first.intersected(second)
            assert min(both.width(), both.height()) < 1.5


def test_a_sum_ends_before_the_next_sign():
    formula = parse("a + b - c*x")
    page = lay_out(formula, "yhat", QFont(), WIDE)
    (both,), (whole,) = page.areas[formula.root.left], page.areas[formula.root]
    (minus,) = (x for x, _, mark in letters_of(page) if mark.text == "−")
    assert place(page, "=")[0] < both.left() == whole.left()
    assert place(page, "b")[0] < both.right() < minus < whole.right()


# -- room ------------------------------------------------------------------------------------

LONG = " + ".join(f"a{n}*relu(x - b{n})" for n in range(8))


def test_a_formula_is_written_smaller_before_it_is_broken():
    whole = page_of(LONG)
    slightly = page_of(LONG, 0.9 * whole.width)
    assert _lines(slightly) == _lines(whole) == 1
    assert slightly.width <= 0.9 * whole.width
    sizes = [
        min(mark.font.pointSizeF() for _, _, mark in letters_of(each)) for each in (slightly, whole)
    ]
    assert sizes[0] < sizes[1]


def test_a_long_sum_is_broken_before_its_signs():
    page = page_of(LONG, 250)
    assert page.width <= 250
    assert _lines(page) > 2
    first = {y: "" for _, y, _ in letters_of(page)}
    for _, y, mark in sorted(letters_of(page), key=lambda each: each[0]):
        first[y] = first[y] or mark.text
    assert sum(text == "+" for text in first.values()) == _lines(page) - 1


def _lines(page: Page) -> int:
    return len({y for _, y, mark in letters_of(page) if mark.text == "relu"})


def test_text_never_gets_smaller_than_can_be_read():
    page = page_of(f"({LONG})/x", 100)
    assert page.width > 100
    size = QFont().pointSizeF()
    assert all(mark.font.pointSizeF() >= 0.68 * size for _, _, mark in letters_of(page))


def test_simple_formulas_are_equally_high_and_on_the_same_line():
    pages = [page_of(text) for text in ("x", "m*x", "m*x + c", "a*x**2", "a/x + c", "sin(x)")]
    assert len({page.height for page in pages}) == 1
    baselines = {place(page, "c")[1] for page in (pages[2], pages[4])}
    assert len(baselines) == 1

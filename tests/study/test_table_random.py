"""Whatever bytes a file has: every row is a point or reported, and nothing else is raised.

To search longer::

    CHAINRULE_FUZZ=100000 python -m pytest --no-cov -n 0 tests/study/test_table_random.py
"""

import csv
import io
import math
import os
import re
import time

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.study.points import LARGEST
from app.study.table.decoding import decode
from app.study.table.layout import DecimalSign, Delimiter, Layout
from app.study.table.table import ROW_NUMBER, Table

FUZZED = settings(
    deadline=None,
    max_examples=int(os.environ.get("CHAINRULE_FUZZ", "150")),
    suppress_health_check=[HealthCheck.too_slow],
)
LAYOUTS = st.builds(Layout, st.sampled_from(Delimiter), st.sampled_from(DecimalSign), st.booleans())
WRITTEN = st.sampled_from(
    [
        (",", "."),
        (";", "."),
        (";", ","),
        ("\t", "."),
        ("\t", ","),
        ("|", "."),
        ("|", ","),
        (" ", "."),
        (" ", ","),
    ]
)
FINITE = st.floats(-LARGEST, LARGEST)
TABLE_LIKE = st.text(alphabet="0123456789.,;\t |\"'#-−+eExyna_ \r\n\0", max_size=300)
NO_QUOTES = st.text(alphabet="0123456789.,;\t |#-+exy \n", max_size=200)


def check(table: Table, x: int, y: int) -> None:
    """Every row is a point or left out, in the order of the lines."""
    chosen = table.choose(x, y)
    points = 0 if chosen.points is None else len(chosen.points)
    assert points + chosen.skipped.count == chosen.rows
    assert (points == 0) is bool(chosen.problem)
    said = chosen.skipped.sentences()
    assert len(said) == chosen.skipped.count  # of so few rows each is told
    assert all(sentence.endswith(".") for sentence in [chosen.summary, *said])
    lines = [each for row in chosen.skipped.first for each in (row.line, row.last_line)]
    assert lines == sorted(lines)
    assert len(re.split(r"\r\n|\r|\n", table.text)) >= chosen.rows + chosen.comments


def check_all_ways(text: str, layout: Layout) -> None:
    start = time.process_time()
    for table in (Table(text), Table(text, layout)):
        check(table, *table.suggest())
        if table.columns:
            check(table, ROW_NUMBER, len(table.columns) - 1)
            check(table, len(table.columns) - 1, 0)
    assert time.process_time() - start < 5


@given(st.binary(max_size=400), LAYOUTS)
@example(b'"', Layout(Delimiter.COMMA, DecimalSign.POINT, header=True))
@example(b"\xff\xfe\x00", Layout(Delimiter.COMMA, DecimalSign.POINT, header=True))
@example(b"\xff\xfe\x00\x00\x01", Layout(Delimiter.COMMA, DecimalSign.POINT, header=True))
@FUZZED
def test_any_bytes_are_a_table_or_a_sentence(content, layout):
    check_all_ways(decode(content)[0], layout)


@given(TABLE_LIKE, LAYOUTS)
@FUZZED
def test_any_text_is_a_table_or_a_sentence(text, layout):
    check_all_ways(text, layout)


@given(NO_QUOTES, LAYOUTS)
@FUZZED
def test_without_quotes_every_line_that_is_not_empty_is_a_row(text, layout):
    lines = [line for line in text.split("\n") if line.strip(" \t")]
    comments = sum(line.strip(" \t").startswith("#") for line in lines)
    table = Table(text, layout)
    chosen = table.choose(*table.suggest())
    assert chosen.comments == comments
    assert chosen.rows == max(0, len(lines) - comments - layout.header)


@given(
    st.lists(st.lists(FINITE, min_size=3, max_size=3), min_size=1, max_size=40),
    WRITTEN,
    st.booleans(),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.booleans(),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
)
@FUZZED
def test_what_was_written_is_read_back(rows, written, header, end, quoting, minus, encoding):
    delimiter, decimal = written
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter, lineterminator=end, quoting=quoting)
    if header:
        writer.writerow(["Länge", "y value", "z"])
    sign = "−" if minus and encoding != "cp1252" else "-"
    for row in rows:
        writer.writerow([repr(cell).replace(".", decimal).replace("-", sign) for cell in row])
    text, _ = decode(file.getvalue().encode(encoding))
    table = Table(text)
    assert table.layout.delimiter.value == delimiter
    assert table.layout.header is header
    assert table.columns == (
        ("Länge", "y value", "z") if header else ("column 1", "column 2", "column 3")
    )
    for x, y in ((0, 1), (2, 0)):
        chosen = table.choose(x, y)
        assert chosen.points is not None
        assert chosen.points.x.tolist() == [row[x] for row in rows]
        assert chosen.points.y.tolist() == [row[y] for row in rows]
        assert chosen.summary.endswith(f"from {len(rows)} row{'s' * (len(rows) > 1)}.")


WRONG = st.sampled_from(["", "abc", "nan", "inf", "1e999", "1_0", "0x1", "--1", "1 000", "12:30"])
CELLS = st.tuples(FINITE.map(repr), st.just(True)) | st.tuples(WRONG, st.just(False))


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=60))
@FUZZED
def test_wrong_rows_and_no_others_are_left_out(rows):
    text = "x,y\n" + "".join(f"{x},{y}\n" for (x, _), (y, _) in rows)
    table = Table(text, Layout(Delimiter.COMMA, DecimalSign.POINT, header=True))
    chosen = table.choose(0, 1)
    good = [(float(x), float(y)) for (x, x_good), (y, y_good) in rows if x_good and y_good]
    wrong = [line for line, row in enumerate(rows, 2) if not (row[0][1] and row[1][1])]
    assert [row.line for row in chosen.skipped.first] == wrong
    if good:
        assert chosen.points is not None
        assert list(zip(chosen.points.x, chosen.points.y, strict=True)) == good
        assert all(map(math.isfinite, chosen.points.x))

"""A table is read as it is meant, and what cannot be read is named by its line."""

import codecs

import numpy as np
import pytest

from app.study.points import MOST_POINTS
from app.study.table.decoding import LARGEST_FILE, TableError, decode, read_source
from app.study.table.layout import DecimalSign, Delimiter, Layout
from app.study.table.rows import Cancelled
from app.study.table.table import ROW_NUMBER, Table

POINT, COMMA = DecimalSign
TWO = [(1, 2), (3, 4)]


def read(text, layout=None):
    table = Table(text, layout)
    return table.choose(*table.suggest())


def places(chosen):
    return list(zip(chosen.points.x.tolist(), chosen.points.y.tolist(), strict=True))


# -- how a table is written ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "delimiter", "decimal", "header", "expected"),
    [
        ("x,y\n1,2\n3,4\n", Delimiter.COMMA, POINT, True, TWO),
        ("1,2\n3,4", Delimiter.COMMA, POINT, False, TWO),
        ("1, 2\n3, 4", Delimiter.COMMA, POINT, False, TWO),
        ("x;y\n3,14;2,7\n1;2", Delimiter.SEMICOLON, COMMA, True, [(3.14, 2.7), (1, 2)]),
        ("3.14;2.7", Delimiter.SEMICOLON, POINT, False, [(3.14, 2.7)]),
        ("x\ty\n3,14\t2,7", Delimiter.TAB, COMMA, True, [(3.14, 2.7)]),
        ("x\ty\n3.14\t2.7", Delimiter.TAB, POINT, True, [(3.14, 2.7)]),
        ("3,5|4\n1|2", Delimiter.PIPE, COMMA, False, [(3.5, 4), (1, 2)]),
        ("  1   2 \n3 4", Delimiter.SPACES, POINT, False, TWO),
        ("a b\n1,5 2,5\n", Delimiter.SPACES, COMMA, True, [(1.5, 2.5)]),
        ('"3,14","2,7"\n"1","2"', Delimiter.COMMA, COMMA, False, [(3.14, 2.7), (1, 2)]),
        ('"1" , "2"\n"3" , "4"', Delimiter.COMMA, POINT, False, TWO),
        ("time in s, length in m\n1, 2\n3, 4", Delimiter.COMMA, POINT, True, TWO),
        ("x,y,\n1,2,\n3,4,\n", Delimiter.COMMA, POINT, True, TWO),
        ("1,2,\n3,4,\n", Delimiter.COMMA, POINT, False, TWO),
        ("date;v;w\n01.02.2020;3,5;1\n02.02.2020;4;2", *[Delimiter.SEMICOLON, COMMA], True, 0),
        ("2020-01-01 12:00;3,5\n2020-01-02 12:00;4,5", *[Delimiter.SEMICOLON, COMMA], False, 0),
        ("x\n3,14\n2,71\n", Delimiter.NONE, COMMA, True, [(1, 3.14), (2, 2.71)]),
        ("5\n6\n7", Delimiter.NONE, POINT, False, [(1, 5), (2, 6), (3, 7)]),
        ("x,y\n1,2\n3\n5,6", Delimiter.COMMA, POINT, True, [(1, 2), (5, 6)]),
        ("−1,−2\n-3,+4", Delimiter.COMMA, POINT, False, [(-1, -2), (-3, 4)]),
        ("1e-3,.5\n1E3,5.", Delimiter.COMMA, POINT, False, [(0.001, 0.5), (1000, 5)]),
    ],
)
def test_a_layout_is_found(text, delimiter, decimal, header, expected):
    assert Table(text).layout == Layout(delimiter, decimal, header)
    if expected:
        assert places(read(text)) == expected


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
def test_lines_end_as_on_any_system(end, last):
    text = end.join(["x,y", "1,2", "", "3,a", "3,4"]) + (end if last else "")
    chosen = read(text)
    assert places(chosen) == TWO
    assert [row.line for row in chosen.skipped.first] == [4]


def test_columns_of_numbers_are_suggested_and_the_rows_number_where_there_is_one_only():
    assert Table("name,a,b\nx,1,2\ny,3,4").suggest() == (1, 2)
    assert Table("name,a\nx,1\ny,3").suggest() == (ROW_NUMBER, 1)
    assert Table("name,place\nx,z\ny,w").suggest() == (0, 1)


def test_a_layout_that_is_given_is_taken():
    layout = Layout(Delimiter.SEMICOLON, COMMA, header=False)
    assert places(read("1,5;2\n3;4", layout)) == [(1.5, 2), (3, 4)]
    as_names = Layout(Delimiter.COMMA, POINT, header=True)
    assert Table("1,2\n3,4", as_names).columns == ("1", "2")
    assert places(read("1,2\n3,4", as_names)) == [(3, 4)]


def test_names_are_made_different_and_given_where_there_are_none():
    table = Table("a,a, ,a (2),a\n1,2,3,4,5\n")
    assert table.columns == ("a", "a (2)", "column 3", "a (2) (2)", "a (3)")
    assert Table("1,2").columns == ("column 1", "column 2")


def test_the_preview_is_the_first_hundred_rows_below_the_names():
    table = Table("x,y\n" + "\n".join(f"{i},{2 * i}" for i in range(500)))
    assert [row.cells for row in table.preview] == [[f"{i}", f"{2 * i}"] for i in range(100)]
    assert [row.line for row in table.preview] == list(range(2, 102))


# -- rows ------------------------------------------------------------------------------------


def test_wrong_rows_are_named_by_line_with_what_is_wrong():
    text = (
        "# made by hand\n"
        "x,y,note\n"
        "1.5,2.5,ok\n"
        "abc,2,\n"
        "\n"
        "3\n"
        "3,,\n"
        "4,nan,\n"
        "4,-inf,\n"
        "4,1e999,\n"
        '5,"1,234.5",\n'
        '5,"1,5",\n'
        "5,1 000,\n"
        "5,1_000,\n"
        "6,7,8,9\n"
        '7,8,"several\nlines"\n'
        f"{'z' * 40},1\n"
        "8,\0\n"
        '"9\n9",1\n'
        '10,"11\n'
    )
    chosen = Table(text, Layout(Delimiter.COMMA, POINT, header=True)).choose(0, 1)
    assert places(chosen) == [(1.5, 2.5), (7, 8)]
    assert chosen.skipped.sentences() == [
        "Line 4: “abc” in column x is no number.",
        "Line 6: has no cell for column y.",
        "Line 7: column y is empty.",
        "Line 8: “nan” in column y is not finite.",
        "Line 9: “-inf” in column y is not finite.",
        "Line 10: “1e999” in column y is too large.",
        "Line 11: “1,234.5” in column y has separators between thousands; write it without.",
        "Line 12: “1,5” in column y has a decimal comma, where a decimal point is expected.",
        "Line 13: “1 000” in column y has separators between thousands; write it without.",
        "Line 14: “1_000” in column y is no number.",
        "Line 15: has 4 cells instead of 3.",
        f"Line 18: “{'z' * 30}…” in column x is no number.",
        "Line 19: “�” in column y is no number.",
        "Lines 20 to 21: “9�9” in column x is no number.",
        "Line 22: has a quotation mark too many.",
    ]
    assert chosen.rows == 17
    assert chosen.summary == (
        "2 points from 17 rows; 15 rows are left out; 1 comment line is passed over."
    )


def test_a_decimal_point_among_decimal_commas_is_not_taken_for_one():
    text = "1,5;2\n1.500;3\n2,5;4\n1.234,5;1\n0.5;3\n"
    chosen = Table(text, Layout(Delimiter.SEMICOLON, COMMA, header=False)).choose(0, 1)
    assert places(chosen) == [(1.5, 2), (2.5, 4)]
    assert chosen.skipped.sentences() == [
        "Line 2: “1.500” in column 1 has separators between thousands; write it without.",
        "Line 4: “1.234,5” in column 1 has separators between thousands; write it without.",
        "Line 5: “0.5” in column 1 has a decimal point, where a decimal comma is expected.",
    ]


def test_rows_that_a_stray_quotation_mark_takes_in_are_reported():
    chosen = read('0,0,a\n1,2,"foo\n3,4,b\n5,6,"bar\n7,8,c\n')
    assert places(chosen) == [(0, 0), (7, 8)]
    assert chosen.skipped.sentences() == ["Lines 2 to 4: has a quotation mark too many."]


def test_a_cell_of_monstrous_length_is_reported_and_reading_goes_on():
    chosen = read(f"1,2\n3,{'4' * 200_000}\n5,6\n")
    assert places(chosen) == [(1, 2), (5, 6)]
    assert chosen.skipped.sentences() == ["Line 2: has a cell of more than 131,072 characters."]


def test_rows_above_the_names_are_left_out_and_said_to_be():
    chosen = read("measured on Monday\n\nx;y\n1;2\n3;4\n")
    assert places(chosen) == TWO
    assert chosen.skipped.sentences() == ["Line 1: stands above the names of the columns."]


def test_of_many_wrong_rows_the_first_are_told_and_the_rest_counted():
    chosen = read("x,y\n" + "1,2\n" * 5000 + "1,z\n" * 4000)
    said = chosen.skipped.sentences()
    assert len(said) == 1001
    assert said[0] == "Line 5,002: “z” in column y is no number."
    assert said[-1] == "And 3,000 more rows, the last in line 9,001."
    assert chosen.summary == "5,000 points from 9,000 rows; 4,000 rows are left out."


def test_the_rows_number_counts_the_rows_that_are_left_out():
    assert places(read("v\n5\nx\n\n7\n")) == [(1, 5), (3, 7)]


def test_a_column_that_has_a_name_and_no_numbers_is_there():
    table = Table("x,y,z\n1,2,\n3,4,\n")
    assert table.columns == ("x", "y", "z")
    assert table.choose(0, 2).skipped.sentences()[0] == "Line 2: column z is empty."


def test_any_column_can_be_either_and_both():
    table = Table("a,b\n1,2\n3,4")
    assert places(table.choose(1, 0)) == [(2, 1), (4, 3)]
    assert places(table.choose(1, 1)) == [(2, 2), (4, 4)]
    assert places(table.choose(ROW_NUMBER, 1)) == [(1, 2), (2, 4)]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "There is no row in it. A table has a row with two numbers for every point."),
        ("# a\n\n", "There is no row in it. A table has a row with two numbers for every point."),
        (
            "name,place\nAnna,Bonn\n",
            "No row has a number in column name and in column place. Found: 1 row, 2 columns. "
            "Choose other columns, or how the table is written.",
        ),
        (
            '"',
            "No row has a number in column 1. Found: 1 row, 1 column. "
            "Choose other columns, or how the table is written.",
        ),
    ],
)
def test_a_table_without_points_says_what_was_found_and_what_is_needed(text, problem):
    chosen = read(text)
    assert chosen.points is None
    assert chosen.problem == chosen.summary == problem


def test_a_million_points_are_read_and_of_more_a_sentence_says_so():
    rows = "\n".join(map(str, range(MOST_POINTS)))
    chosen = read(rows)
    assert chosen.points.y.tolist() == list(range(MOST_POINTS))
    chosen = read(rows + "\n1")
    assert chosen.points is None
    assert chosen.problem.startswith("There are more than 1,000,000 points")


def test_reading_tells_how_far_it_is_and_ends_when_told_to():
    table = Table("1,2\n" * 500_000)
    shares = []
    table.choose(0, 1, lambda share: shares.append(share) or True)
    assert len(shares) > 5
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert shares[-1] < 1
    with pytest.raises(Cancelled):
        table.choose(0, 1, lambda share: share < 0.5)


# -- files -----------------------------------------------------------------------------------

WORDS = "größe;ñ\n1;2\n"


@pytest.mark.parametrize(
    ("content", "note"),
    [
        (WORDS.encode(), ""),
        (WORDS.encode("utf-8-sig"), ""),
        (WORDS.encode("utf-16"), ""),
        (codecs.BOM_UTF16_BE + WORDS.encode("utf-16-be"), ""),
        (WORDS.encode("utf-32"), ""),
        (
            WORDS.encode("cp1252"),
            "The text is not UTF-8; it is read as Western European (Windows-1252).",
        ),
    ],
)
def test_a_file_is_decoded(tmp_path, content, note):
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    source = read_source(path)
    assert (source.text, source.name, source.note) == (WORDS, "table.csv", note)


def test_bytes_that_are_no_text_are_some_text():
    assert decode(b"\x81\xff")[0] == "\x81ÿ"
    text, note = decode(codecs.BOM_UTF16_LE + b"1\0,\0002")
    assert text.startswith("1,")
    assert note == "The text is damaged: not all of it is UTF-16."


def test_a_file_that_cannot_be_read_is_refused_in_a_sentence(tmp_path):
    for path, reason in ((tmp_path / "none.csv", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(TableError, match=f"could not be read: {reason}"):
            read_source(path)
    large = tmp_path / "large.csv"
    with large.open("wb") as file:
        file.truncate(LARGEST_FILE + 1)
    with pytest.raises(TableError, match="is larger than 256 MB"):
        read_source(large)


def test_numbers_are_read_to_the_last_digit():
    numbers = (
        np.random.default_rng(2).normal(size=(5000, 2))
        * 10.0 ** np.arange(-400, 98, 0.0996)[:, None]
    )
    text = "\n".join(f"{x!r}\t{y!r}" for x, y in numbers.tolist())
    assert places(read(text)) == list(map(tuple, numbers.tolist()))

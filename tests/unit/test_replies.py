"""Each reader of a reply says what is wrong, and reads no more leniently than it says."""

import zipfile
from dataclasses import replace

import pytest

from orchestration import replies
from orchestration.replies import KEY, Call, PassingError, RefusedError, read_csv, read_json, read_xml, unzip

from .test_hostile_replies import packed, reply


def test_a_document_type_without_entities_is_refused_too() -> None:
    with pytest.raises(RefusedError, match=r"^the reply declares entities or a document type \(DTDForbidden\)$"):
        read_xml(reply(b"<!DOCTYPE response><response/>"))


@pytest.mark.parametrize(
    ("read", "content", "said"),
    [
        (read_xml, b"<a>oops", r"^the reply is not XML \(no element found.*\): <a>oops$"),
        (read_json, b'{"a": 1, "a": 2}', r"^the reply is not JSON \(a name is given twice\): "),
        (read_json, b"[NaN]", r"^the reply is not JSON \(NaN is not a number of JSON\): "),
        (read_json, b"[1e999]", r"^the reply is not JSON \(1e999 is larger than any number can be\): "),
        (read_csv, b'a,b\n"1"x,2\n', r"^the reply holds no table \("),
        (read_csv, b"", r"^the reply holds no table \("),
        (read_csv, b"a,b\n1\n", r"^line 2 of the reply has not the 2 cells of its header$"),
        (read_csv, b"a\xff\n", r"^the reply is not text in UTF-8 \(invalid start byte at byte 1\)$"),
    ],
)
def test_what_cannot_be_read_is_told_with_the_reason_and_may_pass(read, content: bytes, said: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(PassingError, match=said):
        read(reply(content))


def test_a_cell_keeps_its_line_breaks_and_the_first_of_two_columns_of_one_name_counts() -> None:
    assert read_csv(reply(b'a,b,a,\n"1\r\n2",3,4,5\n\n')) == [{"a": "1\r\n2", "b": "3"}]


def test_a_zip_as_long_as_may_be_is_read_and_a_longer_one_refused() -> None:
    whole = packed("a.csv", b"x" * 100)
    assert unzip(reply(whole), 100).content == b"x" * 100
    with pytest.raises(RefusedError, match=r"^the file in the zip has 100 bytes, more than 99$"):
        unzip(reply(whole), 99)


def test_a_zip_is_told_as_what_it_is() -> None:
    with pytest.raises(
        RefusedError, match=r"^the file in the zip is packed by another way than deflate, whose size has no bound$"
    ):
        unzip(reply(packed("a.csv", b"x", packing=zipfile.ZIP_BZIP2)), 10)
    with pytest.raises(PassingError, match=r"^the reply is not a zip of one file \(File is not a zip file\): no zip$"):
        unzip(reply(b"no zip"), 10)


def test_a_zip_that_lies_of_its_size_is_never_unpacked_beyond_it(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int | None] = []
    whole = zipfile.ZipExtFile.read

    def counted(self: zipfile.ZipExtFile, size: int | None = -1) -> bytes:
        read.append(size)
        return whole(self, size)

    monkeypatch.setattr(zipfile.ZipExtFile, "read", counted)
    with pytest.raises(PassingError):
        unzip(reply(packed("a.csv", b"x" * 1_000_000, said_bytes=10)), 99)
    assert set(read) <= {10, 1}


def test_a_zip_that_gives_out_for_empty_what_is_not_is_refused() -> None:
    """Nothing is read of what has no length, so nothing is found amiss unless one byte more is asked for."""
    with pytest.raises(PassingError, match=r"^the reply is not a zip of one file \(Bad CRC-32 for file 'a\.csv'\): PK"):
        unzip(reply(packed("a.csv", b"x" * 1_000_000, said_bytes=0)), 99)


def test_a_zip_that_holds_less_than_it_says_is_told_so() -> None:
    with pytest.raises(PassingError, match=r" \(it holds not as much as it says\): PK"):
        unzip(reply(packed("a.csv", b"x" * 100, said_bytes=5_000)), 9_999)


def test_what_is_unpacked_is_still_the_answer_to_its_call() -> None:
    answer = replace(reply(packed("a.csv", b"x")), status=206, headers={"date": "today"})
    assert unzip(answer, 1) == replace(answer, content=b"x")


def test_lines_may_end_as_on_an_old_mac() -> None:
    assert read_csv(reply(b"a,b\r1,2\r3,4\r")) == [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]


@pytest.mark.parametrize(
    ("read", "most", "content"),
    [
        (read_xml, "MOST_TAGS", "<a>XXXXXXXX</a>"),
        (read_json, "MOST_VALUES", '["XXXXXXXX",1]'),
        (read_csv, "MOST_CELLS", "XXXX,XXXX\r"),
    ],
)
def test_as_many_parts_as_may_be_are_read_and_one_more_is_refused(  # type: ignore[no-untyped-def]
    monkeypatch: pytest.MonkeyPatch, read, most: str, content: str
) -> None:
    monkeypatch.setattr(replies, most, 2)
    read(reply(content.encode()))
    monkeypatch.setattr(replies, most, 1)
    with pytest.raises(
        RefusedError, match=r"^the reply has 2 parts, and 1 is more than any table of this publisher has$"
    ):
        read(reply(content.encode()))


@pytest.mark.parametrize(
    ("params", "address"),
    [
        ({}, "https://example.org"),
        ({"key": KEY}, "https://example.org"),
        ({"key": f"id={KEY}", "year": "2025", "name": "a b"}, "https://example.org?year=2025&name=a+b"),
    ],
)
def test_an_address_is_told_without_what_holds_the_key(params: dict[str, str], address: str) -> None:
    assert Call("https://example.org", params, {"authorization": KEY}).address == address


def test_columns_stay_in_the_order_of_the_header() -> None:
    (row,) = read_csv(reply(b"b,c,a\n1,2,3\n"))
    assert list(row.items()) == [("b", "1"), ("c", "2"), ("a", "3")]


def test_json_that_is_nested_without_end_is_refused() -> None:
    with pytest.raises(RefusedError, match=r"^the reply is JSON nested too deep to be data$"):
        read_json(reply(b"[" * 100_000))


def test_of_a_number_that_is_too_large_the_first_twenty_signs_are_told() -> None:
    with pytest.raises(PassingError, match=r"\(9{20} is larger than any number can be\)"):
        read_json(reply(b"[" + b"9" * 30 + b"e999]"))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"<p>\n  wrong\tkey </p>", "<p> wrong key </p>"),
        (b"x" * 160, "x" * 160),
        (b"x" * 161, "x" * 160 + "…"),
        (b" " * 1999 + b"ab", "a"),
        (b"a\xff", "a\ufffd"),
    ],
)
def test_of_a_long_answer_the_first_words_are_told(content: bytes, told: str) -> None:
    assert reply(content).opening == told


def test_a_publisher_may_name_the_time_to_wait_or_none() -> None:
    assert PassingError("busy", 1.5).retry_after_seconds == 1.5
    assert PassingError("busy").retry_after_seconds is None

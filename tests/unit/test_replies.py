"""Each reader of a reply says what is wrong, and reads no more leniently than it says."""

import zipfile

import pytest

from orchestration.replies import PassingError, RefusedError, read_csv, read_json, read_xml, unzip

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

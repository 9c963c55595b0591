"""CEPII over the wire and from the disk: one large zip, which may be cut off, forged or of another shape."""

from datetime import date

import pytest

from orchestration.fetch_shown import chosen

from . import baci
from .fetching import Desk
from .server import Answer

TABLE = "baci/flows"
FLOWS = len(baci.flows(2024).splitlines()) - 1


@pytest.fixture(autouse=True)
def institute(desk: Desk) -> None:
    desk.served.always(baci.HOST, baci.answer())


def test_the_newest_release_is_one_printing_known_from_the_end_of_its_month(desk: Desk) -> None:
    part = desk.fetch(TABLE)
    (release,) = desk.held(TABLE)
    assert part.outcomes == {"kept": 1}
    assert [asked.path for asked in desk.served.asked] == [f"DATA_DOWNLOAD/baci/data/{baci.NAME}"]
    assert (release.scope, release.row_count) == ("HS17", 3 * FLOWS)
    assert (release.period_from, release.period_to) == (date(2022, 1, 1), date(2024, 12, 1))
    assert release.known_from.date() == date(2026, 1, 31)
    assert desk.rows(TABLE)[0] == {
        "t": "2022",
        "i": "410",
        "j": "276",
        "k": "010121",
        "v": "1.000",
        "q": "12.5",
        "edition": "HS17",
        "release": "V202601",
    }
    assert list((desk.at.downloads / "baci").iterdir()) == []


def test_the_same_file_again_adds_nothing(desk: Desk) -> None:
    desk.fetch(TABLE)
    assert desk.fetch(TABLE, again=True).outcomes == {"unchanged": 1}
    assert len(desk.held(TABLE)) == 1


def test_only_the_years_asked_for_are_read(desk: Desk) -> None:
    desk.fetch(TABLE, first=date(2024, 1, 1))
    assert {row["t"] for row in desk.rows(TABLE)} == {"2024"}


def test_files_that_the_user_brought_are_read_and_left_and_nothing_is_asked(desk: Desk) -> None:
    folder = desk.at.downloads / "baci"
    folder.mkdir(parents=True)
    older = baci.zipped(baci.years((1995, 1996), "HS92", "V202501"))
    (folder / "BACI_HS92_V202501.zip").write_bytes(older)
    (folder / baci.NAME).write_bytes(baci.whole())
    (folder / "notes.txt").write_text("mine")
    assert desk.fetch(TABLE, first=date(1995, 1, 1)).outcomes == {"kept": 1}
    assert desk.served.asked == []
    assert [(release.scope, release.url) for release in desk.held(TABLE)] == [
        ("HS92", "BACI_HS92_V202501.zip"),
        ("HS17", baci.NAME),
    ]
    assert sorted(path.name for path in folder.iterdir()) == [baci.NAME, "BACI_HS92_V202501.zip", "notes.txt"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (baci.whole(**{"../../evil.csv": baci.HEADER}), "leads out of it"),
        (baci.whole(**{"/etc/evil.csv": baci.HEADER}), "leads out of it"),
        (baci.whole(**{"..\\evil.csv": baci.HEADER}), "leads out of it"),
        (baci.whole()[:-200], "is not a whole zip"),
        (baci.whole().replace(b"BACI_HS17_Y2023", b"BACI_HS17_Y2022"), "is not a whole zip|the year 2022 twice"),
        (b"<html>maintenance</html>", "is not a whole zip"),
        (baci.zipped({"Readme.txt": "nothing"}), "lacks files of years; it has none"),
        (baci.zipped(baci.years((2022, 2024))), "lacks files of years; it has 2022, 2024"),
        (baci.zipped(baci.years((2017, 2018))), "the years 2017 to 2018 and none of 2022 to 2024"),
        (baci.zipped(baci.years(release="V202501")), "of another edition or release"),
        (
            baci.zipped(
                baci.years((2022, 2023)) | {"BACI_HS17_Y2024_V202601.csv": "t,i,j,k,v\n2024,410,842,010121,1\n"}
            ),
            "has the columns t, i, j, k, v and not t, i, j, k, v, q",
        ),
        (
            baci.zipped(
                baci.years((2022, 2023)) | {"BACI_HS17_Y2024_V202601.csv": f"{baci.HEADER}\n2024,410,842,010121,1\n"}
            ),
            "Y2024_V202601.csv does not parse",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_cannot_be_right_is_refused_and_nothing_of_it_stays(desk: Desk, content: bytes, said: str) -> None:
    desk.served.always(baci.HOST, baci.answer(content))
    part = desk.fetch(TABLE)
    assert part.outcomes == {"failed": 1}
    assert any(word in part.failures[0] for word in said.split("|"))
    assert desk.held(TABLE) == []
    assert "evil" not in {path.name for path in desk.home.parent.rglob("*")}
    assert [path for path in desk.home.rglob("*") if path.suffix in (".part", ".csv", ".zip")] == []


def test_a_line_that_breaks_is_asked_again_from_the_start(desk: Desk) -> None:
    whole = baci.answer()
    desk.served.fault(Answer(whole.body, kind=whole.kind, cut_after=500))
    assert desk.fetch(TABLE).outcomes == {"kept": 1}
    assert len(desk.served.asked) == 2


def test_a_release_that_is_not_there_is_told_with_its_address(desk: Desk) -> None:
    desk.served.always(baci.HOST, Answer(b"Not Found", 404, "text/html"))
    part = desk.fetch(TABLE)
    assert "status 404" in part.failures[0]
    assert baci.NAME in part.failures[0]


def test_a_file_larger_than_any_of_the_publishers_is_not_read(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestration.sources.baci.LARGEST_YEAR_BYTES", 100)
    assert "more than 100" in desk.fetch(TABLE).failures[0]


def test_it_is_asked_by_name_alone() -> None:
    assert "baci" not in [source.name for source in chosen([])]
    assert [source.name for source in chosen(["baci"])] == ["baci"]

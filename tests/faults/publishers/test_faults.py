"""Whatever a publisher does, a fetch ends in the right rows or in a clear error; nothing is lost, doubled or given away."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime

import pytest

from orchestration.fetch import Part

from . import census, kcs
from .fetching import QUICK, SOME_DAY, Desk
from .server import Answer, packed

KCS, CENSUS = "kcs/country_totals", "census/country_exports"
MAY = date(2026, 5, 1)
ITEMS = kcs.country_items("202605")
GOOD = kcs.answer([*ITEMS, kcs.total(ITEMS)])
TABLE = census.table("CTY_CODE,CTY_NAME,ALL_VAL_MO", "2026-05")
BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><response>&b;</response>'
OUTSIDE = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]><response>&a;</response>'


@pytest.fixture(autouse=True)
def publishers(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENTREPOT_KCS_KEY", kcs.WORKING_KEY)
    monkeypatch.setenv("ENTREPOT_CENSUS_KEY", census.WORKING_KEY)
    desk.served.always(kcs.HOST, kcs.publisher)
    desk.served.always(census.HOST, census.publisher)


def of_may(desk: Desk, table: str, again: bool = False) -> Part:
    return desk.fetch(table, first=MAY, last=MAY, again=again)


@dataclass(frozen=True)
class Fault:
    name: str
    table: str
    answer: Answer
    said: str
    tries: int


def cases(table: str, tries: int, **answers: tuple[Answer, str]) -> list[Fault]:
    return [Fault(name, table, answer, said, tries) for name, (answer, said) in answers.items()]


def without(items: list[kcs.Item], name: str, new: str | None = None) -> Answer:
    return kcs.answer(
        [
            {(new or "") if key == name and new else key: text for key, text in item.items() if key != name or new}
            for item in items
        ]
    )


REFUSED_AT_ONCE = [
    *cases(
        KCS,
        1,
        no_key=(kcs.gateway("20"), "no key came"),
        wrong_key_or_service_not_applied_for=(kcs.gateway("30", status=401), "not registered.*No more was asked"),
        expired_key=(kcs.gateway("31"), "expired"),
        address_not_allowed=(kcs.gateway("32"), "another address"),
        wrong_key_said_with_status_200=(kcs.gateway("30", status=200), "not registered"),
        no_such_operation=(kcs.gateway("12", status=400), "does not exist"),
        bad_parameter=(kcs.gateway("10", "INVALID_REQUEST_PARAMETER", 400), "INVALID_REQUEST_PARAMETER.*code 10"),
        too_many_months=(kcs.answer([], "99", "조회기간은 1년이내"), "조회기간은 1년이내"),
        unknown_country=(kcs.answer([], "99", "국가코드를 확인하세요"), "국가코드를 확인하세요"),
        xml_bomb=(Answer(BOMB), "entities or a document type"),
        external_entity=(Answer(OUTSIDE), "entities or a document type"),
        gigantic_by_its_header=(Answer(b"", headers={"Content-Length": "99999999999"}), "announces more than"),
        redirect_to_another_host=(
            Answer(status=302, headers={"Location": "http://localhost:1/elsewhere"}),
            "redirects to another host .localhost",
        ),
        redirect_without_end=(
            Answer(status=302, headers={"Location": "/apis.data.go.kr/again"}),
            "redirects more than 3 times|not followed",
        ),
        not_found=(Answer(b"nothing here", 404, "text/plain"), "status 404: nothing here"),
        another_packing=(replace(GOOD, headers={"Content-Encoding": "br"}), "packed as br"),
        total_says_more=(kcs.answer([*ITEMS[:104], kcs.total(ITEMS)]), "rows are missing"),
        half_a_month=(kcs.answer(ITEMS[:55]), "has 55 rows; a whole one has at least 100"),
        thousands_instead_of_dollars=(kcs.answer(kcs.country_items("202605", scale=1000)), "the unit changed"),
        another_month=(kcs.answer(kcs.country_items("202604")), "speaks of 2026.04"),
        a_partner_twice=(kcs.answer([*ITEMS, ITEMS[0]]), "two rows for 2026.05 US"),
        a_partner_twice_in_lower_case=(kcs.answer([*ITEMS, ITEMS[0] | {"statCd": "us"}]), "two rows for 2026.05 US"),
        column_gone=(without(ITEMS, "impDlr"), "lacks the column impDlr"),
        column_renamed=(without(ITEMS, "expDlr", "expUsd"), "lacks the column expDlr; it has .*expUsd"),
        a_cell_twice=(Answer(GOOD.body.replace(b"<statCd>US</statCd>", b"<statCd>US</statCd><statCd>CN</statCd>")), "names a cell twice"),
    ),
    *cases(
        CENSUS,
        1,
        census_page_for_a_wrong_key=(census.BAD_KEY, "missing or invalid key.*No more was asked"),
        census_unknown_variable=(Answer(b"error: unknown variable 'ALL_VAL_MO'", 400, "text/plain"), "status 400.*unknown variable"),
        census_object_instead_of_array=(census.answer({"error": "x"}), "not an array of arrays"),
        census_numbers_instead_of_text=(census.answer([TABLE[0], ["1000", "A", 5, "2026-05"]]), "what is not text"),
        census_half=(census.answer(TABLE[:60]), "has 59 rows"),
        census_partner_missing=(census.answer([TABLE[0], *TABLE[12:]]), "rows are missing"),
        census_partner_twice=(census.answer([*TABLE, TABLE[1]]), "two rows for 1000"),
        census_thousands=(census.answer(census.table("CTY_CODE,CTY_NAME,ALL_VAL_MO", "2026-05", scale=1000)), "the unit changed"),
        census_another_month=(census.answer(census.table("CTY_CODE,CTY_NAME,ALL_VAL_MO", "2026-04")), "speaks of 2026-04"),
        census_column_renamed=(census.answer([["CTY_CODE", "CTY_NAME", "ALL_VALUE", "time"], *TABLE[1:]]), "lacks the column ALL_VAL_MO"),
    ),
]  # fmt: skip

ASKED_AGAIN = [
    *cases(
        KCS,
        QUICK.attempts,
        errors_that_stay=(Answer(b"oops", 500), "status 500: oops; tried 3 times"),
        bad_gateway=(Answer(b"", 502), "status 502: no text"),
        too_many_requests=(Answer(b"slow down", 429, "text/plain"), "status 429: slow down"),
        too_many_requests_with_a_time=(Answer(b"", 429, headers={"Retry-After": "0"}), "status 429"),
        gateway_fault=(kcs.gateway("99", "UNKNOWN_ERROR", 200), "UNKNOWN_ERROR .code 99"),
        service_fault=(kcs.answer([], "99", "일시적인 오류"), "일시적인 오류"),
        success_without_items=(Answer(b"<response><header><resultCode>00</resultCode></header></response>"), "has no list of items"),
        cut_off_xml=(Answer(GOOD.body[:-30]), "not XML"),
        cut_off_gzip=(packed(GOOD, cut=-40), "a gzip that is cut off"),
        no_gzip_at_all=(replace(GOOD, headers={"Content-Encoding": "gzip"}), "not the gzip it says"),
        line_breaks=(replace(GOOD, cut_after=500), "the connection failed"),
        chunks_break_off=(replace(GOOD, cut_after=500, is_chunked=True), "the connection failed"),
        page_of_another_kind=(Answer(b"<html><body>busy</body></html>", kind="text/html"), "no answer of this service but <html>"),
        nothing_at_all=(Answer(b""), "not XML"),
    ),
    *cases(
        CENSUS,
        QUICK.attempts,
        census_cut_off_json=(Answer(census.answer(TABLE).body[:-20]), "not JSON"),
        census_page_about_maintenance=(Answer(b"<html>maintenance</html>", kind="text/html"), "a page, not.*maintenance"),
        census_uneven_line=(census.answer([*TABLE, ["1000"]]), "has not the 4 cells of its header"),
        census_not_a_number_of_json=(Answer(b"[[NaN]]"), "not JSON .NaN"),
    ),
]  # fmt: skip


@pytest.mark.parametrize("fault", [*REFUSED_AT_ONCE, *ASKED_AGAIN], ids=lambda fault: fault.name)
def test_what_cannot_be_right_is_told_in_words_and_keeps_nothing(desk: Desk, fault: Fault) -> None:
    desk.served.always(*((kcs.HOST, fault.answer) if fault.table == KCS else (census.HOST, census.but(fault.answer))))
    part = of_may(desk, fault.table)
    assert part.outcomes == {"failed": 1}
    assert len(part.failures) == 1
    assert re.search(fault.said, part.failures[0]), part.failures[0]
    assert fault.table in part.failures[0]
    assert desk.held(fault.table) == []
    if "redirect" not in fault.name:
        assert len([asked for asked in desk.served.asked if not asked.path.endswith("variables.json")]) == fault.tries
    for key in ("a+key", "a%2Bkey", census.WORKING_KEY):
        assert key not in part.failures[0] + desk.kept_text()


@pytest.mark.parametrize("fault", ASKED_AGAIN, ids=lambda fault: fault.name)
def test_what_passes_costs_nothing(desk: Desk, fault: Fault) -> None:
    desk.served.fault(fault.answer, times=2)
    part = of_may(desk, fault.table)
    assert part.outcomes == {"kept": 1}
    assert len(desk.rows(fault.table)) == (111 if fault.table == KCS else 152)


GOOD_IN_OTHER_FORMS = {
    "total_first": kcs.answer([kcs.total(ITEMS), *ITEMS]),
    "total_last": GOOD,
    "no_total": kcs.answer(ITEMS),
    "months_out_of_order": kcs.answer(ITEMS[::-1]),
    "lower_case_codes": kcs.answer([item | {"statCd": item["statCd"].lower()} for item in ITEMS]),
    "unknown_country": kcs.answer([*ITEMS, ITEMS[0] | {"statCd": "ZZ"}]),
    "column_added": kcs.answer([item | {"expKrw": "1"} for item in ITEMS]),
    "blanks_and_commas": kcs.answer([item | {"expDlr": f" {int(item['expDlr']):,}"} for item in ITEMS]),
    "packed": packed(GOOD),
    "in_chunks": replace(GOOD, is_chunked=True),
    "slow": replace(GOOD, first_seconds=0.2),
}


@pytest.mark.parametrize("form", sorted(GOOD_IN_OTHER_FORMS))
def test_a_good_reply_is_kept_as_printed_in_whatever_form_it_comes(desk: Desk, form: str) -> None:
    answer = GOOD_IN_OTHER_FORMS[form]
    desk.served.always(kcs.HOST, answer)
    assert of_may(desk, KCS).outcomes == {"kept": 1}
    rows = desk.rows(KCS)
    codes = [row["statCd"] for row in rows]
    assert len(codes) == len(set(codes)) >= 110
    assert {"us" if form == "lower_case_codes" else "US", "na" if form == "lower_case_codes" else "NA"} <= set(codes)
    assert ("ZZ" in codes) == (form == "unknown_country")
    assert any(row.get("expKrw") == "1" for row in rows) == (form == "column_added")
    assert any(" 500,000" in (row["expDlr"] or "") for row in rows) == (form == "blanks_and_commas")


@pytest.mark.parametrize(
    ("answer", "patience"),
    [
        pytest.param(replace(GOOD, first_seconds=30), {"read_seconds": 0.3}, id="silent"),
        pytest.param(replace(GOOD, stall_after=200), {"read_seconds": 0.3}, id="stalled"),
        pytest.param(replace(GOOD, drip_seconds=0.05), {"whole_seconds": 0.5}, id="dripping"),
    ],
)
def test_a_publisher_that_keeps_one_waiting_is_left(desk: Desk, answer: Answer, patience: dict[str, float]) -> None:
    desk.patience = QUICK.model_copy(update={**patience, "attempts": 2})
    desk.served.always(kcs.HOST, answer)
    part = of_may(desk, KCS)
    assert re.search("no answer in time|no whole reply within", part.failures[0])
    assert desk.held(KCS) == []


def test_while_the_clock_lags_a_day_behind_the_publishers_nothing_is_kept_as_known_too_early(desk: Desk) -> None:
    ahead = format_datetime(datetime.now(UTC) + timedelta(hours=25), usegmt=True)
    desk.served.fault(replace(GOOD, headers={"Date": ahead}))
    part = of_may(desk, KCS)
    assert desk.held(KCS) == []
    assert re.search(
        "this machine's clock says .* Set the clock, then fetch again. No more was asked", part.failures[0]
    )
    assert of_may(desk, KCS).outcomes == {"kept": 1}


def test_an_empty_list_is_no_release_and_no_failure(desk: Desk) -> None:
    desk.served.always(kcs.HOST, kcs.answer([]))
    assert of_may(desk, KCS).outcomes == {"empty": 1}
    assert desk.held(KCS) == []


def test_no_content_is_no_release_and_no_failure(desk: Desk) -> None:
    desk.served.always(census.HOST, census.but(Answer(status=204)))
    assert of_may(desk, CENSUS).outcomes == {"empty": 1}


@pytest.mark.parametrize("later", [kcs.answer([]), kcs.answer(ITEMS[:60])], ids=["empty", "half"])
def test_a_month_that_shrinks_is_not_kept_and_takes_nothing_back(desk: Desk, later: Answer) -> None:
    of_may(desk, KCS)
    desk.served.always(kcs.HOST, later)
    part = of_may(desk, KCS, again=True)
    assert "months do not shrink" in part.failures[0]
    assert len(desk.held(KCS)) == 1


def test_a_name_given_twice_in_the_header_keeps_its_first_column(desk: Desk) -> None:
    doubled = census.answer([[*line, line[0] if place == 0 else "9"] for place, line in enumerate(TABLE)])
    desk.served.always(census.HOST, census.but(doubled))
    assert of_may(desk, CENSUS).outcomes == {"kept": 1}
    assert [row["CTY_CODE"] for row in desk.rows(CENSUS)] == [line[0] for line in TABLE[1:]]


def test_a_reply_that_repeats_the_key_is_kept_without_it(desk: Desk) -> None:
    desk.served.always(kcs.HOST, kcs.answer([*ITEMS, ITEMS[0] | {"statCd": "ZZ", "statCdCntnKor1": kcs.WORKING_KEY}]))
    assert of_may(desk, KCS).outcomes == {"kept": 1}
    assert desk.rows(KCS)[-1]["statCdCntnKor1"] == "[key]"
    assert kcs.WORKING_KEY not in desk.kept_text()


def test_the_key_is_encoded_once_and_is_in_no_address_kept(desk: Desk) -> None:
    of_may(desk, KCS)
    assert desk.served.asked[0].params["serviceKey"] == kcs.WORKING_KEY
    assert desk.served.asked[0].headers["user-agent"].startswith("entrepot/")
    assert desk.held(KCS)[0].url == (
        "https://apis.data.go.kr/1220000/nationtrade/getNationtradeList?strtYymm=202605&endYymm=202605"
    )


def test_one_failed_month_does_not_cost_the_others_and_is_the_only_one_asked_again(desk: Desk) -> None:
    desk.served.always(
        kcs.HOST, lambda asked: Answer(b"", 404) if asked.params["strtYymm"] == "202603" else kcs.publisher(asked)
    )
    part = desk.fetch(KCS, first=date(2026, 1, 1), last=MAY)
    assert part.outcomes == {"kept": 4, "failed": 1}
    desk.served.always(kcs.HOST, kcs.publisher)
    again = desk.fetch(KCS, first=date(2026, 1, 1), last=MAY)
    assert (again.outcomes, again.fresh) == ({"kept": 1}, 4)
    assert len({release.period_from for release in desk.held(KCS)}) == len(desk.held(KCS)) == 5


def used_up() -> Callable[..., Answer]:
    return lambda asked: kcs.gateway("22", "LIMITED_NUMBER_OF_SERVICE_REQUESTS_EXCEEDS_ERROR")


def test_a_day_whose_calls_are_used_up_is_no_failure_and_goes_on_the_next_day(desk: Desk) -> None:
    desk.served.always(kcs.HOST, used_up())
    part = desk.fetch(KCS, first=date(2026, 1, 1), last=MAY)
    assert (part.failures, part.waiting) == ([], 5)
    assert "used up" in part.closed
    desk.served.always(kcs.HOST, kcs.publisher)
    assert desk.fetch(KCS, now=SOME_DAY + timedelta(days=1), first=date(2026, 1, 1), last=MAY).outcomes == {"kept": 5}


def test_a_revision_is_a_second_printing_and_an_unchanged_month_is_none(desk: Desk) -> None:
    of_may(desk, KCS)
    later = SOME_DAY + timedelta(days=30)
    assert desk.fetch(KCS, now=later, first=MAY, last=MAY).outcomes == {"unchanged": 1}
    desk.served.always(kcs.HOST, kcs.answer(kcs.country_items("202605", usa=1_000_000)))
    assert desk.fetch(KCS, now=later, first=MAY, last=MAY, again=True).outcomes == {"kept": 1}
    assert [release.known_from.date() for release in desk.held(KCS)] == [SOME_DAY.date(), later.date()]

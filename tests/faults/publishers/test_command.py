"""`entrepot fetch` as a person runs it: over TLS, stopped in the middle, without a key, with a secrets file others may read."""

import os
import signal
import ssl
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from orchestration.landing import releases

from . import census, kcs
from .server import Answer, Served, serving, until

Run = Callable[..., subprocess.CompletedProcess[str]]
MONTHS = ("kcs/country_totals", "--from", "2025-01", "--to", "2025-12")


@dataclass
class Place:
    """A home, a secure server, and the environment of a person who has a key and trusts the server."""

    home: Path
    served: Served
    known: dict[str, str]

    def held(self) -> int:
        return len(releases(self.home / "landing", "kcs", "country_totals"))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    with serving(context) as served:
        served.always(kcs.HOST, kcs.publisher)
        served.always(census.HOST, census.publisher)
        yield Place(
            home=tmp_path / "home",
            served=served,
            known={
                "ENTREPOT_FETCH_VIA": served.address,
                "ENTREPOT_SECRETS": str(tmp_path / "secrets.env"),
                "ENTREPOT_KCS_KEY": kcs.WORKING_KEY,
                "ENTREPOT_PATIENCE__ATTEMPTS": "1",
                "SSL_CERT_FILE": str(tmp_path / "authority.pem"),
            },
        )


def test_a_fetch_over_tls_keeps_each_month_and_a_second_asks_nothing(place: Place, entrepot: Run) -> None:
    first = entrepot(place.home, "fetch", *MONTHS, **place.known)
    assert first.returncode == 0, first.stderr
    assert "12 releases added" in first.stdout
    second = entrepot(place.home, "fetch", *MONTHS, **place.known)
    assert second.returncode == 0, second.stderr
    assert (place.held(), len(place.served.asked)) == (12, 12)


def test_a_certificate_that_nobody_vouches_for_is_refused_before_the_key_is_sent(place: Place, entrepot: Run) -> None:
    known = {name: value for name, value in place.known.items() if name != "SSL_CERT_FILE"}
    answer = entrepot(place.home, "fetch", "kcs/country_totals", "--from", "2025-01", "--to", "2025-01", **known)
    assert answer.returncode == 1
    assert "the connection is not secure" in answer.stderr
    assert place.served.asked == []


def test_a_plan_asks_nothing(place: Place, entrepot: Run) -> None:
    answer = entrepot(place.home, "fetch", "--plan", *MONTHS, **place.known)
    assert answer.returncode == 0, answer.stderr
    assert "kcs/country_totals" in answer.stdout
    assert place.served.asked == []


def test_a_plan_holds_the_calls_against_those_of_the_day(place: Place, entrepot: Run) -> None:
    known = place.known | {"ENTREPOT_CENSUS_KEY": census.WORKING_KEY}
    answer = entrepot(place.home, "fetch", "--plan", "kcs", "census", "--from", "2024-11", "--to", "2026-10", **known)
    assert answer.returncode == 0, answer.stderr
    lines = {line.split()[0]: line.split()[1:] for line in answer.stdout.splitlines()}
    assert lines["kcs/item_trade"] == ["2024-11", "2026-10", "312", "312", "0", "10,000"]
    assert lines["kcs/flash_partner_imports"] == ["2024-11", "2026-10", "3", "3", "0", "10,000"]
    assert lines["census/subheading_imports"] == ["2024-11", "2026-10", "24", "2,352", "0", "no", "limit"]
    assert place.served.asked == []


def test_a_plan_tells_how_many_days_it_takes(place: Place, entrepot: Run) -> None:
    many = ",".join(f"{first}{second}" for first in "ABCDE" for second in "EFGHIJKLMN")
    asked = ("kcs/item_trade", "--from", "2007-01", "--to", "2026-10", "--partners", many)
    answer = entrepot(place.home, "fetch", "--plan", *asked, **place.known)
    assert "kcs/item_trade takes 2 days at 10,000 calls a day" in " ".join(answer.stdout.split())
    assert "11,900" in answer.stdout


def test_without_a_key_the_source_is_switched_off_with_a_sentence(place: Place, entrepot: Run) -> None:
    answer = entrepot(place.home, "fetch", *MONTHS, **place.known | {"ENTREPOT_KCS_KEY": ""})
    assert answer.returncode == 0, answer.stderr
    assert "kcs is switched off" in answer.stdout
    assert "ENTREPOT_KCS_KEY" in answer.stdout
    assert place.served.asked == []


def test_a_failure_is_an_exit_code_and_tells_no_key(place: Place, entrepot: Run) -> None:
    place.served.always(kcs.HOST, lambda asked: kcs.gateway("10", f"BAD {asked.params['serviceKey']}"))
    answer = entrepot(place.home, "fetch", *MONTHS, **place.known)
    assert answer.returncode == 1
    assert "12 requests failed" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert kcs.WORKING_KEY not in answer.stdout + answer.stderr
    assert "[key]" in answer.stderr


@pytest.mark.parametrize("wrong", [("wits",), ("--from", "2025-13"), ("--partners", "USA")])
def test_a_wrong_word_is_told_and_nothing_is_asked(place: Place, entrepot: Run, wrong: tuple[str, ...]) -> None:
    answer = entrepot(place.home, "fetch", *wrong, **place.known)
    assert answer.returncode == 1
    assert wrong[-1] in answer.stderr
    assert place.served.asked == []


@pytest.mark.parametrize(("mode", "code"), [(0o600, 0), (0o640, 1), (0o604, 1)])
def test_a_secrets_file_is_read_if_nobody_else_may(place: Place, entrepot: Run, mode: int, code: int) -> None:
    secrets = Path(place.known["ENTREPOT_SECRETS"])
    secrets.write_text(f"ENTREPOT_KCS_KEY='{kcs.WORKING_KEY}'\n", encoding="utf-8")
    secrets.chmod(mode)
    answer = entrepot(place.home, "fetch", *MONTHS, **place.known | {"ENTREPOT_KCS_KEY": ""})
    assert answer.returncode == code, answer.stderr
    assert ("Others may read the secrets file" in answer.stderr) == bool(code)
    assert place.held() == (0 if code else 12)


def test_a_fetch_that_is_stopped_keeps_what_came_and_goes_on_from_there(
    place: Place, entrepot: Run, start: Callable[..., subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    def slow_after_four(asked: object) -> Answer | None:
        return Answer(b"", first_seconds=60) if len(place.served.asked) > 4 else None

    place.served.fault(slow_after_four, times=100)
    running = start(place.home, tmp_path / "output", "entrepot", "fetch", *MONTHS, **place.known)
    until(lambda: place.held() == 4)
    os.killpg(running.pid, signal.SIGINT)
    assert running.wait(timeout=60) == 1
    said = (tmp_path / "output").read_text(encoding="utf-8")
    assert "Interrupted. 4 releases were added" in said
    assert "Traceback" not in said
    place.served.faults.clear()
    answer = entrepot(place.home, "fetch", *MONTHS, **place.known)
    assert answer.returncode == 0, answer.stderr
    assert "8 releases added" in answer.stdout
    assert place.held() == 12

"""Coverage-guided fuzzing of one kind of parser, with libFuzzer by way of atheris: `python -m tests.fuzz.run xml 60`.

Starts from the corpus beside this file; what it finds new stays in the folder it is given. Anything but rows or a refusal,
more than 1 GB of memory, or half a minute over one input ends the run, and the input is kept as `crash-…` there.
"""

import resource
import sys
from pathlib import Path

import atheris

MOST_BYTES = 1 << 30
LONGEST_INPUT = 16_384

with atheris.instrument_imports(include=["orchestration", "zipfile", "csv", "email", "defusedxml"]):
    from orchestration.source import discover
    from tests.fuzz.targets import CORPUS, TARGETS

    discover()  # Imports each source here, where it is watched.


def main(kind: str, seconds: str, folder: str) -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_BYTES, MOST_BYTES))
    found = Path(folder) / kind
    found.mkdir(parents=True, exist_ok=True)
    libfuzzer = [
        f"-max_total_time={seconds}",
        f"-rss_limit_mb={MOST_BYTES >> 20}",
        "-timeout=30",
        f"-max_len={LONGEST_INPUT}",
        f"-dict={CORPUS.with_name('tokens.dict')}",
        f"-artifact_prefix={found.parent}/{kind}-",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], *libfuzzer, str(found), str(CORPUS / kind)], TARGETS[kind])
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:4])

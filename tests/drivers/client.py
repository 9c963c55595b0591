"""One client in its own environment: it runs the blocks of `docs/connect.md` that it is sent, and says what came back.

Each line of standard input is a JSON object: `code` is run, with `question` in place of the page's own if there is one. Each line
of standard output answers one of them: `types` by column and `rows` as text, or the `error` that was raised. Names stay
from one to the next, as in a notebook.
"""

import json
import sys
from typing import Any


def described(answer: Any) -> dict[str, Any]:
    """Types as the client names them: of pandas, polars and Arrow their own, else those of Python."""
    match type(answer).__module__.partition(".")[0]:
        case "pandas":
            types = {name: str(kind) for name, kind in answer.dtypes.items()}
            rows = answer.itertuples(index=False)
        case "polars":
            types = {name: str(kind) for name, kind in answer.schema.items()}
            rows = answer.iter_rows()
        case "pyarrow":
            types = {field.name: str(field.type) for field in answer.schema}
            rows = (row.values() for row in answer.to_pylist())
        case _:
            types = {str(place): type(cell).__name__ for place, cell in enumerate(answer[0])}
            rows = answer
    return {"types": types, "rows": [[str(cell) for cell in row] for row in rows]}


def main() -> None:
    names: dict[str, Any] = {}
    for line in sys.stdin:
        asked = json.loads(line)
        if "question" in asked:
            names["question"] = asked["question"]
        try:
            names.pop("answer", None)
            exec(asked["code"], names)  # noqa: S102 - the page's own words
            reply = described(names["answer"]) if names.get("answer") is not None else {}
        except Exception as problem:
            reply = {"error": f"{type(problem).__name__}: {problem}"}
        print(json.dumps(reply), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()

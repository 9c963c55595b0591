"""The look that charts share. Colours are names (`var(--kcs)`) that the page resolves, so one figure serves light and dark."""

from collections.abc import Sequence
from html import escape
from typing import Any

import plotly.graph_objects as go

from orchestration.publishing.figures.wording import folded, plain


def drawn(traces: Sequence[Any], *, height: int, **layout: Any) -> go.Figure:
    """Nothing to zoom or drag: on a phone a finger that scrolls must not be caught by a chart."""
    axes = {name: {"fixedrange": True, "automargin": True, **layout.pop(name, {})} for name in ("xaxis", "yaxis")}
    return go.Figure(
        data=traces,
        layout={
            "height": height,
            "margin": {"l": 8, "r": 24, "t": 36, "b": 44},
            "legend": {"orientation": "h", "x": 0, "y": 1.0, "xanchor": "left", "yanchor": "bottom"},
            "dragmode": False,
            "hovermode": "closest",
            **axes,
            **layout,
        },
    )


def named_axis(labels: Sequence[str], width: int = 44) -> tuple[dict[str, Any], dict[str, Any]]:
    """A vertical axis with a name for each row, and the same for a narrow screen."""
    places = list(range(len(labels)))
    shared = {
        "tickmode": "array",
        "tickvals": places,
        "range": [len(labels) - 0.4, -0.6],
        "showgrid": False,
        "zeroline": False,
    }
    wide = {**shared, "ticktext": [plain(label, width) for label in labels]}
    return wide, {"yaxis": {"ticktext": [folded(label) for label in labels]}}


def bars(labels: Sequence[str], values: Sequence[float], texts: Sequence[str], colour: str, unit: str) -> go.Figure:
    wide, narrow = named_axis(labels)
    low, high = min([0.0, *values]), max([0.0, *values])
    room = (high - low or 1.0) * 0.2
    narrow["xaxis"] = {"range": [low - (3 * room if low else 0), high + 2 * room], "nticks": 4}
    trace = go.Bar(
        x=list(values),
        y=list(range(len(labels))),
        orientation="h",
        marker={"color": colour},
        text=list(texts),
        textposition="outside",
        cliponaxis=False,
        hovertext=[f"{escape(label, quote=False)}: {text}" for label, text in zip(labels, texts, strict=True)],
        hoverinfo="text",
    )
    return drawn(
        [trace],
        height=56 + 30 * len(labels),
        margin={"l": 8, "r": 24, "t": 8, "b": 44},
        xaxis={"title": {"text": unit}, "range": [low - (1.5 * room if low else 0), high + room], "zeroline": True},
        yaxis=wide,
        showlegend=False,
        meta={"narrow": narrow, "narrow_height": 56 + 38 * len(labels)},
    )

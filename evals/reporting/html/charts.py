"""Charts: bars as boxes, history as inline SVG."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from evals.metrics import Interval
from evals.reporting.history import Point
from evals.reporting.html.markup import Markup, tag, text
from evals.tables import percent
from summarizer.schema import FIELD_NAMES, FieldName

_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 12, 10, 30


@dataclass(frozen=True)
class Bar:
    """One row of a bar chart: a share from 0 to 1, perhaps with its interval."""

    label: str
    value: float | None
    kind: str
    interval: Interval | None = None


def bars(rows: Sequence[Bar]) -> Markup:
    """Shares as bars, each with its number."""
    return tag("div", [_bar(row) for row in rows], class_="bars")


def _bar(row: Bar) -> Markup:
    width = f"width:{100 * (row.value or 0):.1f}%"
    parts = [tag("span", class_=f"fill {row.kind}", style=width)]
    if row.interval is not None:
        low, high = 100 * row.interval.low, 100 * row.interval.high
        style = f"left:{low:.1f}%;width:{max(high - low, 0.5):.1f}%"
        title = f"95 % interval: {low:.1f} to {high:.1f}"
        parts.append(tag("span", class_="interval", style=style, title=title))
    return tag(
        "div",
        tag("span", text(row.label), class_="label"),
        tag("span", parts, class_="track"),
        tag("span", text(percent(row.value)), class_="value"),
        class_="bar",
    )


Value = Callable[[Point], float | None]


def history(points: Sequence[Point]) -> Markup:
    """Mean F1 of each system over its runs, and each field's below."""
    small = [
        tag("figure", tag("figcaption", text(name)), _Chart(points, 320, 150).svg(name, _of(name)))
        for name in FIELD_NAMES
    ]
    large = _Chart(points, 640, 240, whiskers=True).svg("mean F1", lambda point: point.strict)
    return Markup(large + _legend(points) + tag("div", small, class_="small-charts"))


def _of(name: FieldName) -> Value:
    return lambda point: point.fields.get(name)


@dataclass(frozen=True)
class _Chart:
    """Lines over the order of runs; the dates are in the points' titles."""

    points: Sequence[Point]
    width: int
    height: int
    whiskers: bool = False

    def svg(self, label: str, value: Value) -> Markup:
        parts = [self._grid(share) for share in (0.0, 0.5, 1.0)]
        for number, system in enumerate(_systems(self.points)):
            own = [
                (index, point, share)
                for index, point in enumerate(self.points)
                if point.system == system and (share := value(point)) is not None
            ]
            style = f"series s{number % 4}"
            line = " ".join(f"{self._x(i):.1f},{self._y(share):.1f}" for i, _, share in own)
            parts.append(tag("polyline", points=line, class_=style))
            for index, point, share in own:
                parts += self._mark(index, point, share, style)
        if self.points:
            parts.append(self._date(self.points[0], _LEFT, "start"))
        if len(self.points) > 1:
            parts.append(self._date(self.points[-1], self.width - _RIGHT, "end"))
        return tag(
            "svg",
            tag("title", text(f"{label} of past runs")),
            parts,
            viewBox=f"0 0 {self.width} {self.height}",
            role="img",
            class_="chart",
        )

    def _mark(self, index: int, point: Point, share: float, style: str) -> list[Markup]:
        title = f"{point.system}, {point.at:%Y-%m-%d %H:%M}: {percent(share)}"
        if point.git_commit:
            title += f" at {point.git_commit[:8]}"
        x = f"{self._x(index):.1f}"
        place = {"cx": x, "cy": f"{self._y(share):.1f}", "r": "4"}
        parts = [tag("circle", tag("title", text(title)), class_=style, **place)]
        if self.whiskers and point.low is not None and point.high is not None:
            ends = {"y1": f"{self._y(point.low):.1f}", "y2": f"{self._y(point.high):.1f}"}
            parts.insert(0, tag("line", x1=x, x2=x, class_=f"{style} thin", **ends))
        return parts

    def _grid(self, share: float) -> Markup:
        y = f"{self._y(share):.1f}"
        line = tag("line", x1=_LEFT, x2=self.width - _RIGHT, y1=y, y2=y, class_="grid")
        number = tag("text", text(f"{100 * share:.0f}"), x=_LEFT - 6, y=y, class_="axis", dy="5")
        return Markup(line + number)

    def _date(self, point: Point, x: float, anchor: str) -> Markup:
        place = {"x": str(x), "y": str(self.height - 8), "text_anchor": anchor}
        return tag("text", text(f"{point.at:%Y-%m-%d}"), class_="date", **place)

    def _x(self, index: int) -> float:
        return _LEFT + (self.width - _LEFT - _RIGHT) * (index + 0.5) / len(self.points)

    def _y(self, share: float) -> float:
        return _TOP + (self.height - _TOP - _BOTTOM) * (1 - share)


def _legend(points: Sequence[Point]) -> Markup:
    entries = [
        tag("li", tag("span", class_=f"key s{number % 4}"), text(system))
        for number, system in enumerate(_systems(points))
    ]
    return tag("ul", entries, class_="legend")


def _systems(points: Sequence[Point]) -> list[str]:
    return list(dict.fromkeys(point.system for point in points))

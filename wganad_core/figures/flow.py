"""How data flow through a step, z → G → x̃ → f ← x and back, with the active part lit."""

from __future__ import annotations

from wganad_core.config import Method

# A name, the place of its middle, whether it is a network (a box) or data (a circle).
NODES = {
    "z": (26, 84, False),
    "G": (106, 84, True),
    "x̃": (190, 84, False),
    "x": (190, 152, False),
    "f": (280, 84, True),
    "L": (368, 84, True),
}
# From, to, the path, the arrow's head.
WAYS = {
    "z-G": ("M46 84H72", "M72 78L82 84L72 90Z"),
    "G-x̃": ("M130 84H160", "M160 78L170 84L160 90Z"),
    "x̃-f": ("M210 84H246", "M246 78L256 84L246 90Z"),
    "x-f": ("M209 145Q256 132 270 116", "M263 115L276 107L274 122Z"),
    "f-L": ("M304 84H334", "M334 78L344 84L334 90Z"),
    "L-f": ("M360 60Q340 34 306 54", "M311 46L297 60L314 59Z"),
    "f-x̃": ("M262 60Q232 30 208 58", "M204 50L202 67L217 60Z"),
    "L-G": ("M372 60C350 -8 130 -8 108 48", "M101 46L107 60L115 47Z"),
}
BACK = ("L-f", "f-x̃", "L-G")
# What is lit at each stage of `figures.trace`.
LIT = (
    ("z",),
    ("z", "z-G", "G", "G-x̃", "x̃"),
    ("x̃", "x", "x̃-f", "x-f", "f"),
    ("f", "f-L", "L"),
    ("L", "L-f", "f", "f-x̃", "x̃"),
    ("L", "L-G", "G"),
)
LOOKS = """
.flow {display: block; width: 100%; max-width: 34rem; margin: 0 auto; color: inherit;}
.flow text {font: 600 19px var(--st-font, sans-serif); text-anchor: middle; fill: currentcolor;}
.flow .shape, .flow .way {fill: none; stroke: currentcolor; stroke-width: 2;}
.flow .head {fill: currentcolor;}
.flow g {opacity: 0.45;}
.flow .back .way {stroke-dasharray: 5 4;}
.flow .lit {opacity: 1; color: var(--st-primary-color, #0072b2);}
.flow .lit .shape {stroke-width: 3.5;}
.flow .lit .way {stroke-width: 3; stroke-dasharray: 7 5; animation: flow 0.6s linear infinite;}
@keyframes flow {to {stroke-dashoffset: -12;}}
@media (prefers-reduced-motion: reduce) {.flow .lit .way {animation: none;}}
"""


def flow_svg(method: Method, stage: int) -> str:
    """The diagram at stage 0 … 5, as SVG that takes the page's colours (`LOOKS`).

    Examples
    --------
    >>> from wganad_core.figures.flow import flow_svg
    >>> flow_svg("gan", 2).count('class="lit"')
    5
    """
    critic = "D" if method == "gan" else "f"
    drawn = []
    for name, (path, head) in WAYS.items():
        looks = [look for look in ("back" * (name in BACK), "lit" * (name in LIT[stage])) if look]
        # What flows back is drawn only while it flows.
        if name in BACK and "lit" not in looks:
            continue
        drawn.append(
            f'<g class="{" ".join(looks)}"><path class="way" d="{path}"/>'
            f'<path class="head" d="{head}"/></g>'
        )
    for name, (x, y, network) in NODES.items():
        shape = (
            f'<rect class="shape" x="{x - 24}" y="{y - 23}" width="48" height="46" rx="8"/>'
            if network
            else f'<circle class="shape" cx="{x}" cy="{y}" r="19"/>'
        )
        words = critic if name == "f" else name
        lit = "lit" * (name in LIT[stage])
        drawn.append(f'<g class="{lit}">{shape}<text x="{x}" y="{y + 6}">{words}</text></g>')
    active = ", ".join(critic if n == "f" else n for n in LIT[stage] if n in NODES)
    said = f"z goes through G to x̃; {critic} values x̃ and x; L is the loss. Active: {active}."
    return (
        f'<svg class="flow" viewBox="0 0 400 176" role="img" aria-label="{said}">'
        f"{''.join(drawn)}</svg>"
    )

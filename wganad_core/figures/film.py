"""A search for an image's latents as a film, in the file that `lanes.js` unpacks.

A lane of one "race": its layer `image` holds G(z) frame by frame, the data are the query.
"""

from __future__ import annotations

from collections.abc import Sequence

from wganad_core.figures.lanes import CodeFile
from wganad_core.records import FloatArray


def pack_film(
    image: FloatArray, images: FloatArray, losses: FloatArray, steps: Sequence[int]
) -> bytes:
    """The film of a search, or of its beginning.

    Parameters
    ----------
    image : (784,), the query
    images : (frames, 784), G(z) at each of the `steps`, as many
    losses : (frames,), what the search minimises there

    Raises
    ------
    ValueError
        Where there is no frame, or not as many of everything.

    Examples
    --------
    >>> import numpy as np
    >>> from wganad_core.figures.lanes import unpack_header
    >>> film = pack_film(np.zeros(784), np.zeros((2, 784)), np.array([2.0, 1.0]), [0, 5])
    >>> unpack_header(film)["lanes"][0]["words"]
    ['loss 2', 'loss 1']
    """
    if not len(images) == len(losses) == len(steps) > 0:
        raise ValueError(
            "Expected as many losses and steps as images, and at least one; found "
            f"{len(images)} images, {len(losses)} losses and {len(steps)} steps."
        )
    file, told = CodeFile(), [float(f"{loss:.4g}") for loss in losses]
    lane = {
        "title": "Search",
        "method": "search",
        "steps": list(steps),
        "words": [f"loss {loss:g}" for loss in told],
        "tones": [""] * len(told),
        "counts": [[]] * len(told),
        "nearest": [[]] * len(told),
        "layers": {"image": file.codes(images, 0, 1, 8)},
        "history": {"step": list(steps), "loss": told},
    }
    data = file.codes(image, 0, 1, 8)
    header = {"box": [0, 1, 0, 1], "modes": [], "sigma": 0, "data": data, "lanes": [lane]}
    return file.packed(header, quick=True)

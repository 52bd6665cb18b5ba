"""Whether a detector of pictures looks where the defects are: its residual map beside masks."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wganad_core.jobs import Refused

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from wganad_core.data.own.record import OwnSamples
    from wganad_core.evaluation.pixels import PixelReport


def pixel_report(
    detector: Any, path: Path, chunks: Iterable[OwnSamples]
) -> tuple[PixelReport, tuple[str, ...]]:
    """Pixel AUROC and PRO of the pictures in a folder or a zip that have masks or are normal, and
    remarks on the masks; `chunks` are the same pictures. Maps are enlarged to their picture's size.

    Raises `DataError` and `Refused`, with one sentence, where masks are missing or of another size,
    none shows a defect, or the detector rebuilds nothing.
    """
    import numpy as np

    from wganad_core.data.own.file import named, own_file
    from wganad_core.data.own.image import large
    from wganad_core.data.own.images import PictureFiles, open_images
    from wganad_core.data.own.masks import masks_of, read_masks
    from wganad_core.evaluation.pixels import PixelCounts

    file = own_file(path)
    with named(file):
        pictures = open_images(file)
        pairs = masks_of(pictures)
        assert isinstance(pictures, PictureFiles)
        assert pictures.names is not None
        judged = np.isin(np.array(pictures.names, object), np.array(list(pairs), object))
        maps = np.concatenate([_maps(detector, samples, judged) for samples in chunks])
        counts, remarks = PixelCounts(maps), set[str]()
        for values, mask in zip(maps, read_masks(pictures, pairs, remarks), strict=True):
            counts.add(large(values, mask.shape), mask)
    try:
        return counts.report(), tuple(remarks)
    except ValueError:
        raise Refused(f"{path}: its masks show no defect, or nothing else.") from None


def _maps(detector: Any, samples: OwnSamples, judged: NDArray[Any]) -> NDArray[Any]:
    """Squared residuals (n, height, width) of the pictures of a chunk that are judged, over colours
    their mean."""
    import numpy as np

    from wganad_core.jobs.blame import named
    from wganad_core.methods import score_methods

    if not score_methods()[detector.model_.score_method].rebuilds:
        raise Refused(
            f"The score method {detector.model_.score_method} rebuilds nothing, so there is no map "
            "of where a picture is odd; fit with another one (ours, pca, residual)."
        )
    assert samples.image_shape is not None
    x = samples.x[judged[samples.row - 1]]
    if not len(x):
        return np.empty((0, *samples.image_shape[:2]), np.float32)
    apart = np.asarray(detector.explain(named(detector, x)), np.float32)
    return np.asarray(apart.reshape(len(x), *samples.image_shape[:2], -1).mean(axis=3))

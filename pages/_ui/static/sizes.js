// Sizes of charts, in pixels where they are no factors.

export const NARROW = 640; // below, a figure's narrow layout holds
export const WORDS = 14; // readable at three metres on a laptop
export const LARGER = 1.35; // times as large are words for a projector, …
export const TALLER = 1.2; // … and as high the chart around them

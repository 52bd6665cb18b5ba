"""Files of people's own, whatever they are in: points, scores, and samples to fit and to score."""

"""The detectors of stored models, and the tables of their scores."""

"""Generators, critics and encoders."""

"""Tests of Vitrine."""

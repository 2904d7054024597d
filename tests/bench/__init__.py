"""Measurements on made-up shops of real vectors: `make bench`. A figure stands beside a bare one of the same run."""

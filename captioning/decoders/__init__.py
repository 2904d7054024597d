"""Decoders that turn a picture's regions into words, one file each."""

"""Readers that turn a source of product pictures into examples; owns no model."""

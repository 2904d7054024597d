"""The pages that people open: search, a photo's answer, an item. Rendered here; finds nothing itself."""

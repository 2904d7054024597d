"""The memory: what Vitrine holds (rows and bytes), and how it is set. Knows nothing of models, search or HTTP."""

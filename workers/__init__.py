"""The hands: what happens to a photo after its upload was answered, and the processes that do it."""

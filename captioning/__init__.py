"""The mind: data, encoders, decoders, training, beam search and the Captioner; knows no other room."""

import os

# ONNX Runtime's own builds tell their maker about each process that loads them, and keep an id for that in the home
# folder, unless this is set before they are imported. A shop's photos and queries are nobody else's business.
os.putenv("ORT_DISABLE_TELEMETRY", "1")

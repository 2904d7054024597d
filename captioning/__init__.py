"""The mind: data, encoders, decoders, training, beam search and the Captioner; knows no other room."""

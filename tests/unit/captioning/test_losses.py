"""The losses know what is alike, and a perfect answer costs less than any other."""

from __future__ import annotations

import numpy as np
import torch

from captioning.batches import likeness, padded, phrase_matches, phrases_of
from captioning.data.examples import Labels
from captioning.losses import contrastive_loss, look_loss
from captioning.vocabulary import PAD


def test_texts_that_two_pictures_share_are_right_answers_for_both() -> None:
    vectors = torch.eye(3)
    same = torch.tensor([[1, 1, 0], [1, 1, 0], [0, 0, 1]], dtype=torch.bool)
    shared = torch.stack([vectors[0], vectors[0], vectors[2]])
    scale = torch.tensor(20.0)
    assert contrastive_loss(shared, shared, same, scale) < contrastive_loss(vectors, vectors, same, scale)
    assert contrastive_loss(vectors, vectors, torch.eye(3, dtype=torch.bool), scale) < 1e-3


def test_pictures_that_are_alike_are_drawn_together() -> None:
    alike = torch.tensor([[1.0, 1, 0], [1, 1, 0], [0, 0, 1]])
    together = torch.nn.functional.normalize(torch.tensor([[1.0, 0], [1, 0], [0, 1]]), dim=1)
    apart = torch.nn.functional.normalize(torch.tensor([[1.0, 0], [0, 1], [1, 0]]), dim=1)
    assert look_loss(together, alike) < look_loss(apart, alike)


def test_a_picture_without_anything_alike_costs_nothing() -> None:
    look = torch.nn.functional.normalize(torch.randn(4, 3), dim=1).requires_grad_()
    assert look_loss(look, torch.eye(4)).item() == 0


def test_likeness_asks_for_the_kind_first_and_grows_with_every_agreement() -> None:
    labels = np.array([[1, 5, 8, 0], [1, 5, 8, 0], [1, 5, 9, 0], [1, 6, 9, 2], [2, 5, 8, 0]])
    first = likeness(labels)[0]
    assert first[1] == 1
    assert first[1] > first[2] > first[3] > first[4] == 0


def test_a_phrase_is_true_of_every_picture_that_it_does_not_contradict() -> None:
    labels = np.array([[1, 5, 8, 0], [1, 6, 8, 2]])
    said = np.array([[1, -1, -1, -1], [1, 5, -1, -1], [1, 6, 8, 2], [2, 5, -1, -1]])
    assert phrase_matches(labels, said).tolist() == [[True, True, False, False], [True, False, True, False]]


def test_phrases_go_from_everything_to_the_kind_alone() -> None:
    everything = Labels(kind="shirt", colour="blue", audience="men's", detail="checked")
    assert phrases_of(everything)[0] == everything
    assert phrases_of(everything)[-1] == Labels(kind="shirt", colour="")


def test_sentences_are_padded_behind() -> None:
    assert padded([[1, 4, 2], [1, 2]]).tolist() == [[1, 4, 2], [1, 2, PAD]]

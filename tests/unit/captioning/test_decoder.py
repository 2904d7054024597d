"""The decoder learns what it is shown, looks at the picture while it writes, and leaks nothing."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional

from captioning.decoders.attend import AttendDecoder
from captioning.engine import greedy
from captioning.vocabulary import END, PAD, SPECIALS, START
from tests.unit.captioning import tiny


@pytest.fixture(scope="module")
def learned() -> AttendDecoder:
    return tiny.learned()


def spoken(tokens: torch.Tensor) -> list[tuple[int, ...]]:
    return [tuple(int(word) for word in row if word >= len(SPECIALS)) for row in tokens]


@pytest.mark.parametrize("seed", range(20))
def test_an_untrained_decoder_knows_nothing_so_its_loss_is_that_of_a_uniform_guess(seed: int) -> None:
    regions, tokens = tiny.problem()
    loss = tiny.loss_of(tiny.decoder(seed), regions, tokens).item()
    assert loss == pytest.approx(math.log(tiny.WORDS), abs=0.1)


def test_it_learns_eight_captions_by_heart_and_says_them_word_for_word(learned: AttendDecoder) -> None:
    regions, tokens = tiny.problem()
    assert tiny.loss_of(learned, regions, tokens).item() < 0.05
    assert greedy(learned, regions, max_length=10) == spoken(tokens)


def test_another_pictures_regions_cost_more_than_a_blind_guess(learned: AttendDecoder) -> None:
    regions, tokens = tiny.problem()
    assert tiny.loss_of(learned, regions.roll(1, dims=0), tokens).item() > math.log(tiny.WORDS)


def test_another_pictures_regions_bring_that_pictures_caption(learned: AttendDecoder) -> None:
    regions, tokens = tiny.problem()
    assert greedy(learned, regions.roll(1, dims=0), max_length=10) == spoken(tokens.roll(1, dims=0))


def test_padding_behind_a_caption_changes_neither_its_logits_nor_its_loss() -> None:
    regions, tokens = tiny.problem()
    model = tiny.decoder(3)
    longer = functional.pad(tokens, (0, 4), value=PAD)
    logits, _ = model(regions, tokens[:, :-1])
    longer_logits, _ = model(regions, longer[:, :-1])
    assert torch.equal(logits, longer_logits[:, : logits.shape[1]])
    assert tiny.loss_of(model, regions, longer).item() == pytest.approx(
        tiny.loss_of(model, regions, tokens).item(), abs=1e-6
    )


def test_the_padding_word_learns_nothing_and_everything_else_does() -> None:
    regions, tokens = tiny.problem()
    model = tiny.decoder(4)
    tiny.loss_of(model, regions, tokens).backward()  # type: ignore[no-untyped-call] # torch gives no types here
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name
        assert parameter.grad.abs().max() > 1e-8, name
    assert model.embedding.weight.grad is not None
    assert torch.equal(model.embedding.weight.grad[PAD], torch.zeros(tiny.CONFIG.embedding_size))


def test_attention_is_a_distribution_over_the_regions_for_every_word() -> None:
    regions, tokens = tiny.problem()
    _, weights = tiny.decoder(5)(regions, tokens[:, :-1])
    assert weights.shape == (8, tokens.shape[1] - 1, regions.shape[1])
    assert weights.min() >= 0
    assert torch.allclose(weights.sum(dim=2), torch.ones(()), atol=1e-5)


def test_a_batch_of_one_says_what_a_batch_of_many_says() -> None:
    regions, tokens = tiny.problem()
    model = tiny.learned(seed=1, steps=40).double()
    together = greedy(model, regions.double(), max_length=10)
    alone = [greedy(model, regions[row : row + 1].double(), max_length=10)[0] for row in range(len(regions))]
    assert alone == together
    many, _ = model.float()(regions, tokens[:, :-1])
    one, _ = model(regions[:1], tokens[:1, :-1])
    assert torch.allclose(many[:1], one, atol=1e-5)


def test_teacher_forcing_sees_no_word_before_it_is_said() -> None:
    regions, tokens = tiny.problem()
    model = tiny.decoder(6)
    changed = tokens.clone()
    changed[:, 3:] = END
    logits, _ = model(regions, tokens[:, :-1])
    changed_logits, _ = model(regions, changed[:, :-1])
    assert torch.equal(logits[:, :3], changed_logits[:, :3])
    assert not torch.equal(logits[:, 3:], changed_logits[:, 3:])
    assert (tokens[:, 0] == START).all()

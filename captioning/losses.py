"""The losses of training, as functions of tensors; owns no weights and no data."""

import torch
from torch import Tensor
from torch.nn import functional

from captioning.vocabulary import PAD


def caption_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Return the mean cross-entropy of the words that are there; padding counts nothing.

    Args:
        logits: (B, T, V).
        targets: (B, T) int64, the word after each position.
    """
    return functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=PAD)


def contrastive_loss(images: Tensor, texts: Tensor, matches: Tensor, scale: Tensor) -> Tensor:
    """Return the symmetric InfoNCE loss with several right answers (Radford et al. 2021, fig. 3; Khosla et al. 2020).

    Args:
        images: (B, M) unit rows; texts: (B, M) unit rows.
        matches: (B, B) bool: text j is true of image i. Two photos may share a title or a plain caption, and pushing
            them apart would teach nothing but noise.
        scale: inverse temperature.
    """
    similarity = scale * images @ texts.T  # (B, B)
    target = matches.float()
    to_text = -(target / target.sum(1, keepdim=True) * functional.log_softmax(similarity, dim=1)).sum(1)
    to_image = -(target / target.sum(0, keepdim=True) * functional.log_softmax(similarity, dim=0)).sum(0)
    return (to_text.mean() + to_image.mean()) / 2


def look_loss(look: Tensor, likeness: Tensor, temperature: float = 0.1) -> Tensor:
    """Return the supervised-contrastive loss with graded likeness (after Khosla et al. 2020, eq. 2).

    Args:
        look: (B, L) unit rows.
        likeness: (B, B) 0 or more; the diagonal is ignored, and rows without anything alike count nothing.
    """
    others = ~torch.eye(len(look), dtype=torch.bool, device=look.device)
    similarity = (look @ look.T / temperature).masked_fill(~others, -1e9)
    target = likeness * others
    total = target.sum(1)
    entropy = -(target / total.clamp_min(1e-6).unsqueeze(1) * functional.log_softmax(similarity, dim=1)).sum(1)
    return (entropy * (total > 0)).sum() / (total > 0).sum().clamp_min(1)

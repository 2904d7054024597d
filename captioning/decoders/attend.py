"""The soft-attention LSTM decoder (Xu et al. 2015, "Show, Attend and Tell"); knows regions and word numbers only."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from captioning.config import ModelConfig
from captioning.vocabulary import PAD


@dataclass(frozen=True, slots=True)
class Memory:
    """What stays the same for a photo while its words are written."""

    regions: Tensor  # (B, R, H): projected regions a_i
    keys: Tensor  # (B, R, A): their part of the attention score


@dataclass(frozen=True, slots=True)
class State:
    """What changes with each word."""

    h: Tensor  # (B, H)
    c: Tensor  # (B, H)


class AttendDecoder(nn.Module):
    """Writes a caption word by word, looking at the regions that matter for the next one."""

    def __init__(self, config: ModelConfig, vocabulary_size: int) -> None:
        super().__init__()
        hidden, attention, embedding = config.hidden_size, config.attention_size, config.embedding_size
        self.embedding = nn.Embedding(vocabulary_size, embedding, padding_idx=PAD)
        self.project = nn.Linear(config.region_size, hidden)
        self.score_region = nn.Linear(hidden, attention)
        self.score_state = nn.Linear(hidden, attention, bias=False)
        self.score = nn.Linear(attention, 1, bias=False)  # a bias would cancel in the softmax and never learn
        self.gate = nn.Linear(hidden, 1)
        self.start_h = nn.Linear(hidden, hidden)
        self.start_c = nn.Linear(hidden, hidden)
        self.cell = nn.LSTMCell(embedding + hidden, hidden)
        self.output_state = nn.Linear(hidden, embedding)
        self.output_context = nn.Linear(hidden, embedding, bias=False)
        self.output = nn.Linear(embedding, vocabulary_size)
        self.dropout = nn.Dropout(config.dropout)
        self._start_small()

    def _start_small(self) -> None:
        """Begin with words that hardly differ, so that an untrained decoder guesses evenly and looks at the picture."""
        with torch.no_grad():
            self.embedding.weight.uniform_(-0.1, 0.1)[PAD] = 0.0
            self.output.weight.uniform_(-0.1, 0.1)
            self.output.bias.zero_()

    def forward(self, regions: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Score the next word after each given one (teacher forcing).

        Args:
            regions: (B, R, D) float32.
            tokens: (B, T) int64, beginning with <start>.
        Returns:
            logits: (B, T, V); attention weights: (B, T, R), each row a distribution over the regions.
        """
        memory, state = self.begin(regions)
        logits, weights = [], []
        for word in tokens.unbind(dim=1):
            word_logits, word_weights, state = self.step(memory, state, word)
            logits.append(word_logits)
            weights.append(word_weights)
        return torch.stack(logits, dim=1), torch.stack(weights, dim=1)

    def begin(self, regions: Tensor) -> tuple[Memory, State]:
        """Project the regions once and start the LSTM from their mean (section 3.1.2)."""
        projected = torch.relu(self.project(regions))  # (B, R, H)
        mean = projected.mean(dim=1)
        state = State(h=torch.tanh(self.start_h(mean)), c=torch.tanh(self.start_c(mean)))
        return Memory(regions=projected, keys=self.score_region(projected)), state

    def step(self, memory: Memory, state: State, word: Tensor) -> tuple[Tensor, Tensor, State]:
        """Read one word and score the next: eqs. 4-6 (attention), 1-3 (LSTM), 7 (deep output).

        Args:
            word: (B,) int64.
        Returns:
            logits: (B, V); attention weights: (B, R); the next state.
        """
        embedded = self.embedding(word)  # (B, E)
        energy = self.score(torch.tanh(memory.keys + self.score_state(state.h).unsqueeze(1))).squeeze(2)  # (B, R)
        weights = torch.softmax(energy, dim=1)
        context = torch.bmm(weights.unsqueeze(1), memory.regions).squeeze(1)  # (B, H)
        context = torch.sigmoid(self.gate(state.h)) * context  # the gate β of section 4.2.1
        h, c = self.cell(torch.cat([embedded, context], dim=1), (state.h, state.c))
        deep = torch.tanh(embedded + self.output_state(self.dropout(h)) + self.output_context(context))
        return self.output(self.dropout(deep)), weights, State(h=h, c=c)

"""Outlines for the drawings: curves from a few letters, mirror, boxes, ovals, and the camera. No pixels.

Sizes are in units of a 300 × 400 frame with its origin in the middle, x to the right, y down."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]  # (N, 2)

_STEPS = 14
_CORNERS = {"M": 1, "L": 1, "Q": 2, "C": 3}  # points that follow each letter


def curve(text: str) -> Points:
    """Points along a path written with SVG's letters M, L, Q and C (absolute, no Z: pieces close themselves)."""
    points: list[Points] = []
    for letter, numbers in re.findall(r"([MLQC])([^MLQC]*)", text):
        given = np.array([float(number) for number in numbers.replace(",", " ").split()]).reshape(-1, 2)
        if len(given) != _CORNERS[letter]:
            raise ValueError(f"{letter} takes {_CORNERS[letter]} points; the path gives {len(given)}: {text!r}")
        if letter in "ML":
            points.append(given)
        else:
            points.append(_bezier(np.vstack([points[-1][-1:], given])))
    return np.vstack(points)


def _bezier(control: Points) -> Points:
    """De Casteljau, every step at once, without the start point (it is there already)."""
    t = np.linspace(0.0, 1.0, _STEPS + 1)[1:, None, None]
    level: Points = np.broadcast_to(control, (_STEPS, *control.shape))
    while level.shape[1] > 1:
        level = level[:, :-1] * (1 - t) + level[:, 1:] * t
    points: Points = level[:, 0]
    return points


def moved(points: Points, x: float, y: float) -> Points:
    """The same outline elsewhere."""
    step: Points = np.array([x, y])
    return points + step


def reflect(points: Points) -> Points:
    """The same outline on the other side of the middle line."""
    flip: Points = np.array([-1.0, 1.0])
    return points * flip


def mirrored(text: str) -> Points:
    """A symmetric outline from its right half, written from the top middle to the bottom middle."""
    half = curve(text)
    return np.vstack([half, reflect(half)[::-1]])


def oval(x: float, y: float, radius_x: float, radius_y: float, start: float = 0.0, end: float = 360.0) -> Points:
    """An ellipse, or the part of it between two angles (degrees, clockwise from the right)."""
    angles = np.radians(np.linspace(start, end, 48))
    return np.stack([x + radius_x * np.cos(angles), y + radius_y * np.sin(angles)], axis=1)


def box(left: float, top: float, right: float, bottom: float, radius: float = 0.0) -> Points:
    """A rectangle with round corners."""
    corners = (
        (right - radius, top + radius, -90),
        (right - radius, bottom - radius, 0),
        (left + radius, bottom - radius, 90),
        (left + radius, top + radius, 180),
    )
    return np.vstack([oval(x, y, radius, radius, start, start + 90)[::6] for x, y, start in corners])


def ribbon(middle: Points, width: float, end_width: float | None = None) -> Points:
    """The outline of a band that follows a line, tapering to `end_width`."""
    along = np.gradient(middle, axis=0)
    across = np.stack([-along[:, 1], along[:, 0]], axis=1) / np.linalg.norm(along, axis=1, keepdims=True)
    half = np.linspace(width, width if end_width is None else end_width, len(middle))[:, None] / 2
    return np.vstack([middle + across * half, (middle - across * half)[::-1]])


def between(points: Points, count: int) -> Points:
    """`count` points at even distances along a line."""
    steps = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    at = np.linspace(0.0, steps[-1], count)
    return np.stack([np.interp(at, steps, points[:, axis]) for axis in (0, 1)], axis=1)


@dataclass(frozen=True, slots=True)
class Camera:
    """From the product's own plane into the frame: turned, tilted, nearer or farther."""

    turn: float = 0.0  # degrees in the picture plane
    scale: float = 1.0
    shift_x: float = 0.0
    shift_y: float = 0.0
    yaw: float = 0.0  # degrees around the upright axis: one side comes nearer
    pitch: float = 0.0  # degrees around the level axis

    def __call__(self, points: Points) -> Points:
        yaw, pitch, turn = (math.radians(angle) for angle in (self.yaw, self.pitch, self.turn))
        x, y = points[:, 0], points[:, 1]
        depth = x * math.sin(yaw) + y * math.sin(pitch)
        nearness = self.scale / (1.0 + depth / 900.0)  # 900 units away: the mild perspective of a portrait lens
        x, y = x * math.cos(yaw) * nearness, y * math.cos(pitch) * nearness
        return np.stack(
            [
                x * math.cos(turn) - y * math.sin(turn) + self.shift_x,
                x * math.sin(turn) + y * math.cos(turn) + self.shift_y,
            ],
            axis=1,
        )


@dataclass(frozen=True, slots=True)
class Spot:
    """Where one of a pair stands: moved, scaled, turned and perhaps mirrored inside the product's plane."""

    x: float = 0.0
    y: float = 0.0
    scale: float = 1.0
    turn: float = 0.0
    mirror: int = 1  # −1: seen from the other side

    def __call__(self, points: Points) -> Points:
        turn = math.radians(self.turn)
        x, y = points[:, 0] * self.mirror * self.scale, points[:, 1] * self.scale
        return np.stack(
            [x * math.cos(turn) - y * math.sin(turn) + self.x, x * math.sin(turn) + y * math.cos(turn) + self.y], axis=1
        )

"""What a drill is going to do makes sense: nobody edits what is not there yet, or what somebody else deletes."""

from __future__ import annotations

from collections import Counter
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tests.drill.plan import Correct, Delete, Retitle, Size, Upload, deeds


@given(seed=st.integers(0, 2**32), photos=st.integers(20, 300))
def test_a_sku_is_uploaded_before_it_is_edited_and_what_is_deleted_is_edited_by_nobody(seed: int, photos: int) -> None:
    size = Size.of(photos, 10)
    plan = deeds(size, [b"%d" % number for number in range(photos)], Random(seed))  # noqa: S311 - a seed that can be run again
    counted = Counter(type(deed) for deed in plan)
    assert counted == {Upload: photos, Delete: size.deletions, Retitle: size.titles, Correct: size.captions}
    last_upload = {deed.sku: place for place, deed in enumerate(plan) if isinstance(deed, Upload)}
    deleted = {deed.sku for deed in plan if isinstance(deed, Delete)}
    for place, deed in enumerate(plan):
        if not isinstance(deed, Upload):
            assert place > last_upload[deed.sku]
            assert isinstance(deed, Delete) == (deed.sku in deleted)


def test_the_same_seed_draws_the_same_plan() -> None:
    made = [deeds(Size.of(50, 5), [b""] * 50, Random(9)) for _ in range(2)]  # noqa: S311 - as above
    assert made[0] == made[1]

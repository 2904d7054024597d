"""The people of a drill: they upload, retitle, correct and delete in several lanes, and keep what was answered."""

from __future__ import annotations

import queue
import threading
import zlib
from collections.abc import Iterable
from typing import Any, assert_never

from tests.drill.answers import Answered
from tests.drill.callers import Caller, Unanswered
from tests.drill.diary import Diary
from tests.drill.plan import Correct, Deed, Delete, Retitle, Upload

LANES = 4


class People:
    """Deeds of one sku share a lane, so that they are done in their order."""

    def __init__(self, caller: Caller, answered: Answered, diary: Diary) -> None:
        self._caller = caller
        self._answered = answered
        self._diary = diary
        self._lanes: list[queue.SimpleQueue[Deed | None]] = [queue.SimpleQueue() for _ in range(LANES)]
        self._threads = [threading.Thread(target=self._work, args=(lane,), daemon=True) for lane in self._lanes]
        self.done = 0
        self._lock = threading.Lock()
        for thread in self._threads:
            thread.start()

    def begin(self, deeds: Iterable[Deed]) -> None:
        for deed in deeds:
            self._lanes[zlib.crc32(deed.sku.encode()) % LANES].put(deed)

    def finish(self) -> None:
        """Wait until all that was begun is answered."""
        for lane in self._lanes:
            lane.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self, lane: queue.SimpleQueue[Deed | None]) -> None:
        while (deed := lane.get()) is not None:
            try:
                self._do(deed)
            except Unanswered as error:
                self._diary.wrong("A request was never answered.", request=str(error))
            with self._lock:
                self.done += 1

    def _do(self, deed: Deed) -> None:
        match deed:
            case Upload():
                self._upload(deed)
            case Retitle():
                self._retitle(deed)
            case Correct():
                self._correct(deed)
            case Delete():
                self._delete(deed)
            case _:
                assert_never(deed)

    def _upload(self, upload: Upload) -> None:
        path = f"/v1/items/{upload.sku}"
        if upload.sku not in self._answered.titles:
            self._write("PUT", path, (200, 201), json={"title": upload.title})
            self._answered.titles[upload.sku] = upload.title
        photo = ("photo", upload.photo, "application/octet-stream")
        answer = self._write("POST", f"{path}/photos?bulk=true", (200, 202), files=[("photo", photo)])
        if answer is not None:
            photo_id = answer["photos"][0]["id"]
            if (before := self._answered.accept(upload.sku, upload.sha256, photo_id)) is not None:
                self._diary.wrong("The same bytes became two photos.", sku=upload.sku, ids=[before, photo_id])

    def _retitle(self, deed: Retitle) -> None:
        """The new title is found at once by who sends the number of its answer, whichever process is asked."""
        response = self._caller.ask("PATCH", f"/v1/items/{deed.sku}", json={"title": deed.title}, headers=MERGE_PATCH)
        if response.status_code != 200:
            self._diary.wrong("A title was refused.", sku=deed.sku, status=response.status_code)
            return
        self._answered.titles[deed.sku] = deed.title
        headers = {"Vitrine-Min-Seq": response.headers["Vitrine-Seq"]}
        found = [hit["sku"] for hit in self._caller.search(deed.title.split()[-1], headers=headers)]
        if deed.sku not in found:
            self._diary.wrong("A write was not seen with its own number.", sku=deed.sku, title=deed.title)
        self._diary.note("retitled", sku=deed.sku)

    def _correct(self, deed: Correct) -> None:
        photo_id = next(iter(self._answered.photos[deed.sku].values()))
        path = f"/v1/photos/{photo_id}/caption"
        if self._write("PATCH", path, (200,), json={"text": deed.text}) is not None:
            self._answered.captions[photo_id] = deed.text

    def _delete(self, deed: Delete) -> None:
        # 404: an earlier try was carried out, and only its answer got lost.
        self._write("DELETE", f"/v1/items/{deed.sku}", (204, 404))
        self._answered.remove(deed.sku)

    def _write(self, method: str, path: str, right: tuple[int, ...], **request: object) -> dict[str, Any] | None:
        """The answer, {} where it has no body; None when it is wrong, which is noted."""
        response = self._caller.ask(method, path, **request)
        if response.status_code not in right:
            self._diary.wrong("A write was refused.", path=path, status=response.status_code, body=response.text[:500])
            return None
        self._diary.note(method.lower(), path=path, status=response.status_code)
        answer: dict[str, Any] = response.json() if response.content else {}
        return answer


MERGE_PATCH = {"Content-Type": "application/merge-patch+json"}

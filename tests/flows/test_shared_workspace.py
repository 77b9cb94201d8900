"""What the stages of a run share."""

import threading

from flows.shared_workspace import sharing


def test_a_place_that_a_stage_has_left_early_is_free_from_then_on_and_given_back_once(foreign):
    with sharing(foreign.folder, "test", threading.Event(), workers=1) as workspace:
        with workspace.place() as leave:
            leave()
            with workspace.place():
                assert not workspace.places.acquire(blocking=False)
        assert workspace.places.acquire(blocking=False)
        assert not workspace.places.acquire(blocking=False)

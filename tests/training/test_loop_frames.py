"""New epochs come as frames, in a mailbox, before any message about them."""

import queue
import threading

from app.training.loop import Finished, Paused, TrainingLoop
from app.training.mailbox import Mailbox
from tests.training.bench import PATIENCE, Bench, small


def test_the_newest_epoch_is_in_the_mailbox_before_anything_is_said_of_it():
    said, mailbox = queue.SimpleQueue(), Mailbox()
    loop = TrainingLoop(lambda message: said.put((message, mailbox.take())), mailbox)
    thread = threading.Thread(target=loop.run, daemon=True)
    thread.start()
    for command, expected in (
        (lambda: loop.reset(small(epochs=5)), Paused(1, 0)),
        (loop.step, Paused(1, 1)),
        (lambda: loop.step(2), Paused(1, 3)),
        (lambda: loop.step(2), Finished(1, 5)),
    ):
        command()
        message, frame = said.get(timeout=PATIENCE)
        assert message == expected
        assert (frame.run, frame.epoch) == (1, expected.epoch)
        assert len(frame.history) == expected.epoch + 1
    loop.close()
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_the_frames_of_a_run_share_its_history():
    bench = Bench()
    run = bench.begin(small())
    first = bench.mailbox.take()
    bench.loop.step(3)
    assert bench.next() == Paused(run, 3)
    second = bench.mailbox.take()
    assert (first.epoch, second.epoch) == (0, 3)
    assert first.history is second.history
    assert bench.close() == []

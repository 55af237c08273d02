"""A mailbox holds the newest item, and hands it out once."""

import threading

from app.training.mailbox import Mailbox


def test_an_empty_mailbox_gives_nothing():
    assert Mailbox().take() is None


def test_an_item_is_taken_once():
    mailbox = Mailbox()
    mailbox.put("letter")
    assert mailbox.take() == "letter"
    assert mailbox.take() is None


def test_only_the_newest_item_is_kept():
    mailbox = Mailbox()
    for number in range(5):
        mailbox.put(number)
    assert mailbox.take() == 4
    assert mailbox.take() is None


def test_it_can_be_used_again_and_again():
    mailbox = Mailbox()
    for number in range(5):
        mailbox.put(number)
        assert mailbox.take() == number


def test_between_threads_items_come_in_order_once_and_the_last_one_comes():
    mailbox, last, taken = Mailbox(), 50_000, []

    def take():
        while not taken or taken[-1] != last:
            item = mailbox.take()
            if item is not None:
                taken.append(item)

    reader = threading.Thread(target=take, daemon=True)
    reader.start()
    for number in range(last + 1):
        mailbox.put(number)
    reader.join(20)
    assert not reader.is_alive()
    assert taken == sorted(set(taken))
    assert taken[-1] == last

"""The language of sentiment: its rule of meaning, its arrays, and the reader of treebanks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrnn_helpers.nonlinear import sentiment

seeds = st.integers(0, 2**32 - 1)
MIRROR = dict(zip(sentiment._GOOD + sentiment._BAD, sentiment._BAD + sentiment._GOOD))


@pytest.mark.parametrize("text, value", [
    ("the plot is good", 1), ("the plot is superb", 2), ("the plot is not good", -0.75),
    ("the plot is never really bad", 0.75 * 1.5), ("the plot is somewhat awful", -1),
    ("the plot is good but the cast is bad", 0.4 - 1), ("the plot is good and the cast is bad", 0),
    ("the plot is good but the cast is bad but the music is superb", 0.4 * (0.4 - 1) + 2), ("the plot is", 0)])
def test_worth_of_known_sentences(text, value):
    assert sentiment.worth(text.split()) == pytest.approx(value, abs=1e-15)


@given(seeds)
def test_exchanging_good_and_bad_turns_the_meaning_round(seed):
    words = sentiment.sentence(np.random.default_rng(seed))
    assert sentiment.worth([MIRROR.get(word, word) for word in words]) == -sentiment.worth(words)


@given(seeds)
def test_sentences_use_the_vocabulary_and_say_something(seed):
    words = sentiment.sentence(np.random.default_rng(seed))
    assert set(words) <= set(sentiment.VOCABULARY)
    assert sentiment.worth(words) != 0


def test_words_are_distinct_and_every_adverb_and_adjective_counts():
    assert len(set(sentiment.VOCABULARY)) == len(sentiment.VOCABULARY)
    assert len(sentiment._GOOD) == len(sentiment._BAD) == 18
    assert sorted(set(sentiment._STRENGTH.values())) == [-2, -1, 1, 2]


def test_arrays_hold_the_sentences():
    data = sentiment.sentences(200, np.random.default_rng(0))
    assert data.words.shape == (data.lengths.max(), 200)
    for column, (length, label) in enumerate(zip(data.lengths, data.labels)):
        words = [sentiment.VOCABULARY[number] for number in data.words[:length, column]]
        assert (sentiment.worth(words) > 0) == label
        assert np.all(data.words[:length, column] > 0) and not np.any(data.words[length:, column])
    assert 0.4 < data.labels.mean() < 0.6


def test_same_generator_same_sentences():
    one, other = (sentiment.sentences(20, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(one.words, other.words)


def test_unknown_words_get_the_number_zero():
    data = sentiment.numbered([["the", "gluon"], ["plot"]], [1, 0])
    assert data.words[1, 0] == 0 and data.words[0, 0] > 0 and list(data.lengths) == [2, 1]


@pytest.mark.parametrize("texts, labels, message", [
    ([], [], "texts"), ([["good"], []], [1, 0], "texts"), ([["good"]], [1, 0], "labels"), ([["good"]], [2], "labels"),
    ([["good"]], ["kind"], "labels")])
def test_numbered_refuses(texts, labels, message):
    with pytest.raises(ValueError, match=message):
        sentiment.numbered(texts, labels)


def test_language_refuses():
    rng = np.random.default_rng(0)
    for call, message in ((lambda: sentiment.sentences(0, rng), "P"), (lambda: sentiment.sentences(2, 0), "rng"),
                          (lambda: sentiment.sentences(2.5, rng), "P"),
                          (lambda: sentiment.sentence(None), "rng"),
                          (lambda: sentiment.worth("good"), "words"), (lambda: sentiment.worth([1]), "words")):
        with pytest.raises(ValueError, match=message):
            call()


# ---------------------------------------------------------------------------------------------------------------------
# Treebank
# ---------------------------------------------------------------------------------------------------------------------

GOOD_LINES = ("(3 (2 It) (4 (2 's) (3 (4 lovely) (2 .))))", "(2 (2 So) (2 so))", "(0 (1 (1 Dull) (2 it)) (1 is))", "")


@pytest.fixture
def folder(tmp_path):
    for part in ("train", "dev", "test"):
        (tmp_path / f"{part}.txt").write_text("\n".join(GOOD_LINES), "utf-8")
    return tmp_path


def test_treebank_is_read(folder):
    bank = sentiment.load_treebank(folder)
    assert bank.vocabulary[:2] == ("<unknown>", "it") and len(bank.vocabulary) == 7
    for part in (bank.train, bank.dev, bank.test):
        assert list(part.labels) == [1, 0] and list(part.lengths) == [4, 3]  # the neutral sentence is left out
        texts = [[bank.vocabulary[n] for n in part.words[:length, k]] for k, length in enumerate(part.lengths)]
        assert texts == [["it", "'s", "lovely", "."], ["dull", "it", "is"]]


@pytest.mark.parametrize("word", ["8\u00a01\\/2", "2\u00a01\\/2", "na\u00efve", "-lrb-", "caf\u00e9\u2028s",
                                  "a\u0085b"])
def test_only_ascii_white_space_ends_a_word_or_a_line(folder, word):
    """Three leaves of the treebank's train.txt hold a no-break space."""
    (folder / "train.txt").write_text(f"{GOOD_LINES[0]}\n(1 (2 {word})\t(0 fails))\r\n", "utf-8", newline="")
    bank = sentiment.load_treebank(folder)
    assert [bank.vocabulary[n] for n in bank.train.words[:2, 1]] == [word, "fails"]
    assert list(bank.train.lengths) == [4, 2]


def test_small_vocabulary_keeps_the_most_frequent_word(folder):
    bank = sentiment.load_treebank(str(folder), vocabulary_size=2)
    assert bank.vocabulary == ("<unknown>", "it")
    assert list(bank.train.words[:, 0]) == [1, 0, 0, 0]


@given(st.recursive(st.text("abcxyz'.", min_size=1, max_size=5), lambda inner: st.lists(inner, min_size=1, max_size=3)),
       st.sampled_from("0134"))
def test_any_tree_gives_back_its_words(tmp_path_factory, tree, label):
    def spell(node):
        return f"(2 {node})" if isinstance(node, str) else f"(2 {' '.join(map(spell, node))})"

    def leaves(node):
        return [node] if isinstance(node, str) else [word for branch in node for word in leaves(branch)]

    line = f"({label}" + spell(tree)[2:]
    assert sentiment._read_tree(line, "here") == (int(label), leaves(tree))


@pytest.mark.parametrize("line", [
    "(3 (2 It) (4 shines)", "(3 (2 It) (4 shines)))", "(5 (2 It) (4 shines))", "((2 It) (4 shines))", "3 It shines",
    "(3 (2 It) (4 shines)) (2 too)", "(3 (2 It) ())", "(3 (2 ) (4 shines))", "()", "(3)", "(good It)", "nonsense",
    "(3 It shines)", "(3 It (4 shines))", "(3 (4 shines) It)"])
def test_treebank_refuses_a_malformed_line(folder, line):
    (folder / "dev.txt").write_text(f"{GOOD_LINES[0]}\n{line}\n", "utf-8")
    with pytest.raises(ValueError, match=r"dev\.txt, line 2"):
        sentiment.load_treebank(folder)


def test_treebank_refuses_missing_empty_and_unreadable_files(folder):
    (folder / "test.txt").write_text("(2 (2 So) (2 so))\n", "utf-8")
    with pytest.raises(ValueError, match=r"test\.txt.*not neutral"):
        sentiment.load_treebank(folder)
    (folder / "test.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match=r"test\.txt"):
        sentiment.load_treebank(folder)
    (folder / "test.txt").unlink()
    with pytest.raises(ValueError, match=r"test\.txt"):
        sentiment.load_treebank(folder)
    with pytest.raises(ValueError, match="vocabulary_size"):
        sentiment.load_treebank(folder, vocabulary_size=1)

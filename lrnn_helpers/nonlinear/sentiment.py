"""Sentences and whether they are kind: a small language made up for this book, and the reader's own treebank.

The language has about ninety words. Its rule of meaning is short, but it depends on order: a negation turns the
next adjective round and weakens it, an intensifier or a dampener scales it, and "but" discounts what came before it.

A sentence is a list of words; a set of sentences is `Sentences`, padded arrays with time first.
"""

import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lrnn_helpers import _checks, _progress

_GOOD = ("good nice pleasant decent charming likeable neat solid warm "
         "superb brilliant wonderful excellent marvellous splendid stunning perfect glorious").split()
_BAD = ("bad dull weak bland clumsy tedious flat shallow cold "
        "awful terrible dreadful horrible dismal atrocious ghastly hopeless wretched").split()
_NEGATIONS = "not never hardly".split()
_INTENSIFIERS = "very really truly extremely".split()
_DAMPENERS = "somewhat rather slightly fairly".split()
_NOUNS = ("plot cast ending dialogue music story acting script humour pace scenery direction editing opening "
          "costumes").split()
_FILLERS = "frankly overall today again perhaps once here indeed meanwhile still".split()
_VERBS = "is was seems feels".split()
_ARTICLES = "the its this".split()
_CONJUNCTIONS = "and but".split()

# What each adjective is worth by itself, 1 or 2, negative if unkind; and by what each adverb multiplies it.
_STRENGTH = {word: sign * (1 if place < 9 else 2) for words, sign in ((_GOOD, 1), (_BAD, -1))
             for place, word in enumerate(words)}
_SCALE = {**dict.fromkeys(_NEGATIONS, -0.75), **dict.fromkeys(_INTENSIFIERS, 1.5), **dict.fromkeys(_DAMPENERS, 0.5)}
_DISCOUNT = 0.4  # what remains of a sentence's worth when "but" is said
VOCABULARY = ("<unknown>", *_ARTICLES, *_NOUNS, *_VERBS, *_CONJUNCTIONS, *_FILLERS, *_SCALE, *_STRENGTH)
"""The words by their number; number 0 stands for any word that is not in the list."""


class Sentences(NamedTuple):
    """A batch of sentences, time first.

    words: numbers of words (T, P), 0 after the end. lengths: of each sentence (P,). labels: 1 if kind, else 0.
    """

    words: np.ndarray
    lengths: np.ndarray
    labels: np.ndarray


def worth(words):
    """What a sentence is worth: positive if it is kind.

    The sum over adjectives of strength times the scales of the adverbs since the last adjective; "but" multiplies by
    0.4 what has been summed before it. Other words count nothing.

    words: list of words. Returns a float. ValueError if it is not a list or tuple of words.
    Source: chapter "Does it hold beyond the simplest network?".
    """
    _words("words", words)
    total, scale = 0.0, 1.0
    for word in words:
        if word == "but":
            total *= _DISCOUNT
        scale *= _SCALE.get(word, 1.0)
        if word in _STRENGTH:
            total, scale = total + scale * _STRENGTH[word], 1.0
    return total


def _words(name, value):
    """`value` if it is a list or tuple of words."""
    if not isinstance(value, (list, tuple)) or not all(isinstance(word, str) for word in value):
        raise ValueError(f"{name} must be a list of words, but {value!r} was given")
    return value


def sentence(rng):
    """One sentence of the language: one to three clauses such as "the plot is not very good", joined by and or but.

    rng: numpy random generator. Returns a list of words whose worth is not zero. ValueError if rng is no generator.
    Source: chapter "Does it hold beyond the simplest network?".
    """
    _checks.generator("rng", rng)
    words = []
    while worth(words) == 0:
        words = _clause(rng)
        for _ in range(rng.integers(3)):
            words += [_CONJUNCTIONS[rng.integers(2)], *_clause(rng)]
    return words


def _clause(rng):
    def one(words):
        return words[rng.integers(len(words))]

    chance = rng.random(3)
    return [*([one(_FILLERS)] if chance[0] < 0.2 else []), one(_ARTICLES), one(_NOUNS), one(_VERBS),
            *([one(_NEGATIONS)] if chance[1] < 0.45 else []),
            *([one(_INTENSIFIERS + _DAMPENERS)] if chance[2] < 0.4 else []),
            one(_GOOD if rng.random() < 0.5 else _BAD)]


def sentences(P, rng):
    """A batch of sentences of the language, with the sign of their worth.

    P: number of sentences. rng: numpy random generator. Returns Sentences, numbered by VOCABULARY.
    ValueError if an argument is out of range. Source: chapter "Does it hold beyond the simplest network?".
    """
    _checks.affordable("P", _checks.integer("P", P), 100)
    made = [sentence(rng) for _ in _progress.bar(range(P), desc="sentences")]
    return numbered(made, [worth(words) > 0 for words in made])


def numbered(texts, labels, vocabulary=VOCABULARY):
    """Sentences as arrays of word numbers; words that the vocabulary lacks get the number 0.

    texts: list of lists of words, none empty. labels: 0 or 1 (or false and true) for each. vocabulary: list of words.
    Returns Sentences. ValueError if an argument does not fit.
    Source: chapter "Does it hold beyond the simplest network?".
    """
    if not all(_words(f"texts[{place}]", words) for place, words in enumerate(_checks.sequence("texts", texts))):
        raise ValueError("texts must not hold an empty sentence, but it does")
    labels = _checks.integers("labels", labels, (len(texts),), 0, 1)
    number = {word: index for index, word in enumerate(_words("vocabulary", vocabulary))}
    lengths = np.array([len(words) for words in texts])
    words = np.zeros((lengths.max(), len(texts)), int)
    for column, text in enumerate(texts):
        words[:len(text), column] = [number.get(word, 0) for word in text]
    return Sentences(words, lengths, labels)


# ---------------------------------------------------------------------------------------------------------------------
# The Stanford Sentiment Treebank, for readers who have it on disk
# ---------------------------------------------------------------------------------------------------------------------


class Treebank(NamedTuple):
    """Sentences of each part (word numbers by `vocabulary`); neutral ones are left out."""

    train: Sentences
    dev: Sentences
    test: Sentences
    vocabulary: tuple


def load_treebank(folder, *, vocabulary_size=5000):
    """The Stanford Sentiment Treebank from its three text files, as sentences labelled kind or unkind.

    The files train.txt, dev.txt and test.txt hold one sentence a line as a tree in brackets, each node with a label
    from 0 (very negative) to 4 (very positive), for example ``(3 (2 It) (4 (2 is) (3 lovely)))``. The label of the
    whole sentence is kept: 0 and 1 become 0, 3 and 4 become 1, sentences with label 2 are left out. Words are kept as
    they are spelt, with escapes such as -LRB- and 8\\/10; only ASCII white space separates them.

    folder: path of the three files. vocabulary_size: how many words to number, the most frequent of train.txt, in
    lower case. Returns a Treebank. ValueError naming file and line if a file is missing or malformed.
    Source: Socher et al. (2013); chapter "Does it hold beyond the simplest network?".
    """
    size = _checks.integer("vocabulary_size", vocabulary_size, minimum=2)
    folder = Path(_checks.instance("folder", folder, (str, Path)))
    parts = {part: _read_trees(folder / f"{part}.txt") for part in ("train", "dev", "test")}
    counts = {}
    for _, words in parts["train"]:
        for word in words:
            counts[word] = counts.get(word, 0) + 1
    vocabulary = ("<unknown>", *sorted(counts, key=lambda word: (-counts[word], word))[:size - 1])
    sets = [numbered([words for _, words in trees], [label > 2 for label, _ in trees], vocabulary)
            for trees in parts.values()]
    return Treebank(*sets, vocabulary)


def _read_trees(path):
    """The labels (0, 1, 3, 4) and words of the sentences of one file."""
    try:
        lines = path.read_text("utf-8").split("\n")
    except (OSError, ValueError) as error:  # ValueError: no text in UTF-8, or a null in the path
        raise ValueError(f"folder must hold the text file {path.name}, but {path} cannot be read: {error}") from None
    trees = [_read_tree(line, f"{path}, line {number}") for number, line in enumerate(lines, start=1) if line.strip()]
    decided = [(label, words) for label, words in trees if label != 2]
    if not decided:
        raise ValueError(f"{path} must hold at least one sentence that is not neutral, but it holds none")
    return decided


def _read_tree(line, place):
    """Label of the root and words of the leaves of one tree."""
    tokens = re.findall(r"[()]|[^()\s]+", line, re.ASCII)  # a word of the treebank may hold a no-break space
    words, depth = [], 0
    for index, token in enumerate(tokens):
        opens, after = tokens[index - 1:index] == ["("], "".join(tokens[index + 1:index + 2])
        if depth == 0 and (index > 0 or token != "("):
            raise ValueError(f"{place}: a line must hold one tree within brackets, but {token!r} is outside")
        if opens and (token not in ("0", "1", "2", "3", "4") or after == ")"):
            raise ValueError(f"{place}: a bracket must open with a label from 0 to 4, then a word or branches, "
                             f"but it holds {token!r}, then {after!r}")
        if token not in ("(", ")") and not opens:
            if after != ")" or tokens[index - 2] != "(":
                raise ValueError(f"{place}: a word must be alone in its brackets, but {token!r} is not")
            words.append(token.lower())
        depth += {"(": 1, ")": -1}.get(token, 0)
    if depth or not words:
        raise ValueError(f"{place}: a tree needs words and as many closing as opening brackets, "
                         f"such as (3 (2 It) (4 shines)), but the line is {line.strip()[:60]!r}")
    return int(tokens[1]), words

"""Words by which readers look for what a page calls otherwise: they become entries of the index, which search asks.

A printed index is for what is on the page, so the PDF has none of them. A chapter is also found by its topic, as the
sidebar names it.
"""

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform
from sphinx.util.index_entries import split_index_msg

from book.site.contents import topics

GREEK = "α alpha β beta γ gamma δ delta ε epsilon θ theta λ lambda ρ rho σ sigma τ tau ω omega Δ Θ Λ Σ Ω".split()
WORDS = {
    "book/foundations/linear_rnn": ["RNN", "recurrent neural network", "linear RNN", "memory", "eigenvalue"],
    "book/foundations/gradient_flow": ["backpropagation", "backprop", "vanishing gradient", "exploding gradient"],
    "book/foundations/deep_linear": ["SVD", "saddle", "Saxe", "deep linear network"],
    "book/task_dynamics/teacher_student": ["teacher-student", "teacher student", "singular value"],
    "book/task_dynamics/learning_order": ["recency"],
    "book/task_dynamics/stability_extrapolation": ["generalization", "edge of stability", "sharpness"],
    "book/task_dynamics/phase_transitions": ["regularization", "weight decay"],
    "book/task_dynamics/sensory_integration": ["evidence accumulation", "decision making"],
    "book/integration/integrators": ["outlier", "line attractor", "time constant", "DMFT"],
    "book/integration/lazy_integration": ["lazy", "reservoir", "echo state network"],
    "book/initialization/low_rank_changes": ["low rank", "low-rank", "rank", "neuroscience tasks"],
    "book/initialization/random_connectivity": ["chaos", "random matrix", "mean field"],
    "book/initialization/beyond_vanilla": ["LSTM", "GRU", "gated", "Adam", "sentiment"],
    "book/feature_learning/ntk": ["NTK", "neural tangent kernel", "tangent kernel", "kernel"],
    "book/feature_learning/recurrence_is_rich": ["rich", "rich regime", "feature learning"],
    "book/feature_learning/clusters": ["cluster", "Slurm", "Dask", "sweep"],
    "book/beyond/state_space": ["SSM", "S4", "LRU", "Mamba", "linear attention"],
    "book/beyond/optimizers": ["momentum", "SGD", "signSGD", "Muon", "label noise"],
    "book/beyond/local_rules": ["RFLO", "biologically plausible", "three-factor rule", "synapse"],
    "book/beyond/closed_loop": ["control", "LQR", "Kalman filter", "reinforcement learning", "imitation"],
    "book/beyond/invisible": ["representational drift", "continual learning", "forgetting"],
    "book/notation": ["symbols", *GREEK],
}
"""{page: what leads there}; a word that several pages use belongs to the one that explains it."""


class AddEntries(SphinxTransform):
    """Put a page's words into the index, as main entries of it."""

    default_priority = 500

    def apply(self):
        if self.app.builder.format != "html":
            return
        document = self.env.docname
        words = [*WORDS.get(document, []), *filter(None, [topics().get(document)])]
        if words and (section := self.document.next_node(nodes.section)):
            entries = [("single", word, "", "main", None) for word in dict.fromkeys(words)]
            section.insert(1, addnodes.index(entries=entries))


def remember_entries(app):
    """Give search the main entries of all pages: Sphinx forgets those of pages that a build need not write again."""
    for document, entries in app.env.get_domain("index").entries.items():
        app.builder.indexer._index_entries[document] = sorted(
            {(word, place or "", main) for kind, words, place, main, _ in entries if main == "main"
             for word in split_index_msg(kind, words)})
    return []


def connect(app):
    app.add_transform(AddEntries)
    app.connect("html-collect-pages", remember_entries)

"""Nonlinear networks, h_{t+1} = (1 - dt) h_t + dt (W_h tanh(h_t) + W_x x_t), and LSTMs: Part IV.

    tanh_rnn    TanhRNN, random_tanh_rnn, loss, loss_gradients, by hand through time
    lstm        LSTM, random_lstm, loss, loss_gradients; answers and accuracy on sentences
    adam        adam, for either network, and its rule
    optimizers  momentum_rule, normalized_rule, sign_rule; descend, by any rule on any arrays
    tasks       flip-flop, context-dependent decision, parametric working memory
    sentiment   a small language of opinions, and the reader's own treebank

`tanh_rnn` and `tasks` are for "What does learning change?", `lstm` and `sentiment` for "Does it hold beyond the
simplest network?", `adam` for both. `optimizers` and Adam's rule act on whatever has weights, and are for "Which laws
survive the optimizer you really use?" in Part VI.
"""

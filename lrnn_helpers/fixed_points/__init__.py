"""Networks that settle, z = w'(I - W)^{-1} m, and learn one fixed point from random connectivity: Part IV.

    network        FixedPointRNN, random_fixed_point_rnn, loss, loss_gradients
    descent        gradient_descent at the cost of small matrices; finite_time_descent
    infinite_size  the same task for infinitely many units: the whole flow, its beginning, the critical learning rate
    low_rank       what a change of weights is made of: truncation, participation ratio, shuffling

The first three are for "Why does learning begin with a single direction?" and "What good is a random beginning?",
`low_rank` for all chapters of the part.
"""

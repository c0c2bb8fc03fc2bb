"""Theory and simulation of how linear recurrent networks learn: the helper package of a textbook that runs.

The package has one wing for each kind of network that the book treats, and each wing speaks in the same words: a
network that is checked and read-only, a random one, `loss`, `loss_gradients`, and a way to learn.

    steps         networks in steps: connectivity modes, tangent kernel          Parts I, II and V
    continuous    networks in continuous time that learn a filter                Parts III and VI
    fixed_points  networks that learn a fixed point from random connectivity     Part IV
    nonlinear     tanh networks and LSTMs on tasks of neuroscience and language; Part IV,
                  optimizers, for any weights                                  Part VI
    page          what readers see: figures, sliders, claims, checkers           all parts

`help(lrnn_helpers.steps)`, for instance, says what is in a wing and which chapters use it. Everywhere

* what is learned comes first, then the network, a random generator `rng` last;
* `g` is the strength of random connectivity, `P` counts samples, `rtol` and `atol` are tolerances;
* time is the first axis of every array, and a flow starts at times[0];
* a run that cannot go on stops, keeps what it had, and says why in `message`;
* what does not fit raises ValueError with a sentence that names the argument.
"""

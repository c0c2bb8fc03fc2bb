"""Networks in continuous time, dh/dt = -h + W h + u x, y = v'h, that learn to imitate a filter: Parts III and VI.

    filters   Filter, leaky_integrator, damped_oscillator: targets; FilterRNN, random_filter_rnn: networks
    learning  loss, loss_gradients, gradient_flow of a whole network
    reduced   the flows of one real pole and of two poles, and where an oscillator's learning pauses
    lazy      the kernel of learning without changing: spectrum, function space, learning curves
    coordinates  what is trained in place of a pole; overlap, distance and loss of modes of unit power
    diagonal  DiagonalRNN, a layer of a state-space model: scan, loss_and_gradients

`filters`, `learning` and `reduced` are for the chapters on integrators, fixed read-outs and oscillators, `lazy` for
"What can a network learn without changing?"; "Do three theories describe one network?" in Part V uses all of these.
`coordinates` and `diagonal` are for "Why do state-space models learn long memories more easily?" in Part VI.
"""

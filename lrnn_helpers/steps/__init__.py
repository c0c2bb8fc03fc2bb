"""Networks in steps, h_{t+1} = W_h h_t + W_x x_t: how they learn, mode by mode, and what their kernel tells.

    networks     LinearRNN, aligned_rnn, random_rnn: weights, simulation, impulse response
    tasks        white inputs, linear teachers, the task dynamics of single modes
    gradients    loss, loss_gradients of impulse responses; sample_loss, sample_gradients through time
    local_rules  update and the blame of truncated, random_feedback, e_prop, feedback_alignment
    training     gradient_descent, gradient_flow, with a History of what was recorded
    modes        energy, rates, flow and exact solutions of one connectivity mode
    landscape    the price of recurrence, the best mode for each recurrent strength, sharpness
    ntk          the neural tangent kernel on data and of the impulse response, kernel distance

`networks`, `gradients` and `training` are for Part I and every part after it; `tasks`, `modes` and `landscape` for
Part II; `ntk` for Part V; `local_rules` for Part VI.
"""

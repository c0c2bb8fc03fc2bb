"""What readers see on a page, the same in every chapter.

    plots      the book's style, figures with descriptions, simulation solid and theory dashed
    explore    sliders: live in Jupyter, frames in the book
    claims     a measured against a predicted value, shown, enforced, kept for the scoreboard
    exercises  checkers that say what is wrong with a reader's function
"""

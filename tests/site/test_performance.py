"""Steadiness of the built pages while they load, as the browser measures it."""

import pytest


@pytest.mark.parametrize("name", ["book/index.html", "book/foundations/linear_rnn.html"])
def test_sliders_load_without_moving_the_page(visit, name):
    page = visit(name, mathematics=False).page
    shift = page.evaluate("""() => Promise.all([...document.querySelectorAll('figure.explore')].map(async figure => {
        const before = figure.getBoundingClientRect().height;
        await figure.querySelector('img').decode();
        return figure.getBoundingClientRect().height - before;
    }))""")
    assert shift and all(change == 0 for change in shift)


@pytest.mark.parametrize("width", [1280, 390])
def test_a_page_hardly_moves_while_it_loads(visit, width):
    """The cumulative layout shift, mathematics included, is what browsers' makers call good."""
    shift = visit("book/task_dynamics/learning_order.html", width).page.evaluate("""() => new Promise(resolve => {
        let shift = 0;
        new PerformanceObserver(list => list.getEntries().forEach(entry => { shift += entry.value; }))
            .observe({type: 'layout-shift', buffered: true});
        setTimeout(() => resolve(shift), 500);
    })""")
    assert shift < 0.1

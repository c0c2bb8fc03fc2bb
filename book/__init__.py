"""The chapters; and in `book.site` the code that executes them and makes pages of them."""

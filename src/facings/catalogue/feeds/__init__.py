"""Product data of others: one module a form, each gives rows of which `bulk` makes records."""

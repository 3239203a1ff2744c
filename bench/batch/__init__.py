"""`python -m bench.batch`: how much of the ideal rate a batch reaches, and what others reach.

    articles   the articles and the right answers to them
    server     an endpoint that costs next to nothing
    subjects   the ways to ask that are compared
    extractor  langextract, as one of them
    worker     a subject in a process of its own
    cells      what is measured of each
    extractive the engine without a model, by worker processes
    table, chart         what is shown of it

docs/batch-efficiency.md is written by it.
"""

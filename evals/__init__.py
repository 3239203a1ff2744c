"""Evals: gold records, scoring, gate and report for article summaries.

`python -m evals --help` lists the commands. The package `summarizer` never imports this one.
"""

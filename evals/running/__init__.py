"""Runs: asking a system about every article, once per repeat, and keeping each answer.

A run is a directory: `manifest.json` says what was asked of whom, `rows.jsonl` holds one
row per answer, appended and synced when the answer is there. A run that was killed goes on
where it stopped.
"""

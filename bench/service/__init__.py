"""The service under load: what `python -m bench.service` measures, and against what."""

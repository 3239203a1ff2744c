"""Engines: what fills a Draft."""

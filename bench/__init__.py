"""Measures what the design promises, each figure beside a baseline of the same run. Run it with `bin/bench`."""

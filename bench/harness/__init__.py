"""The benchmark of formprogress. `main.py` is where it starts, `sections.py` says what is measured."""

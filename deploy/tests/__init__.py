"""Checks of the template, without AWS: `python -m unittest discover -s deploy -t deploy`."""

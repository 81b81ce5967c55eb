"""Checks of the template, and the stack on an emulated AWS: `python -m unittest discover -s deploy -t deploy`."""

"""The app for gunicorn. Importing pgAdmin creates its database if it does not exist."""

import builtins

builtins.SERVER_MODE = True

from pgAdmin4 import app  # noqa: E402, F401

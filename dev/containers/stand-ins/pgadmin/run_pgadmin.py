"""What gunicorn serves. Importing pgAdmin makes its database, when there is none."""

import builtins

builtins.SERVER_MODE = True

from pgAdmin4 import app  # noqa: E402, F401

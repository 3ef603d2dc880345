"""`python -m cognito_idp.testing` runs a Cognito server on this machine until Ctrl-C."""

import sys

from .local import main

sys.exit(main())

"""`python -m cognito_idp.cli` runs the command `cognito-idp`."""

from . import main

main()

"""`python -m cognito_idp.cli` is the command `cognito-idp`."""

from . import main

main()

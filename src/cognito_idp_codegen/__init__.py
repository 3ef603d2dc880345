"""Writes `cognito_idp/model/` and `cognito_idp/types.py` from the facts of the service model. Not part of the wheel."""

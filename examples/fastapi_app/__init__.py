"""A web app whose people sign in with a Cognito user pool: FastAPI, and `cognito_idp` in place of a hosted login page.

`README.md` tells what there is. `python -m examples.fastapi_app` runs it against a Cognito server on this machine.
"""

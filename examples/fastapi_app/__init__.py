"""A web app with sign-in through a Cognito user pool: FastAPI, and `cognito_idp` instead of a hosted login page.

`README.md` describes the app. `python -m examples.fastapi_app` runs it against a Cognito server on this machine.
"""

"""Answers to errors that no route handled: a page for a person, JSON for a program."""

import logging

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from cognito_idp.errors import CognitoIdpError, TokenError

from .cookies import CookieTooLargeError
from .pages import Pages
from .problems import Problem, http_problem, problem_of
from .services import LOG, SignInNeededError, see_other, services


def add_error_answers(app: FastAPI, pages: Pages) -> None:
    """Add the exception handlers to the app."""

    def answer(request: Request, problem: Problem) -> Response:
        if not request.url.path.startswith("/api/"):
            return pages.problem(problem)
        return JSONResponse({"error": problem.text}, problem.status, problem.headers)

    @app.exception_handler(CognitoIdpError)
    async def failed(request: Request, error: CognitoIdpError) -> Response:
        # The library's errors hold no secrets, so they can be logged as they are.
        level = logging.INFO if isinstance(error, TokenError) else logging.WARNING
        LOG.log(level, "%s: %s: %s", request.url.path, type(error).__name__, error)
        return answer(request, problem_of(error))

    @app.exception_handler(SignInNeededError)
    async def sign_in_needed(request: Request, _: SignInNeededError) -> Response:
        here = services(request)
        had_session = here.cookies.session.name in request.cookies
        response = see_other("/sign-in", "session-ended" if had_session else "")
        here.cookies.session.clear(request, response)
        return response

    @app.exception_handler(CookieTooLargeError)
    async def too_large(request: Request, error: CookieTooLargeError) -> Response:
        LOG.error("%s: %s", request.url.path, error)
        return answer(request, Problem(501, "This account holds more than this page can work with."))

    @app.exception_handler(RequestValidationError)
    async def incomplete(request: Request, _: RequestValidationError) -> Response:
        # FastAPI's own answer would repeat what was typed in, passwords included.
        return answer(request, Problem(422, "The form was not filled in completely."))

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        response = answer(request, http_problem(error.status_code, str(error.detail)))
        response.headers.update(error.headers or {})  # a guard's challenge is among them
        return response

"""What handlers of the control plane share: who may come in, JSON, and refusals in the client's protocol."""

from collections.abc import Awaitable, Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from wye.core.errors import WyeError
from wye.gateway.arrival import Arrival
from wye.gateway.clients import client_of
from wye.gateway.headers import error_fields
from wye.gateway.keys import Caller
from wye.gateway.listener.exchange import HangupError
from wye.gateway.runtime import Runtime
from wye.ledger.keystore import Scope

Handler = Callable[[Request, Caller], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]


def json(value: object) -> Response:
    """Return `value` as an answer."""
    return Response(msgspec.json.encode(value), media_type="application/json")


def refusal(error: WyeError, arrival: Arrival) -> Response:
    """Return `error` as an answer."""
    client = client_of(arrival.scope)
    return Response(client.error(error, arrival.request_id), error.status, error_fields(error))


def named(arrival: Arrival, response: Response) -> Response:
    """Give an answer its request's id, as the client looks for it."""
    for name in client_of(arrival.scope).request_id_headers:
        response.headers[name] = arrival.request_id
    return response


def guarded(runtime: Runtime, scope: Scope, handler: Handler) -> Endpoint:
    """Let in only who the keys or the guard let in, and answer errors in the client's protocol."""

    async def endpoint(request: Request) -> Response:
        arrival = Arrival(request.scope)
        try:
            response = await handler(request, runtime.admit(arrival, scope))
        except WyeError as error:
            response = refusal(error, arrival)
        except HangupError:
            response = Response()  # nobody is there to read it
        return named(arrival, response)

    return endpoint

"""Plain Chalice, boto3 and Twilio's SDK."""

import os
from urllib.parse import parse_qsl

from chalice import Chalice, Response

from chalicelib import phone

app = Chalice(app_name="phone")


@app.route(
    "/api/channels/telephony/{account}/answer",
    methods=["POST"],
    content_types=["application/x-www-form-urlencoded"],
)
def answer(account: str) -> Response:
    """Greet whoever answered."""
    request = app.current_request
    call_id = request.query_params["call"]
    form = dict(parse_qsl(request.raw_body.decode()))
    url = f"{os.environ['PUBLIC_URL']}/answer?call={call_id}"
    if not phone.is_signed(url, form, request.headers["x-twilio-signature"]):
        return Response("", status_code=403)
    phone.remember(call_id)
    return Response(phone.greeting(call_id), {"Content-Type": "text/xml"})

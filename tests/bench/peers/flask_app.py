"""Flask, boto3 and Twilio's SDK: on a server that runs."""

import os

import phone
from flask import Flask, Response, request

app = Flask(__name__)


@app.post("/api/channels/telephony/<account>/answer")
def answer(account: str) -> Response:
    """Greet whoever answered."""
    call_id = request.args["call"]
    url = f"{os.environ['PUBLIC_URL']}/answer?call={call_id}"
    if not phone.is_signed(url, request.form.to_dict(), request.headers["X-Twilio-Signature"]):
        return Response(status=403)
    phone.remember(call_id)
    return Response(phone.greeting(call_id), mimetype="text/xml")


if __name__ == "__main__":
    app.run(port=int(os.environ["PORT"]), threaded=True)

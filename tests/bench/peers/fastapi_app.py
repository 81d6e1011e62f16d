"""FastAPI behind Mangum, boto3 and Twilio's SDK."""

import os

import phone
from fastapi import FastAPI, Request, Response
from mangum import Mangum

app = FastAPI()


@app.post("/api/channels/telephony/{account}/answer")
async def answer(account: str, call: str, request: Request) -> Response:
    """Greet whoever answered."""
    form = dict(await request.form())
    url = f"{os.environ['PUBLIC_URL']}/answer?call={call}"
    if not phone.is_signed(url, form, request.headers["x-twilio-signature"]):
        return Response(status_code=403)
    phone.remember(call)
    return Response(phone.greeting(call), media_type="text/xml")


handler = Mangum(app, lifespan="off")

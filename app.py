"""moltis-phone: the gate. Names the app and hangs its doors; nothing is decided here."""

import chalicelib.start  # noqa: F401  # before anything else

# isort: split

from chalice import Chalice

from chalicelib.functions import clock, first_token, tool, turn
from chalicelib.routes import (
    audio,
    call_data,
    health,
    mcp,
    openapi,
    pages,
    rpc,
    session,
    voice_call,
    webhooks,
)

app = Chalice(app_name="moltis-phone")
app.register_blueprint(webhooks.blueprint)
app.register_blueprint(audio.blueprint)
app.register_blueprint(rpc.blueprint)
app.register_blueprint(mcp.blueprint)
app.register_blueprint(voice_call.blueprint)
app.register_blueprint(session.blueprint)
app.register_blueprint(pages.blueprint)
app.register_blueprint(call_data.blueprint)
app.register_blueprint(health.blueprint)
app.register_blueprint(openapi.blueprint)
app.register_blueprint(turn.blueprint)
app.register_blueprint(clock.blueprint)
app.register_blueprint(tool.blueprint)
app.register_blueprint(first_token.blueprint)

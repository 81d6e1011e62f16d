"""No network, no AWS account: what every test can rely on."""

import gc
import os

import chalicelib.start  # noqa: F401  # what it does to the collector is taken back

# What is left open is to be noticed in the test that left it.
gc.set_threshold(700, 10, 10)

# Before anything of AWS is imported: no test may ever meet a real account.
os.environ.update(
    AWS_ACCESS_KEY_ID="testing",
    AWS_SECRET_ACCESS_KEY="testing",
    AWS_SESSION_TOKEN="testing",
    AWS_DEFAULT_REGION="us-east-1",
    AWS_EC2_METADATA_DISABLED="true",
)
for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_LAMBDA"):
    os.environ.pop(name, None)

#!/usr/bin/env bash
# A whole call with curl: bash examples/curl.sh +15559876543 "Your table is ready."
set -euo pipefail

use() {
  curl --silent --show-error "$MOLTIS_GATEWAY_URL/voice_call" \
    -H "Authorization: Bearer $MOLTIS_TOKEN" -H "Content-Type: application/json" -d "$1"
}
field() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p"; }

placed=$(use "{\"action\": \"initiate_call\", \"to\": \"$1\", \"message\": \"$2\", \"mode\": \"notify\"}")
echo "$placed"
call_id=$(echo "$placed" | field call_id)
[ -n "$call_id" ] || exit 1

over=""
while [ -z "$over" ]; do
  news=$(use "{\"action\": \"wait\", \"call_id\": \"$call_id\", \"until\": \"end\"}")
  over=$(echo "$news" | field end_reason)
done
echo "$news"

#!/bin/sh
# Calls every route of server.cjs in turn: sh examples/jwt-server/walk.sh [http://localhost:3000]
# Ends with 1 where an answer has another status than expected. Needs curl and node.
set -eu
base=${1:-http://localhost:3000}
email="walk-$$-$(date +%s)@example.com"
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT

# ask EXPECTED METHOD PATH [TOKEN] [JSON]
ask() {
  status=$(curl -sS -o "$answer" -w '%{http_code}' -X "$2" "$base$3" \
    ${4:+-H "Authorization: Bearer $4"} ${5:+-H 'Content-Type: application/json' -d "$5"})
  echo "$2 $3: $status"
  if [ "$status" != "$1" ]; then
    echo "expected $1, got:" && cat "$answer" && exit 1
  fi
}
# of PATH: a value of the last answer, such as tokens.accessToken
of() {
  node -p 'process.argv[2].split(".").reduce((value, name) => value[name], JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8")))' "$answer" "$1"
}

credentials="{\"email\":\"$email\",\"password\":\"test123\"}"
ask 200 GET /health
ask 201 POST /register '' "$credentials"
ask 400 POST /register '' "$credentials"
ask 401 POST /login '' "{\"email\":\"$email\",\"password\":\"wrong\"}"
ask 200 POST /login '' "$credentials"
access=$(of tokens.accessToken)
refresh=$(of tokens.refreshToken)
ask 200 GET /profile "$access"
ask 200 GET /public
ask 200 GET /public "$access"
ask 200 POST /refresh "$refresh"
ask 401 GET /profile "$access"
ask 200 POST /login '' "$credentials"
access=$(of tokens.accessToken)
ask 200 POST /logout "$access"
ask 401 GET /profile "$access"
ask 200 POST /login '' "$credentials"
access=$(of tokens.accessToken)
ask 200 POST /logout-all "$access"
ask 401 GET /profile "$access"
echo 'All as expected.'

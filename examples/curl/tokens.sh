#!/bin/sh
# The same with tokens, as a phone or a script has it: no cookie anywhere. Any step that does not go as it should ends
# the walk.
#
#   examples/curl/tokens.sh [address, http://localhost:3000 where none is given]
set -eu

at=${1:-http://localhost:3000}
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT

email=walker-$$-$(date +%s)@example.com
body="{\"email\":\"$email\",\"password\":\"a long walk 2 the sea\"}"

say() { printf '\n\n# %s\n' "$1"; }

# ask <method> <path> [token]: prints the answer, keeps it, and fails where it is an error.
ask() {
  curl --silent --show-error --fail-with-body --request "$1" --output "$answer" \
    ${3:+--header "Authorization: Bearer $3"} "$at$2"
  cat "$answer"
}

# send <path>: the same with the person's name and password.
send() {
  curl --silent --show-error --fail-with-body --request POST --output "$answer" \
    --header 'Content-Type: application/json' --data "$body" "$at$1"
  cat "$answer"
}

# field <name>: of the answer that was kept.
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" "$answer"; }

# denied <method> <path> <status> <token>: prints the answer, and fails where it has another status.
denied() {
  status=$(curl --silent --request "$1" --header "Authorization: Bearer $4" --output "$answer" \
    --write-out '%{http_code}' "$at$2")
  cat "$answer"
  test "$status" = "$3"
}

say "register as $email"
send /register

say 'log in; the answer holds an access token and a refresh token'
send /login
access=$(field accessToken) refresh=$(field refreshToken)

say 'the profile, by access token'
ask GET /profile "$access"

say 'a new pair for the refresh token'
ask POST /refresh "$refresh"
access=$(field accessToken) newer=$(field refreshToken)
test "$newer" != "$refresh"

say 'the new access token works'
ask GET /profile "$access"

say 'an access token is no refresh token'
denied POST /refresh 400 "$access"

say 'log out: the session ends, and both tokens with it'
ask POST /logout "$access"
echo
denied GET /profile 401 "$access"
echo
denied POST /refresh 400 "$newer"

printf '\n\nThe walk is done.\n'

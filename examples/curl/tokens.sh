#!/bin/sh
# Made from the description of the API: sojourn api tokens.sh
# Any step that is not answered as it should be ends the walk.
#
#   examples/curl/tokens.sh [address, http://localhost:3000 where none is given]
set -eu

at=${1:-http://localhost:3000}
password='a long walk 2 the sea'
jar=$(mktemp) answer=$(mktemp)
trap 'rm -f "$jar" "$answer"' EXIT

# ask <status> <by> <method> <path> [body]: prints the answer; with another status the walk ends. <by> is cookie, nobody
# or a token.
ask() {
  wanted=$1 by=$2 method=$3 path=$4 body=${5-}
  set -- --silent --show-error --request "$method" --output "$answer" --write-out '%{http_code}'
  case $by in
    cookie) set -- "$@" --cookie "$jar" --cookie-jar "$jar" ;;
    nobody) ;;
    *) set -- "$@" --header "Authorization: Bearer $by" ;;
  esac
  test -z "$body" || set -- "$@" --header 'Content-Type: application/json' --data "$body"
  status=$(curl "$@" "$at$path")
  printf '%s %s: %s\n' "$method" "$path" "$status"
  cat "$answer"
  echo
  test "$status" = "$wanted" || { echo "That should have been $wanted." >&2; exit 1; }
}

# field <name>: of the answer to the last step.
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" "$answer"; }

# tells <text>: the answer to the last step has it.
tells() { grep -qF "$1" "$answer" || { echo "It should have told $1" >&2; exit 1; }; }

say() { printf '\n# %s\n' "$1"; }


# Tokens. The same with access and refresh tokens, as a phone or a script has it: no cookie.

say Register
username=walker-$$-$(date +%s)
ask 201 nobody POST /register "{\"username\":\"$username\",\"password\":\"$password\",\"email\":\"$username@example.com\"}"

say 'Sign in; the answer holds two tokens'
ask 200 nobody POST /login "{\"email\":\"$username@example.com\",\"password\":\"$password\"}"
accessToken=$(field accessToken)
refreshToken=$(field refreshToken)
spentToken=$(field refreshToken)

say 'The profile, by access token'
ask 200 "$accessToken" GET /profile

say 'A new pair for the refresh token'
ask 200 "$refreshToken" POST /refresh
accessToken=$(field accessToken)
refreshToken=$(field refreshToken)

say 'The new one works'
ask 200 "$accessToken" GET /profile

say 'An access token is no refresh token'
ask 400 "$accessToken" POST /refresh

say 'The same for pages'
ask 200 "$refreshToken" POST /auth/refresh
accessToken=$(field accessToken)
refreshToken=$(field refreshToken)

say 'The keys that verify them'
ask 200 nobody GET /.well-known/jwks.json

say 'Where everything is'
ask 200 nobody GET /.well-known/oauth-authorization-server

say 'Looking up is for clients'
ask 401 nobody POST /oauth/introspect "{\"token\":\"$accessToken\"}"

say 'So is revoking'
ask 401 nobody POST /oauth/revoke "{\"token\":\"$accessToken\"}"

say 'And what ended'
ask 401 nobody GET /oauth/revocations

say 'Sign out'
ask 200 "$accessToken" POST /logout

say 'The access token is no good any more'
ask 401 "$accessToken" GET /profile
tells '"reason":"logged_out"'

say 'Nor is the refresh token'
ask 400 "$refreshToken" POST /refresh

printf '\nThe walk is done.\n'

#!/bin/sh
# A person's whole stay, step by step: register, look, leave, sign in elsewhere, end that session from here, sign out
# everywhere. Any step that does not go as it should ends the walk.
#
#   examples/curl/walk.sh [address, http://localhost:3000 where none is given]
set -eu

at=${1:-http://localhost:3000}
here=$(mktemp) there=$(mktemp) answer=$(mktemp)
trap 'rm -f "$here" "$there" "$answer"' EXIT

person=walker-$$-$(date +%s)
body="{\"username\":\"$person\",\"password\":\"a long walk 2 the sea\"}"

say() { printf '\n\n# %s\n' "$1"; }

# ask <cookie jar> <method> <path> [body]: prints the answer, and fails where it is an error.
ask() {
  jar=$1 method=$2 path=$3
  shift 3
  curl --silent --show-error --fail-with-body --cookie "$jar" --cookie-jar "$jar" \
    --request "$method" ${1:+--header 'Content-Type: application/json' --data "$1"} "$at$path"
}

# denied <cookie jar> <path>: prints the answer, and fails where it is no 401.
denied() {
  status=$(curl --silent --cookie "$1" --output "$answer" --write-out '%{http_code}' "$at$2")
  cat "$answer"
  test "$status" = 401
}

say 'the front page counts views, before anybody has signed in'
ask "$here" GET /
echo
ask "$here" GET /

say "register as $person; the answer sets the session cookie"
ask "$here" POST /register "$body"

say 'the dashboard, the profile, this session'
ask "$here" GET /dashboard
echo
ask "$here" GET /profile
echo
ask "$here" GET /session

say 'keep something in the session'
ask "$here" PATCH /session '{"theme":"dark","cart":["tea"]}'

say 'sign in a second time, as another device would'
ask "$there" POST /login "$body"

say 'two devices now'
ask "$here" GET /sessions

say 'end all but this one; the other is told why'
ask "$here" POST /sessions/revoke-others
echo
denied "$there" /dashboard

say 'leave; the cookie of old gets nobody in'
cp "$here" "$there"
ask "$here" POST /logout
echo
denied "$there" /dashboard

say 'sign in again, and sign out everywhere'
ask "$here" POST /login "$body"
echo
ask "$here" POST /logout-all

printf '\n\nThe walk is done.\n'

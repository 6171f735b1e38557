#!/bin/sh
# Made from the description of the API: sojourn api walk.sh
# Any step that is not answered as it should be ends the walk.
#
#   examples/curl/walk.sh [address, http://localhost:3000 where none is given]
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


# Three steps. Register, sign in, see what only signed-in people see.

say Register
username=walker-$$-$(date +%s)
ask 201 cookie POST /register "{\"username\":\"$username\",\"password\":\"$password\"}"

say 'Sign in'
ask 200 cookie POST /login "{\"username\":\"$username\",\"password\":\"$password\"}"

say 'See the dashboard'
ask 200 cookie GET /dashboard
tells "Welcome to your dashboard, $username"

# A stay. What a signed-in person can do, by cookie.

say 'The front page counts views'
ask 200 cookie GET /
tells 'first visit'

say 'The account'
ask 200 cookie GET /profile
tells 'Profile data'

say 'What anybody sees'
ask 200 cookie GET /public
tells '"authenticated":true'

say 'A token for forms'
ask 200 cookie GET /csrf

say 'This session'
ask 200 cookie GET /session

say 'Keep something in it'
ask 200 cookie PATCH /session '{"theme":"dark","cart":["tea"]}'
tells dark

say 'Stay signed in'
ask 200 cookie POST /session/extend

say 'Sign in on a second device, for tokens'
ask 200 nobody POST /login "{\"username\":\"$username\",\"password\":\"$password\",\"deliver\":\"token\"}"
accessToken=$(field accessToken)
refreshToken=$(field refreshToken)

say 'Which session the second device has'
ask 200 "$accessToken" GET /session
otherSession=$(field id)

say 'Two devices now'
ask 200 cookie GET /sessions
tells "$otherSession"

say 'What happened lately'
ask 200 cookie GET /security/events

say 'Was the second you?'
ask 200 cookie GET /security/new-sign-ins
tells "$otherSession"

say 'It was'
ask 200 cookie POST "/security/new-sign-ins/$otherSession/confirm"

say 'Give it a name'
ask 200 cookie PATCH "/sessions/$otherSession" '{"name":"Kitchen tablet"}'
tells 'Kitchen tablet'

say 'End the second'
ask 200 cookie DELETE "/sessions/$otherSession"

say 'It is told why'
ask 401 "$accessToken" GET /dashboard
tells '"reason":"logged_out_elsewhere"'

say 'Sign in on a second device, for tokens'
ask 200 nobody POST /login "{\"username\":\"$username\",\"password\":\"$password\",\"deliver\":\"token\"}"
accessToken=$(field accessToken)
refreshToken=$(field refreshToken)

say 'Which session the second device has'
ask 200 "$accessToken" GET /session
otherSession=$(field id)

say 'Name it as a page without scripts does'
ask 200 cookie POST "/sessions/$otherSession/name" '{"name":"Desk"}'

say 'End it as a page without scripts does'
ask 200 cookie POST "/sessions/$otherSession/end"

say 'Sign in on a second device, for tokens'
ask 200 nobody POST /login "{\"username\":\"$username\",\"password\":\"$password\",\"deliver\":\"token\"}"
accessToken=$(field accessToken)
refreshToken=$(field refreshToken)

say 'Which session the second device has'
ask 200 "$accessToken" GET /session
otherSession=$(field id)

say 'This one was not you'
ask 200 cookie POST "/security/new-sign-ins/$otherSession/deny"

say 'Sign in on a second device, for tokens'
ask 200 nobody POST /login "{\"username\":\"$username\",\"password\":\"$password\",\"deliver\":\"token\"}"
accessToken=$(field accessToken)
refreshToken=$(field refreshToken)

say 'Which session the second device has'
ask 200 "$accessToken" GET /session
otherSession=$(field id)

say 'End all but this one'
ask 200 cookie POST /sessions/revoke-others
tells '"count":'

say 'Prove again who you are'
ask 200 cookie POST /reauthenticate "{\"password\":\"$password\"}"

say 'Change the password'
ask 200 cookie POST /password "{\"currentPassword\":\"$password\",\"newPassword\":\"$password\"}"

# Leave. Signing out here, and everywhere.

say 'Sign out'
ask 200 cookie POST /logout
tells 'Logged out successfully'

say 'The dashboard is closed'
ask 401 cookie GET /dashboard

say 'Sign in again'
ask 200 cookie POST /login "{\"username\":\"$username\",\"password\":\"$password\"}"

say 'Sign out everywhere'
ask 200 cookie POST /logout-all
tells '"count":'

say 'Why the session is over'
ask 200 cookie GET /signed-out

printf '\nThe walk is done.\n'

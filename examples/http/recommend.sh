#!/bin/sh
# Asks a running server for titles, tells it what a member watches, and asks again.
#   marquee serve --bundle BUNDLE &
#   sh recommend.sh [http://127.0.0.1:8080] [TITLE_ID]
set -eu
server=${1:-http://127.0.0.1:8080}
title=${2:-t1}

call() { # METHOD PATH [BODY]
  curl --silent --show-error --fail-with-body --request "$1" "$server$2" \
    --header 'Content-Type: application/json' ${3:+--data "$3"}
  echo
}

echo "A visitor, by what was watched in this session:"
call POST /v1/recommend "{\"history\":[\"$title\"],\"k\":3}"

echo "A member whose events the server stores:"
call POST /v1/events "{\"event_id\":\"example-$$\",\"user_id\":\"example\",\"title_id\":\"$title\",\"event\":\"complete\"}"
call POST /v1/recommend '{"user_id":"example","k":3}'

echo "The rows of the member's home page:"
call POST /v1/page '{"user_id":"example"}'

echo "And all that is stored of the member is forgotten:"
call DELETE /v1/users/example

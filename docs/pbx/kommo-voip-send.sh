#!/bin/sh
# Tells Kommo VoIP what happens on a telephone system, and asks it where a call shall go.
#
#   kommo-voip-send.sh event callId=… from=… to=… status=… startTime=… [extension=… direction=… …]
#   kommo-voip-send.sh route FROM TO [CALLID]     prints lines separated by commas, or nothing
#   kommo-voip-send.sh flush                      sends what could not be sent before (once a minute, by cron)
#
# Needs a POSIX shell, openssl and curl. Events are written to a spool first and sent in the background, so a call
# never waits for the network, and what cannot be delivered is tried again for three days under the same id.
# The secret never stands on a command line, where other users of the machine could read it.

set -u
LC_ALL=C
export LC_ALL
umask 077

HOOK_URL= ROUTE_URL= SECRET= ACCOUNT=pbx SPOOL=/var/spool/kommo-voip BACKGROUND=yes ROUTE_SECONDS=2
conf=${KOMMO_VOIP_CONF:-/etc/kommo-voip.conf}

die() {
    echo "kommo-voip: $*" >&2
    exit 64
}

note() {
    logger -t kommo-voip -- "$*" 2>/dev/null || echo "kommo-voip: $*" >&2
}

[ -r "$conf" ] || die "cannot read $conf"
# shellcheck source=/dev/null
. "$conf"
[ -n "$HOOK_URL" ] && [ -n "$SECRET" ] || die "HOOK_URL and SECRET must stand in $conf"
mkdir -p "$SPOOL" "$SPOOL/refused" || die "cannot write to $SPOOL"

# The bytes of the secret as decimal numbers; its padding may be missing.
key_bytes() {
    encoded=${SECRET#whsec_}
    case $((${#encoded} % 4)) in
        2) encoded="$encoded==" ;;
        3) encoded="$encoded=" ;;
    esac
    printf '%s' "$encoded" | openssl base64 -d -A | od -An -v -tu1
}

# The secret filled up to one block of SHA-256, each byte mixed with $1.
pad() {
    count=0
    for byte in $(key_bytes); do
        mixed=$((byte ^ $1))
        printf '%b' "\\0$((mixed / 64))$((mixed / 8 % 8))$((mixed % 8))"
        count=$((count + 1))
    done
    while [ "$count" -lt 64 ]; do
        printf '%b' "\\0$(($1 / 64))$(($1 / 8 % 8))$(($1 % 8))"
        count=$((count + 1))
    done
}

# HMAC-SHA256 of "id.time.body" as Standard Webhooks wants it: sign ID TIME FILE
sign() {
    {
        pad 92
        {
            pad 54
            printf '%s.%s.' "$1" "$2"
            cat "$3"
        } | openssl dgst -sha256 -binary
    } | openssl dgst -sha256 -binary | openssl base64 -A
}

# Sends a file and prints the status, 000 without an answer: post URL ID FILE SECONDS ANSWER-FILE
post() {
    now=$(date +%s)
    signature=$(sign "$2" "$now" "$3")
    {
        printf 'url = "%s"\n' "$1"
        printf 'header = "Content-Type: application/json"\n'
        printf 'header = "webhook-id: %s"\n' "$2"
        printf 'header = "webhook-timestamp: %s"\n' "$now"
        printf 'header = "webhook-signature: v1,%s"\n' "$signature"
    } | curl -sS -m "$4" -K - -o "$5" -w '%{http_code}' --data-binary "@$3" 2>/dev/null || :
}

# Text that can stand between the quotes of JSON; numbers and ids are plain ASCII.
quoted() {
    printf '"%s"' "$(printf '%s' "$1" | tr -cd '\040-\176' | sed 's/[\\"]/\\&/g')"
}

is_number() {
    case $1 in
        '' | *[!0-9]*) return 1 ;;
    esac
}

event() {
    body="{\"voipAccountId\":$(quoted "$ACCOUNT")"
    for argument in "$@"; do
        name=${argument%%=*}
        value=${argument#*=}
        case $name in
            startTime | answerTime | endTime | duration)
                is_number "$value" && body="$body,\"$name\":$value"
                ;;
            from | to)
                body="$body,\"$name\":$(quoted "$value")"
                ;;
            callId | status | extension | direction | recording | dialId)
                [ -n "$value" ] && body="$body,\"$name\":$(quoted "$value")"
                ;;
            *) die "unknown field $name" ;;
        esac
    done
    id="evt_$(openssl rand -hex 16)"
    name="$(date +%s)-$id"
    # Renamed when it is whole, so that nobody sends half of it.
    printf '%s}' "$body" >"$SPOOL/.$name" && mv "$SPOOL/.$name" "$SPOOL/$name.json" || die "cannot write to $SPOOL"
    if [ "$BACKGROUND" = yes ]; then
        flush </dev/null >/dev/null 2>&1 &
    else
        flush
    fi
}

# One sender at a time; the lock of one that died is taken over.
lock() {
    mkdir "$SPOOL/lock" 2>/dev/null && return 0
    holder=$(cat "$SPOOL/lock/pid" 2>/dev/null || echo 0)
    is_number "$holder" && [ "$holder" -gt 0 ] && kill -0 "$holder" 2>/dev/null && return 1
    # Just made, and its owner has not said yet who it is.
    [ "$holder" = 0 ] && [ -z "$(find "$SPOOL/lock" -prune -mmin +1 2>/dev/null)" ] && return 1
    rm -rf "$SPOOL/lock"
    mkdir "$SPOOL/lock" 2>/dev/null
}

flush() {
    lock || return 0
    # $$ would be the shell that started this one.
    sh -c 'echo "$PPID"' >"$SPOOL/lock/pid"
    trap 'rm -rf "$SPOOL/lock"' EXIT
    while send_all; do :; done
    rm -rf "$SPOOL/lock"
    trap - EXIT
}

# Sends what is there. True: something was sent, so more may have come meanwhile.
send_all() {
    sent=1
    for file in "$SPOOL"/*.json; do
        [ -e "$file" ] || continue
        name=${file##*/}
        id=${name#*-}
        status=$(post "$HOOK_URL" "${id%.json}" "$file" 15 /dev/null)
        case $status in
            2??)
                rm -f "$file"
                sent=0
                ;;
            400 | 409 | 413 | 422)
                note "refused with $status, see $SPOOL/refused/$name"
                mv "$file" "$SPOOL/refused/$name"
                ;;
            *)
                note "not delivered (status ${status:-000}), will be tried again"
                if [ $(($(date +%s) - ${name%%-*})) -gt 259200 ]; then
                    mv "$file" "$SPOOL/refused/$name"
                fi
                return 1
                ;;
        esac
    done
    return "$sent"
}

route() {
    [ -n "$ROUTE_URL" ] || die "ROUTE_URL must stand in $conf"
    id="ask_$(openssl rand -hex 16)"
    question="$SPOOL/.$id"
    printf '{"from":%s,"to":%s,"callId":%s}' "$(quoted "${1-}")" "$(quoted "${2-}")" "$(quoted "${3-}")" >"$question"
    status=$(post "$ROUTE_URL" "$id" "$question" "$ROUTE_SECONDS" "$question.answer")
    # Whatever goes wrong, the telephone system goes on by its own plan.
    [ "$status" = 200 ] && tr -cd 'A-Za-z0-9+,_.@:*#-' <"$question.answer"
    rm -f "$question" "$question.answer"
    return 0
}

command=${1-}
[ $# -gt 0 ] && shift
case $command in
    event) event "$@" ;;
    route) route "$@" ;;
    flush) flush ;;
    *) die "usage: kommo-voip-send.sh event NAME=VALUE … | route FROM TO [CALLID] | flush" ;;
esac

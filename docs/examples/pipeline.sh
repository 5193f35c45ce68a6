#!/bin/bash
# A mirror in stages, each of which can be a job of its own; ../pipelines.md explains them.
#
# Usage: pipeline.sh plan SOURCE REPLICA FOLDER   works out FOLDER/plan.json, and plan.txt for people
#        pipeline.sh check FOLDER                 holds the plan against a policy
#        pipeline.sh approve FOLDER PRIVATE_KEY   signs it: FOLDER/plan.json.sig
#        pipeline.sh apply FOLDER PUBLIC_KEY      does what was approved, or nothing; FOLDER/report.jsonl
#
# Exit codes are those of sync: `plan` ends with 0 where there is nothing to do and with 2 where
# there is, `check` with 5 where the policy says no. The environment: SYNC, the program (default:
# foldersync); MAX_DELETE, the most entries that may be deleted (default: 100); MAX_AGE, the seconds
# for which an approval holds (default: a day).
set -euo pipefail
export LC_ALL=C

sync=${SYNC:-foldersync}
type='application/vnd.foldersync.plan-digest+json'

plan() {
  mkdir -p "$3"
  "$sync" plan -s "$1" -r "$2" -o "$3/plan.json" --detailed-exitcode >"$3/plan.txt"
}

# All could be read, no rule of the plan's own was broken, not too much goes, no keys are touched.
check() {
  jq -e --argjson most "${MAX_DELETE:-100}" '
    .complete
    and all(.guards[]; .verdict == "ok")
    and (.summary.delete | tonumber) <= $most
    and all(.actions[]; .path | test("(^|/)\\.ssh(/|$)") | not)
  ' "$1/plan.json" >/dev/null || {
    printf 'the policy does not allow this plan; see %s\n' "$1/plan.txt" >&2
    return 5
  }
}

# Signs what `apply` compares with the plan that it is given: its id and its digest.
approve() {
  local payload work
  payload=$(jq -cj '{format: "sync.plan-signature", format_version: "1.0", plan_id, digest}' \
    "$1/plan.json")
  work=$(mktemp -d)
  printf 'DSSEv1 %d %s %d %s' ${#type} "$type" ${#payload} "$payload" >"$work/message"
  openssl pkeyutl -sign -rawin -inkey "$2" -in "$work/message" -out "$work/signature"
  jq -cn --arg type "$type" --arg payload "$(printf %s "$payload" | base64 -w 0)" \
    --arg sig "$(base64 -w 0 "$work/signature")" \
    '{payloadType: $type, payload: $payload, signatures: [{sig: $sig}]}' >"$1/plan.json.sig"
  rm -r "$work"
}

apply() {
  local code=0
  # An artefact comes with whatever mode the download gave it.
  chmod go-w "$1/plan.json"
  "$sync" apply "$1/plan.json" --verify "$2" --max-age "${MAX_AGE:-86400}" --stale refuse \
    --report "$1/report.jsonl" || code=$?
  if [[ -e $1/report.jsonl ]]; then
    jq -r 'select(.event == "action" and (.outcome | IN("stale", "error")))
           | [.outcome, .op, .path, (.drift[0].field // .error.errno // "")] | @tsv' \
      "$1/report.jsonl"
    jq -c 'select(.event == "summary") | .outcomes' "$1/report.jsonl"
  fi
  return "$code"
}

case "${1-}:$#" in
  plan:4 | check:2 | approve:3 | apply:3) "$@" ;;
  *) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0" >&2; exit 64 ;;
esac

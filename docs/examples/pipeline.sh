#!/bin/bash
# A mirror in stages, each of which can be a job of its own; ../pipelines.md explains them.
#
# Usage: pipeline.sh plan SOURCE REPLICA FOLDER   works out FOLDER/plan.json; plan.txt, plan.md
#                                                 and plan.html are for people
#        pipeline.sh check FOLDER [SOURCE]        holds the plan against a policy, see `check`
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

# --pin: what was reviewed is that content, and no other is written.
plan() {
  local code=0
  mkdir -p "$3"
  "$sync" plan -s "$1" -r "$2" -o "$3/plan.json" --pin --detailed-exitcode >"$3/plan.txt" || code=$?
  case $code in 0 | 2 | 3 | 5) ;; *) return "$code" ;; esac
  "$sync" show "$3/plan.json" --markdown >"$3/plan.md"
  "$sync" show "$3/plan.json" --html "$3/plan.html"
  return "$code"
}

# What several filters say. `is_key`: whether a path leads to keys or through them. `shown`: a text
# without the characters that a terminal obeys, or that nobody sees.
defs='
  def is_key: split("/") | any(. == ".ssh");
  def hex:
    if . < 16 then "0123456789abcdef"[. : . + 1] else (. / 16 | floor | hex) + (. % 16 | hex) end;
  def shown: [explode[] | . as $code | [.] | implode
    | if test("[\\p{C}\\p{Zl}\\p{Zp}\\\\]") then "\\u{\($code | hex)}" else . end] | add // "";
  def moves_directory: .op == "move" and .phase == "mkdir";
'

# All could be read, no rule of the plan's own was broken, not too much goes, no keys are touched:
# by no path that an action is about, nor by one that it takes something from or gives a name to.
# What a moved directory holds is not in a plan. Where SOURCE is given it is asked there, for apply
# moves nothing but what the source has in that place; otherwise no directory may be moved.
check() {
  if allows "$1/plan.json" "${2-}" && holds_no_keys "$1/plan.json" "${2-}"; then return; fi
  printf 'the policy does not allow this plan; see %s\n' "$1/plan.txt" >&2
  return 5
}

allows() {
  jq -e --argjson most "${MAX_DELETE:-100}" --arg source "$2" "$defs"'
    .complete
    and all(.guards[]; .verdict == "ok")
    and (.summary.delete | tonumber) <= $most
    and all(.actions[] | .path, .from // empty, .to // empty; is_key | not)
    and ($source != "" or all(.actions[]; moves_directory | not))
  ' "$1" >/dev/null
}

# A source that can't be listed as a whole allows nothing.
holds_no_keys() {
  if jq -e "$defs"'all(.actions[]; moves_directory | not)' "$1" >/dev/null; then return; fi
  "$sync" scan -s "$2" --json | jq -en --slurpfile plan "$1" "$defs"'
    [$plan[0].actions[] | select(moves_directory) | .path + "/"] as $moved
    | all(inputs.path | select(is_key);
          . as $path | all($moved[]; . as $to | $path | startswith($to) | not))
  ' >/dev/null
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
  local code=0 report=$1/report.jsonl
  # An artefact comes with whatever mode the download gave it.
  chmod go-w "$1/plan.json"
  # An apply appends to the report, and this one is about one apply. One that is refused early writes
  # none.
  rm -f "$report"
  "$sync" apply "$1/plan.json" --verify "$2" --max-age "${MAX_AGE:-86400}" --stale refuse \
    --report "$report" || code=$?
  [[ ! -f $report ]] || tell "$report"
  return "$code"
}

# What became of one apply, by its report.
tell() {
  jq -r "$defs"'
    if .event == "action" and (.outcome | IN("stale", "error")) then
      [.outcome, .op, .path, (.drift[0].field // .error.errno // "")] | map(shown) | join("\t")
    elif .event == "summary" then
      .outcomes | tojson
    else
      empty
    end' "$1"
}

case "${1-}:$#" in
  plan:4 | check:[23] | approve:3 | apply:3) "$@" ;;
  *) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0" >&2; exit 64 ;;
esac

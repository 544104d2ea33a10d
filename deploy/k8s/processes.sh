# Sourced by release, pause and resume: finds the services' processes in the cluster.
# shellcheck shell=sh

part=app.kubernetes.io/component
processes="web,events,commands,relay"
# A label of a deployment that is paused: how many pods it had.
paused=marketplace/paused-replicas

in_namespace() { kubectl --namespace marketplace "$@"; }

# Prints the script's usage: its comment from the second line to the first empty one.
usage() {
    sed -n '2,/^#$/d; /^#   /s/^# *//p; /^set/q' "$0" >&2
    exit 2
}

# Prints what selects a service's processes; $2 names some of them, with commas between.
selector_of() { echo "app.kubernetes.io/name=$1,$part in (${2:-$processes})"; }

# Prints a line for each deployment of a service: process, name, replicas, and how many it had when it was paused.
# Ends the script when there is none.
deployments_of() {
    columns="{.metadata.labels.app\.kubernetes\.io/component} {.metadata.name} {.spec.replicas} {.metadata.labels.$paused}"
    if ! found=$(in_namespace get deployments --selector "$(selector_of "$1")" \
        --output "jsonpath={range .items[*]}$columns{\"\n\"}{end}"); then
        kubectl config current-context >/dev/null 2>&1 ||
            echo "kubectl points at no cluster: choose one with kubectl config use-context" >&2
        exit 2
    fi
    if [ -z "$found" ]; then
        known=$(in_namespace get deployments --selector "$part in ($processes)" \
            --output "jsonpath={range .items[*]}{.metadata.labels.app\.kubernetes\.io/name}{\"\n\"}{end}" | sort -u)
        echo "There is no service $1 in the namespace marketplace; there are:" $known >&2
        exit 2
    fi
    echo "$found"
}

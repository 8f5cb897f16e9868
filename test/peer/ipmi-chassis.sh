#!/bin/sh
# What ipmi_sim's chassis does: ipmi_sim calls this for every chassis request, as `ipmi-chassis.sh <folder> get|set <name> [value]`.
# The folder is the machine: `power` holds 0 or 1, `journal` one line for each command that reached it. A test can place there:
#   broken        every request fails (completion code FFh)
#   deaf          a graceful shutdown is accepted and nothing happens
folder=$1 verb=$2 name=$3 value=$4
[ -e "$folder/broken" ] && exit 1
state() { # the last value of $1, or $2
  if [ -r "$folder/$1" ]; then read -r last < "$folder/$1"; else last=$2; fi
  echo "$1: $last"
}
case "$verb $name" in
  'get power') state power 0 ;;
  'get boot') state boot default ;;
  'set '*)
    echo "$name${value:+ $value}" >> "$folder/journal"
    case $name in
      power | boot) echo "$value" > "$folder/$name" ;;
      shutdown) [ -e "$folder/deaf" ] || echo 0 > "$folder/power" ;;
      reset | identify) ;;
      *) exit 1 ;;
    esac ;;
  'check '*) ;;
  *) exit 1 ;;
esac

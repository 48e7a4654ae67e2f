#!/bin/sh
# Stands as `az` on the PATH: answers as the real one was recorded, but for planted faults.
#
# usage: replay.sh FOLDER WORD...
#
# A command is named by its words before the first option, joined by "_". FOLDER has
# answers/COMMAND/0, 1, ...: what its calls printed; and faults/COMMAND: how often it fails, and on
# a second line what it then says. It takes calls, a line each, counts/COMMAND, and groups/NAME: a
# group's tag. Groups are really created and deleted; a fault that says HANG waits to be ended, or
# for the file go-on, and then answers.
#
# No Python: the tests call this a thousand times.
set -eu
folder=$1
shift
printf '%s\n' "$*" >>"$folder/calls"

command=
for word; do
    case $word in -*) break ;; esac
    command=${command:+${command}_}$word
done
name='' tag='' option=''
for word; do
    case $option in -n) name=$word ;; --tags) tag=$word ;; esac
    option=$word
done

number=0
counts=$folder/counts/$command
[ ! -e "$counts" ] || read -r number <"$counts"
echo "$((number + 1))" >"$counts"

times=0 fault=''
[ ! -e "$folder/faults/$command" ] || { read -r times && read -r fault; } <"$folder/faults/$command"
if [ "$number" -lt "$times" ]; then
    if [ "$fault" != HANG ]; then
        printf 'ERROR: %s\n' "$fault" >&2
        exit 1
    fi
    : >"$folder/hangs"
    until [ -e "$folder/go-on" ]; do sleep 0.01; done
fi

group=$folder/groups/$name
case $command in
group_create) printf '%s\n' "$tag" >"$group" ;;
group_delete) rm "$group" ;;
group_exists) if [ -e "$group" ]; then echo true; else echo false; fi ;;
group_show)
    read -r tag <"$group"
    printf '{\n  "%s": "%s"\n}\n' "${tag%%=*}" "${tag#*=}"
    ;;
group_wait) ;;
*)
    answers=$folder/answers/$command
    while [ "$number" -gt 0 ] && [ ! -e "$answers/$number" ]; do number=$((number - 1)); done
    cat "$answers/$number"
    ;;
esac

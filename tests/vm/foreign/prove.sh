#!/bin/sh
# Runs inside an image that was changed. Every line is a promise of changes.yaml; what differs between images stands in
# /etc/expected: lines "PLACE TYPE", the file systems that must be mounted.
failed=0
expect() {  # expect WHAT WANTED FOUND
  if [ "$2" != "$3" ]; then echo "prove: $1: wanted '$2', found '$3'"; failed=1; fi
}
expect hostname changed "$(cat /proc/sys/kernel/hostname)"
expect "package installed" "install ok installed" "$(dpkg-query -W -f '${Status}' tree 2>&1)"
expect "the new program" tree "$(tree --version | cut -d' ' -f1)"
expect "package removed" "" "$(command -v nano)"
expect "packages are all configured" "" "$(dpkg --audit)"
expect "files of packages are as packaged" "" "$(dpkg -V)"
expect alice "2600 operators" "$(id -u alice) $(id -gn alice)"
expect "keys of alice" "600 alice" "$(stat -c '%a %U' /home/alice/.ssh/authorized_keys)"
expect "a file" "640 root kept" "$(stat -c '%a %U' /usr/share/changed/secret) $(cat /usr/share/changed/secret)"
expect "service disabled" disabled "$(systemctl is-enabled apt-daily.timer)"
expect "kernel argument" 1 "$(tr ' ' '\n' </proc/cmdline | grep -c '^keelson.changed=1$')"
expect "kernel arguments that were there" 1 "$(tr ' ' '\n' </proc/cmdline | grep -cE '^console=ttyS0(,|$)')"
expect "module with its options" 3 "$(cat /sys/module/nbd/parameters/nbds_max)"
expect overlay overlay "$(awk '$2 == "/srv/merged" {print $3}' /proc/mounts)"
echo new > /srv/merged/hostname
expect "file in the upper folder" new "$(cat /var/overlays/etc/upper/hostname)"
expect "file below the overlay" changed "$(cat /etc/hostname)"
expect "what a script said" "debian 2600" "$(cat /etc/said-by-a-script)"
while read -r place type; do
  expect "file system of $place" "$type" "$(awk -v place="$place" '$2 == place {type = $3} END {print type}' /proc/mounts)"
done </etc/expected
expect "failed units" "" "$(systemctl --failed --plain --no-legend)"
[ "$failed" = 0 ] && echo "prove: everything is as the recipe says"
exit "$failed"

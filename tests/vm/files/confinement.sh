#!/bin/sh
# Runs inside the image, beside the probe that `keelson boot` brings: what a container may not do, by trying.
failed=0
expect() {  # expect WHAT WANTED FOUND
  if [ "$2" != "$3" ]; then echo "confinement: $1: wanted '$2', found '$3'"; failed=1; fi
}
until image=$(ctr -n keelson images ls -q | grep -m 1 .); do sleep 1; done
out=$(ctr -n keelson run --rm --mount type=bind,src=/etc,dst=/host,options=rbind:ro "$image" confinement /bin/sh -c '
  echo "context $(cat /proc/self/attr/current)"
  if cat /host/shadow >/dev/null 2>&1; then echo shadow read; else echo shadow refused; fi
  echo shared >/dev/shm/x && cat /dev/shm/x
  echo own >/own && cat /own && rm /own
  mkdir /folder && echo "#!/bin/sh" >/folder/program && chmod 755 /folder/program && /folder/program && echo program runs
' 2>&1)
expect "a confined container" "context system_u:system_r:container_t:s0
shadow refused
shared
own
program runs" "$out"
[ "$failed" = 0 ] && echo "confinement: a container reads none of the host's secrets, and works"
exit "$failed"

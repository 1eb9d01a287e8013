# Usage: sh gpio-machine.sh GPIOSIM ARGUMENT…, in a mount namespace of its own.
# Puts the simulated pins in the place of the machine's /sys/class/gpio, and keeps them until standard input ends.
set -eu
mount -t tmpfs none /sys/class
mkdir /sys/class/gpio
"$@" /sys/class/gpio &
simulation=$!
trap 'kill $simulation; wait $simulation || true' EXIT
tries=0
until [ -e /sys/class/gpio/export ]; do
  tries=$((tries + 1))
  [ $tries -lt 200 ] || { echo "the simulated pins were not mounted" >&2; exit 1; }
  sleep 0.05
done
echo ready
cat > /dev/null

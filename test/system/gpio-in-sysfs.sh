# Usage: sh gpio-in-sysfs.sh COMMAND…, in a mount namespace of its own.
# Hides the machine's /sys/class, so that the command finds only the GPIO that it makes there itself. Without
# CAP_DAC_OVERRIDE even root meets "permission denied", as the camera's user does on a Pi.
set -eu
mount -t tmpfs none /sys/class
exec setpriv --bounding-set=-dac_override "$@"

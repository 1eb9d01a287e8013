# Usage: sh install.sh FOLDER COMMAND…, in a mount namespace of its own.
# Runs the command in a copy of this machine's system: what it writes comes into FOLDER/written, nothing else changes.
set -eu
folder=$1
shift
mkdir -p "$folder/layer"
mount -t tmpfs none "$folder/layer"
mkdir "$folder/layer/upper" "$folder/layer/work" "$folder/layer/root"
mount -t overlay -o "lowerdir=/,upperdir=$folder/layer/upper,workdir=$folder/layer/work" overlay "$folder/layer/root"
for place in dev proc tmp; do mount --rbind "/$place" "$folder/layer/root/$place"; done
# A system that is being made, where no systemd runs.
mount -t tmpfs none "$folder/layer/root/run"
mkdir "$folder/layer/root/run/systemd"
chroot "$folder/layer/root" "$@"
cd "$folder/layer/upper"
find . \( -type f -o -type l -o -type c \) -not -path './run/*' -not -path './tmp/*' -not -path './dev/*' -printf '%P\n'
